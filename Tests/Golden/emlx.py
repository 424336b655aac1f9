#!/usr/bin/env python3
"""Writes what Python makes of the EMLX files of the corpora, one line a file.

Usage: emlx.py CORPORA > Tests/Golden/emlx.tsv

Columns: path below CORPORA, length of the message in it, FNV-1a hash (64 bits) of the message, `flags` and `date-received`
of the property list (`plistlib`; `-` where there is none), length and hash of the message with its attachments put back
(`-` where there is nothing to put back).

Putting back is done with `base64` and `quopri`, by the numbers of the parts. For the message of which the producing suite has
an expected result (114892), its parts are compared with that one by `email`: same types, same decoded bytes.
"""
import base64, email, email.policy, glob, os, plistlib, quopri, re, sys

corpora = os.path.abspath(sys.argv[1])


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def split(data):
    first, _, rest = data.partition(b"\n")
    length = int(first)
    plist = rest[length:]
    if length > len(rest) or (plist and not plist.startswith(b"<?xml")):
        # By hand: these files state a wrong length; the property list, if any, is at the end.
        start = rest.rfind(b"<?xml")
        if start < 0:
            return rest, b""
        return rest[:start], rest[start:]
    return rest[:length], plist


def numbers(part, path=()):
    if part.is_multipart():
        for index, child in enumerate(part.get_payload(), 1):
            yield from numbers(child, path + (index,))
    else:
        yield ".".join(map(str, path)) or "1", part


def join(message, attachments):
    """Each header with the field `X-Apple-Content-Length`, in order, with the part numbers that `email` gives them."""
    parts = [n for n, p in numbers(email.message_from_bytes(message)) if p["X-Apple-Content-Length"]]
    pieces = re.split(rb"(X-Apple-Content-Length: \d+\n\n)", message)
    out, done = [pieces[0]], 0
    for number, field, after in zip(parts, pieces[1::2], pieces[2::2]):
        length = int(field.split(b":")[1])
        files = glob.glob(os.path.join(attachments, number, "*"))
        if not files:
            out += [field, after]
            continue
        done += 1
        body = open(files[0], "rb").read()
        header = out[-1].rpartition(b"\n--")[2].lower()
        if b"content-transfer-encoding: base64" in header:
            body = base64.encodebytes(body)
            if len(body) == length + 1:
                body = body[:-1]
            elif len(body) != length:
                body = body[:-1]
        elif b"content-transfer-encoding: quoted-printable" in header:
            body = quopri.encodestring(body)
        out += [b"\n" + body, after]
    return b"".join(out) if done else None


def leaves(message):
    found = []
    for _, part in numbers(email.message_from_bytes(message)):
        body = part.get_payload(decode=True)
        if part.get_content_maintype() == "text":
            body = body.replace(b"\r\n", b"\n").rstrip(b"\n")
        found.append((part.get_content_type(), body))
    return found


files = glob.glob(corpora + "/pst/**/*.emlx", recursive=True)
for path in sorted(files):
    data = open(path, "rb").read()
    if not re.match(rb"\d+ *\n", data):
        continue
    message, plist = split(data)
    values = plistlib.loads(plist) if plist else {}
    whole = None
    if path.endswith(".partial.emlx"):
        name = os.path.basename(path).split(".")[0]
        whole = join(message, os.path.join(os.path.dirname(path), "..", "Attachments", name))
        expected = os.path.join(os.path.dirname(path), "../../expected_results", name + ".eml")
        if os.path.exists(expected):
            wanted = leaves(open(expected, "rb").read())
            got = leaves(whole)
            assert [t for t, _ in got] == [t for t, _ in wanted], (got, wanted)
            for (kind, ours), (_, theirs) in zip(got, wanted):
                assert ours == theirs, (path, kind, ours[:200], theirs[:200])
    print(
        os.path.relpath(path, corpora), len(message), fnv(message), values.get("flags", "-"),
        values.get("date-received", "-"), len(whole) if whole else "-", fnv(whole) if whole else "-", sep="\t",
    )
