#!/usr/bin/env python3
"""Writes what Python's `mailbox` sees in the Maildirs and MH folders of the corpora, one line a folder.

Usage: layouts.py CORPORA > Tests/Golden/layouts.tsv

Columns: source below CORPORA, folder below it (names with `/` between), kind, messages, for each flag how many have it,
and the FNV-1a hash (64 bits) of the sorted lines `<file name below the source> TAB <flags>` that the folder's messages give.
`cur`, `new` and `tmp` may be missing in the corpora (they come from repositories, which have no empty directories), so the
folder is read from a copy of its names. `mailbox.Maildir.colon` is set to what the folder uses.
"""
import mailbox, os, re, sys, tempfile

corpora = os.path.abspath(sys.argv[1])
MAILDIRS = [
    ("edge/stalwart-mail-parser/maildir", ";"),
    ("edge/mu/testdata/testdir", "!"),
    ("edge/mu/testdata/testdir2", "!"),
    ("edge/mu/testdata/cjk", "!"),
    ("edge/notmuch/corpora/default", ":"),
    ("edge/notmuch/corpora/lkml", ":"),
    ("edge/notmuch/corpora/threading/parent-priority", ":"),
    ("edge/email-folder/testmaildir", ":"),
]
MH = ["edge/email-folder/testmh"]


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def line(source, folder, kind, found):
    found.sort()
    text = "".join(f"{name}\t{flags}\n" for name, flags in found)
    each = ",".join(f"{flag}{sum(flag in flags for _, flags in found)}" for flag in "DFPRST")
    print(source, folder, kind, len(found), each, fnv(text.encode()), sep="\t")


def maildir(source, colon):
    root = os.path.join(corpora, source)
    folders = []
    for path, directories, _ in os.walk(root):
        directories.sort()
        if "cur" in directories or "new" in directories:
            folders.append(os.path.relpath(path, root))
    isPlus = any(os.path.basename(f).startswith(".") and f != "." for f in folders)
    for folder in sorted(folders):
        with tempfile.TemporaryDirectory() as copy:
            for sub in ("cur", "new", "tmp"):
                os.mkdir(os.path.join(copy, sub))
                original = os.path.join(root, folder, sub)
                for name in os.listdir(original) if os.path.isdir(original) else []:
                    if not name.startswith("."):
                        os.symlink(os.path.join(original, name), os.path.join(copy, sub, name))
            box = mailbox.Maildir(copy, create=False)
            box.colon = colon
            found = []
            for key in box.keys():
                below = os.path.normpath(os.path.join(folder, box._lookup(key)))
                flags = "".join(sorted(set(box.get_message(key).get_flags()) & set("DFPRST")))
                found.append((below, flags))
        name = os.path.basename(folder)
        if folder == ".":
            shown = "INBOX" if isPlus else ""
        elif name.startswith("."):
            shown = "/".join(name[1:].split("."))
        else:
            shown = folder
        line(source, shown, "maildir", found)


def mh(source):
    # Python marks as read what is in no sequence `unseen`, as MH does.
    box = mailbox.MH(os.path.join(corpora, source), create=False)
    found = [
        (str(key), "".join(sorted(set(mailbox.MaildirMessage(box.get_message(key)).get_flags()) & set("DFPRST"))))
        for key in box.keys()
    ]
    line(source, "", "mh", found)


for source, colon in MAILDIRS:
    maildir(source, colon)
for source in MH:
    mh(source)
