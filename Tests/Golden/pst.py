#!/usr/bin/env python3
"""Makes pst.tsv: what pffexport (libpff's own tool) and readpst (libpst) find in each store of the corpus.

    python3 Tests/Golden/pst.py ../shared/corpora/pst > Tests/Golden/pst.tsv

Wants the Debian packages pff-tools (20180714) and pst-utils (0.6.76). Lines, separated by tabs:

    total   TOOL       FILE  NUMBER
    hollow  readpst    FILE  NUMBER
    item    pffexport  FILE  FOLDER  KIND  SUBJECT  MESSAGE-ID  ATTACHMENTS

A total of pffexport counts items that are no attachment of another; one of readpst all files that it writes, but not the
hollow ones: it makes a message without sender, date, subject and body of a search folder's row, where there is no item.
ATTACHMENTS are the SHA-256 of all files attached to the item or to a message within it, sorted.
"""
import email
import hashlib
import os
import re
import subprocess
import sys
import tempfile

ITEM = re.compile(r"^([A-Z][A-Za-z]+)\d{5}$")


def stores(root):
    found = []
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                if file.read(4) == b"!BDN":
                    found.append(path)
    return sorted(found)


def text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def field(headers, name):
    found = re.search(r"^" + re.escape(name) + r":[ \t]*([^\r\n]*)", headers, re.M | re.I)
    return found.group(1).strip() if found else ""


def attachments(item):
    sums = []
    for directory, _, names in os.walk(item):
        if os.path.basename(directory) == "Attachments":
            for name in names:
                with open(os.path.join(directory, name), "rb") as file:
                    sums.append(hashlib.sha256(file.read()).hexdigest())
    return sorted(sums)


def pffexport(store, target):
    subprocess.run(["pffexport", "-q", "-m", "items", "-t", target, store], check=False, capture_output=True)
    root = target + ".export"
    for directory, directories, _ in os.walk(root):
        directories.sort()
        items = [name for name in directories if ITEM.match(name)]
        directories[:] = [name for name in directories if not ITEM.match(name) and name != "Attachments"]
        for name in items:
            path = os.path.join(directory, name)
            headers = text(os.path.join(path, "OutlookHeaders.txt"))
            internet = text(os.path.join(path, "InternetHeaders.txt"))
            yield (
                os.path.relpath(directory, root),
                ITEM.match(name).group(1),
                field(headers, "Subject"),
                field(internet, "Message-ID"),
                ",".join(attachments(path)),
            )


def readpst(store, target):
    os.mkdir(target)
    subprocess.run(["readpst", "-q", "-j", "0", "-e", "-t", "eajc", "-o", target, store], check=False, capture_output=True)
    paths = [os.path.join(directory, name) for directory, _, names in os.walk(target) for name in names]
    hollow = sum(1 for path in paths if is_hollow(path))
    return len(paths) - hollow, hollow


def is_hollow(path):
    with open(path, "rb") as file:
        message = email.message_from_bytes(file.read())
    parts = [part for part in message.walk() if not part.is_multipart()]
    has_body = any((part.get_payload() or "").strip() for part in parts)
    return path.endswith(".eml") and not (message["Date"] or message["Subject"] or message["To"] or has_body)


def main():
    root = sys.argv[1]
    for store in stores(root):
        name = os.path.relpath(store, root)
        with tempfile.TemporaryDirectory() as scratch:
            items = sorted(pffexport(store, os.path.join(scratch, "pff")))
            print("total", "pffexport", name, len(items), sep="\t")
            written, hollow = readpst(store, os.path.join(scratch, "readpst"))
            print("total", "readpst", name, written, sep="\t")
            print("hollow", "readpst", name, hollow, sep="\t")
            for item in items:
                print("item", "pffexport", name, *item, sep="\t")


main()
