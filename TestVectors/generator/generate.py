#!/usr/bin/env python3
"""Makes the test vectors of the archive format, always the same bytes.

    generate.py OUT            writes v1, mail and README.md into OUT
    generate.py --check DIR    makes them again and compares with DIR, byte for byte

Needs Python 3.11 and PyNaCl 1.5 or later (see requirements.txt)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import out  # noqa: E402
import vectors_archive  # noqa: E402
import vectors_base  # noqa: E402
import vectors_commit  # noqa: E402
import vectors_damage  # noqa: E402
import vectors_deceit  # noqa: E402
import vectors_mail  # noqa: E402
import vectors_record  # noqa: E402

MODULES = [vectors_base, vectors_record, vectors_commit, vectors_archive, vectors_damage, vectors_deceit, vectors_mail]


def everything():
    files = out.Output()
    for module in MODULES:
        module.make(files)
    head = pathlib.Path(__file__).with_name("README.head.md").read_text()
    files.files["README.md"] = f"{head}{len(files.vectors)} in all.\n\n{files.table()}\n".encode()
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
