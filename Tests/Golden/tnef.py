#!/usr/bin/env python3
"""tnef.py CORPORA >tnef.tsv: which files the tool tnef takes out of the TNEF in the corpora.

`apt-get install tnef`. Written with tnef 1.4.18. Each line is a TNEF stream: file (and number of the part, in a mail),
how tnef ended, and name, length and CRC-32 of each file, in the order of its list.
"""
import email
import email.policy
import pathlib
import subprocess
import sys
import tempfile
import zlib

SIGNATURE = b"\x78\x9f\x3e\x22"


def streams(path):
    data = path.read_bytes()
    if data.startswith(SIGNATURE):
        yield "", data
    elif b"tnef" in data.lower() or b"winmail" in data.lower():
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        for number, part in enumerate(part for part in message.walk() if not part.is_multipart()):
            content = part.get_payload(decode=True) or b""
            if content.startswith(SIGNATURE):
                yield f"#{number}", content


def extract(data):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["tnef", "--number-backups", "-C", folder], input=data, capture_output=True)
        files = sorted(pathlib.Path(folder).iterdir(), key=lambda file: file.stat().st_mtime_ns)
        found = [(file.name, file.read_bytes()) for file in files]
    listed = "|".join(f"{name}:{len(content)}:{zlib.crc32(content):08x}" for name, content in found)
    return ("whole" if run.returncode == 0 else "failed"), listed or "-"


def main():
    root = pathlib.Path(sys.argv[1])
    print("# stream\ttnef\tfiles")
    for path in sorted(root.glob("**/*")):
        if not path.is_file() or path.stat().st_size > 20_000_000 or ".mbox" in path.name or path.suffix == ".zst":
            continue
        for part, data in streams(path):
            print("\t".join((str(path.relative_to(root)) + part,) + extract(data)))


main()
