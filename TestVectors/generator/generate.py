#!/usr/bin/env python3
"""Makes the test vectors of the archive format, always the same bytes.

    generate.py OUT            writes TestVectors/v1 (and mail/) below OUT
    generate.py --check DIR    makes them again and compares with DIR, byte for byte
    generate.py --table        prints the table of README.md

Needs Python 3.11 and PyNaCl 1.5 or later (see requirements.txt)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import out  # noqa: E402
import vectors_archive  # noqa: E402

MODULES = [vectors_archive]
for name in ("vectors_base", "vectors_keys", "vectors_record", "vectors_objects", "vectors_commit", "vectors_segment", "vectors_damage",
             "vectors_deceit", "vectors_mail"):
    try:
        MODULES.append(__import__(name))
    except ModuleNotFoundError as error:
        if error.name != name:
            raise


def everything():
    files = out.Output()
    for module in MODULES:
        module.make(files)
    return files


def check(files, folder):
    wrong = []
    for path, data in files.files.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != data:
            wrong.append(f"differs or is missing: {path}")
    for top in ("v1", "mail"):
        for target in sorted((folder / top).rglob("*")):
            if target.is_file() and str(target.relative_to(folder)) not in files.files:
                wrong.append(f"not made by the generator: {target.relative_to(folder)}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def main(arguments):
    files = everything()
    if arguments[:1] == ["--check"] and len(arguments) == 2:
        return check(files, pathlib.Path(arguments[1]))
    if arguments == ["--table"]:
        print(files.table())
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 64
    for path, data in files.files.items():
        target = pathlib.Path(arguments[0]) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    print(f"{len(files.vectors)} vectors, {len(files.files)} files, {sum(map(len, files.files.values()))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
