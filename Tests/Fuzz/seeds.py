#!/usr/bin/env python3
"""seeds.py TARGET DIRECTORY: small inputs for the readers of foreign mail, made here and taken from nowhere."""
import pathlib
import struct
import sys


def properties(header, *items):
    return bytes(header) + b"".join(struct.pack("<HHI", kind, tag, 6) + value.ljust(8, b"\0") for tag, kind, value in items)


def stream(kind, data, name=b""):
    return bytes([kind]) + name + struct.pack("<H", len(data)) + data


def described():
    """Messages in the description that the target builds files of."""
    subject = "subject".encode("utf-16-le")
    body = stream(1, subject, bytes.fromhex("0037001F")) + stream(1, b"text of it", bytes.fromhex("1000001E"))
    top = stream(0, properties(32, (0x37, 0x1F, struct.pack("<I", len(subject) + 2)), (0x1000, 0x1E, struct.pack("<I", 11)),
                               (0xE07, 3, struct.pack("<I", 1)), (0x39, 0x40, b"\0\x40\x5e\x21\x3d\xc1\xd0\x01")))
    recipient = b"\x04\0\0\0\0" + stream(0, properties(8, (0x0C15, 3, b"\1"))) + stream(
        1, "a@b.example".encode("utf-16-le"), bytes.fromhex("39FE001F")) + b"\x07"
    data = stream(1, b"content" * 50, bytes.fromhex("37010102"))
    attachment = b"\x05\0\0\0\0" + stream(0, properties(8, (0x3705, 3, b"\1"))) + data + b"\x07"
    inner = b"\x06\x01" + stream(0, properties(24, (0x37, 0x1F, struct.pack("<I", 16)))) + body + b"\x07"
    nested = b"\x05\0\0\0\1" + stream(0, properties(8, (0x3705, 3, b"\5"))) + inner + b"\x07"
    several = stream(0, properties(32, (0x8000, 0x101F, b"\x04"))) + stream(
        1, struct.pack("<I", 4), bytes.fromhex("8000101F")) + stream(3, b"a\0", bytes.fromhex("8000101F00000000"))
    names = b"\x06\x04" + stream(1, bytes(16), bytes.fromhex("00020102")) + stream(
        1, struct.pack("<IHH", 0, 7, 0), bytes.fromhex("00030102")) + stream(
        1, struct.pack("<I", 4) + b"k\0l\0", bytes.fromhex("00040102")) + b"\x07"
    return [top + body, top + body + recipient + attachment, top + body + nested, several + names, top + names + nested + recipient]


def compound():
    """A compound file of one message, by hand: FAT, directory, mini FAT, mini stream."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack("<I", 0) + struct.pack("<I", free) * 108
    fat = struct.pack("<IIII", 0xFFFFFFFD, end, end, end).ljust(512, b"\xff")
    mini = struct.pack("<IIII", 1, end, end, free).ljust(512, b"\xff")
    listed = properties(32, (0x37, 0x1F, struct.pack("<I", 16)), (0xE07, 3, b"\1"))
    text = "subject".encode("utf-16-le")
    data = (listed.ljust(128, b"\0") + text.ljust(64, b"\0")).ljust(512, b"\0")

    def entry(name, kind, left, right, child, start, size):
        encoded = name.encode("utf-16-le")
        return encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded) + 2, kind, 1, left, right, child) + bytes(
            36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, free, free, 1, 3, 192) + entry(
        "__properties_version1.0", 2, free, 2, free, 0, len(listed)) + entry(
        "__substg1.0_0037001F", 2, free, free, free, 2, len(text)) + bytes(128)
    return [header + fat + directory + mini + data]


def attribute(level, identifier, data):
    return struct.pack("<BII", level, identifier, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def tnef():
    start = b"\x78\x9f\x3e\x22\1\0" + attribute(1, 0x89006, b"\0\0\1\0") + attribute(1, 0x69007, struct.pack("<II", 1252, 0))
    date = struct.pack("<HHHHHHH", 2020, 2, 29, 1, 2, 3, 6)
    text = attribute(1, 0x18004, b"subject\0") + attribute(1, 0x2800C, b"text\0") + attribute(1, 0x38005, date)
    listed = struct.pack("<IHHIII", 2, 0x1F, 0x37, 1, 4, 0x00610061) + struct.pack("<HHI", 3, 0xE07, 1)
    named = struct.pack("<IHH16xIIII", 1, 3, 0x8001, 1, 4, 0x00620062, 7)
    file = attribute(2, 0x69002, struct.pack("<HIHHI", 1, 0, 0, 0, 0)) + attribute(2, 0x18010, b"a.txt\0") + attribute(
        2, 0x6800F, b"content")
    inner = bytes.fromhex("0703020000000000C000000000000046") + start + text
    padded = inner + bytes(-len(inner) % 4)
    nested = attribute(2, 0x69002, bytes(14)) + attribute(
        2, 0x69005, struct.pack("<IHHII", 1, 0xD, 0x3701, 1, len(inner)) + padded)
    recipients = attribute(1, 0x69004, struct.pack("<I", 1) + struct.pack("<IHHI", 1, 3, 0xC15, 1))
    return [start + text, start + attribute(1, 0x69003, listed) + file, start + text + nested,
            start + recipients + attribute(1, 0x69003, named)]


def rtf():
    plain = rb"{\rtf1\ansi\ansicpg1252\fromtext{\fonttbl{\f0\fcharset204 A;}}\f0 text\par\'e9\u8364?}"
    html = rb"{\rtf1\ansi\fromhtml1{\*\htmltag84 <b>}bold\htmlrtf x\htmlrtf0{\*\htmltag92 </b>}\bin3 abc}"
    packed = struct.pack("<III", len(plain) + 12, len(plain), 0x414C454D) + bytes(4) + plain
    table = bytes([0]) + b"{\\rtf1 a" + bytes([1]) + b"\x00\x03" + b"bcdefgh"
    lzfu = struct.pack("<IIII", len(table) + 12, 40, 0x75465A4C, 0) + table
    return [plain, html, packed, lzfu]


def emlx():
    message = b"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nX-Apple-Content-Length: 9\n" \
              b"Content-Transfer-Encoding: base64\n\n--b--\n"
    plist = b"<?xml version=\"1.0\"?><plist><dict><key>date-received</key><real>1500000000.5</real>" \
            b"<key>flags</key><integer>8590195713</integer></dict></plist>\n"
    head = str(len(message)).encode() + b"     \n"
    return [head + message + plist, head + message, b"7\n" + message + plist]


def marks():
    return [b"Status: RO\nX-Status: AFD\nX-Mozilla-Status: 0009\nX-Mozilla-Status2: 06000000\nX-Mozilla-Keys: a b\n\n",
            b"X-Keywords: a $Forwarded\nX-Label: l\nX-Gmail-Labels: =?UTF-8?Q?a=2Cb?=,\n c\nX-GM-THRID: 1234567890\n\n",
            b"From a@b Tue Mar 19 09:13:51 +0000 2019\nStatus: R\n\ntext"]


TARGETS = {"msg": lambda: described() + compound(), "tnef": tnef, "rtf": rtf, "emlx": emlx, "marks": marks}
folder = pathlib.Path(sys.argv[2])
for number, seed in enumerate(TARGETS[sys.argv[1]]()):
    (folder / f"{sys.argv[1]}-{number}").write_bytes(seed)
