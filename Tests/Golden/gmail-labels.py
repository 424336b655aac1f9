#!/usr/bin/env python3
"""Prints how many labels the Takeout of the corpora has, and the FNV-1a hash (64 bits) of all.

Usage: gmail-labels.py CORPORA. Each message gives a line: its labels, as `email.header` and `csv` read them, with `|` between.
"""
import csv, email.header, mailbox, os, sys

path = os.path.join(sys.argv[1], "edge/got-your-back/samples/google-takeout/takeout.mbox")
text, count = "", 0
for message in mailbox.mbox(path, create=False):
    value = str(email.header.make_header(email.header.decode_header(message["X-Gmail-Labels"].replace("\r\n", "").replace("\n", ""))))
    labels = list(dict.fromkeys(next(csv.reader([value]))))
    count += len(labels)
    text += "|".join(labels) + "\n"
value = 0xCBF29CE484222325
for byte in text.encode():
    value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
print(count, f"{value:016x}")
print(text, file=sys.stderr)
