"""Invented mail, for the archives."""
import base64

from archive import Message, base64_lines


def plain(n, subject="Minutes", body="The minutes are ready.\n", eol="\n"):
    text = (f"From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\nSubject: {subject} {n}\n"
            f"Date: Tue, 14 Nov 2023 10:{n:02d}:00 +0000\nMessage-ID: <{n}@example.org>\n\n{body}")
    return Message(text.replace("\n", eol).encode())


def picture(size, seed=7):
    """Bytes that look like an attachment; the same for the same size and seed."""
    out, x = bytearray(), seed
    for _ in range(size):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(x >> 16 & 255)
    return bytes(out)


def attached(n, data, ids, width=76, end=b"\n", pieces=None):
    """A message with one base64 leaf, cut out into parts (one, or the pieces given). ids: bytes → object id."""
    nl = end if end else b"\n"
    head = (f"From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\nSubject: Picture {n}\nMessage-ID: <p{n}@example.org>\n"
            "MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n").encode().replace(b"\n", nl)
    tail = nl
    pieces = pieces or [data]
    code = {b"\n": 0, b"\r\n": 1, b"\r": 2}[end]
    steps = [len(head), [1, [[ids(p), len(p)] for p in pieces], width, code], len(tail)]
    raw = head + base64_lines(data, width, end) + tail
    return Message(raw, head + tail, steps, pieces)


def quote(raw, mode, exceptions=(), end=b"\n"):
    """mbox quoting of format.md 8.4."""
    out, number = [], 0
    for line in raw.split(end):
        bare = line.lstrip(b">") if mode == 2 else line
        if mode and bare.startswith(b"From "):
            if number not in exceptions:
                line = b">" + line
            number += 1
        out.append(line)
    return end.join(out)


def mbox(items, tail=b""):
    """items: (raw, lead, trail, quoting, exceptions, end). Gives the file and the origins."""
    data, origins = b"", []
    for ordinal, (raw, lead, trail, mode, exceptions, end) in enumerate(items):
        data += lead + quote(raw, mode, exceptions, end) + trail
        origin = {0: 0, 1: ordinal}
        if lead:
            origin[2] = lead
        if trail:
            origin[3] = trail
        if mode:
            origin[4] = mode
        if exceptions:
            origin[5] = list(exceptions)
        if end == b"\r":
            origin[6] = 1
        origins.append(origin)
    return data + tail, origins


SEPARATOR = b"From ada@example.org Tue Nov 14 10:00:00 2023"
QUOTED = (b"From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\nSubject: From here\nMessage-ID: <q@example.org>\n\n"
          b"From the start:\n>From an answer\n>>From an answer to it\n From is harmless\nFrom the end.\n")
