#!/usr/bin/env python3
"""msg.py CORPORA >msg.tsv: what olefile and extract_msg find in the MSG files of the corpora.

`pip install olefile extract_msg`. Written with olefile 0.47 and extract_msg 0.57. Each line is a message: file, place
(numbers of the attachments that lead to it, 0 for the file's own), number of recipients, subject (the bytes of its
stream, in hexadecimal; from olefile), named properties, attachments: name, length and CRC-32 of each with content, from
extract_msg, or from olefile where extract_msg does not read a file (second column, `olefile`).
"""
import pathlib
import sys
import warnings
import zlib

import extract_msg
import olefile

warnings.simplefilter("ignore")


def stream(ole, path):
    return ole.openstream(path).read() if ole.exists(path) else None


def subject(ole, prefix):
    for kind, zero in (("001F", b"\0\0"), ("001E", b"\0")):
        data = stream(ole, prefix + ["__substg1.0_0037" + kind])
        if data is not None:
            while data.endswith(zero):
                data = data[: -len(zero)]
            return data.hex()
    return "-"


def storages(ole, prefix, name):
    found = set()
    for entry in ole.listdir(streams=False, storages=True):
        if entry[: len(prefix)] == prefix and len(entry) == len(prefix) + 1 and entry[-1].lower().startswith(name):
            found.add(entry[-1])
    return sorted(found, key=lambda entry: int(entry.split("#")[1], 16))


def name(ole, prefix):
    """The long name, else the short one, as it is stored."""
    for tag, zero in (("3707001F", b"\0\0"), ("3707001E", b"\0"), ("3704001F", b"\0\0"), ("3704001E", b"\0")):
        data = stream(ole, prefix + ["__substg1.0_" + tag])
        if data:
            while data.endswith(zero):
                data = data[: -len(zero)]
            return data.hex()
    return "-"


def messages(ole, prefix, place, rows, file):
    attachments = []
    for index, storage in enumerate(storages(ole, prefix, "__attach_version1.0_#")):
        below = prefix + [storage]
        inner = below + ["__substg1.0_3701000D"]
        data = stream(ole, below + ["__substg1.0_37010102"])
        if data is not None:
            attachments.append(f"{name(ole, below)}:{len(data)}:{zlib.crc32(data):08x}")
        elif ole.exists(inner + ["__properties_version1.0"]):
            attachments.append(f"{name(ole, below)}:message")
            messages(ole, inner, f"{place}.{index}", rows, file)
        elif ole.exists(inner):
            attachments.append(f"{name(ole, below)}:object")
        else:
            attachments.append(f"{name(ole, below)}:none")
    recipients = len(storages(ole, prefix, "__recip_version1.0_#"))
    rows.append((file, place, str(recipients), subject(ole, prefix), "|".join(attachments) or "-"))


def check(path, row):
    """What extract_msg says of the file's own message, where it reads it: it must agree."""
    try:
        message = extract_msg.openMsg(str(path), delayAttachments=False)
    except Exception as error:  # it raises many kinds
        return f"olefile ({type(error).__name__})"
    attachments = [] if row[4] == "-" else row[4].split("|")
    problems = []
    if len(message.attachments) != len(attachments):
        problems.append(f"attachments {len(message.attachments)}")
    if hasattr(message, "recipients") and len(message.recipients) != int(row[2]):
        problems.append(f"recipients {len(message.recipients)}")
    for attachment, expected in zip(message.attachments, attachments):
        data = getattr(attachment, "data", None)
        if isinstance(data, bytes) and f":{len(data)}:{zlib.crc32(data):08x}" not in expected:
            problems.append(f"content of {attachments}")
    return "extract_msg" if not problems else "DIFFERS " + ", ".join(problems)


def main():
    root = pathlib.Path(sys.argv[1])
    print("# file\tplace\trecipients\tsubject\tattachments\treaders")
    for path in sorted(root.glob("**/*")):
        if not path.is_file() or path.stat().st_size < 8 or not olefile.isOleFile(str(path)):
            continue
        file = str(path.relative_to(root))
        try:
            ole = olefile.OleFileIO(str(path))
            if not ole.exists("__properties_version1.0"):
                print(f"{file}\tnone")
                continue
            rows = []
            messages(ole, [], "0", rows, file)
        except Exception as error:
            print(f"{file}\tunreadable\t{type(error).__name__}")
            continue
        for row in sorted(rows, key=lambda row: row[1]):
            reader = check(path, row) if row[1] == "0" else "olefile"
            print("\t".join(row + (reader,)))


main()
