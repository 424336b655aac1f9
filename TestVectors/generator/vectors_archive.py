"""Whole archives in which nothing is wrong."""
import keys as k
import mail
from archive import *
from nacl import bindings as sodium

INBOX, SENT = (b"INBOX",), (b"Archive", b"Sent \xe9")
PASSPHRASE = "correct horse"


def new(name, **more):
    a = Archive(name, **more)
    if "slots" not in more:
        a.secrets["passphrase"] = PASSPHRASE
    return a


def done(a, session, op=SEALED, **more):
    """The end of a session: footer, last commit, both heads."""
    if op == SEALED:
        session.footer()
    record = a.commit(session, op, **more)
    a.write_heads()
    return record


def run_id(a):
    return a.rand(16)


def add_mail(a, s, numbers, folder=INBOX, **more):
    import_mail(a, s, run_id(a), [(mail.plain(n), [(folder, {})]) for n in numbers], **more)


def basic(name, **more):
    """Three messages in two folders, one session, one commit."""
    a = new(name, **more)
    s = a.session()
    import_mail(a, s, run_id(a), [(mail.plain(1), [(INBOX, {2: 1})]), (mail.plain(2), [(INBOX, {})]),
                                  (mail.plain(3, "Réponse", "Ça va.\r\n", "\r\n"), [(SENT, {2: 3, 4: MINUTE})])])
    done(a, s)
    return a


def one(name, numbers=(1, 2), writer=None, **more):
    """One session with its commit; the archive and the session."""
    a = new(name)
    s = a.session(writer)
    add_mail(a, s, numbers)
    done(a, s, **more)
    return a, s


def two(name):
    """Two sessions, one commit each."""
    a, s = one(name)
    t = a.session()
    add_mail(a, t, (3,), SENT)
    done(a, t)
    return a, s, t


def broken_session(name):
    """One session that ends; a second that commits once and breaks off: segment 2 stays open."""
    a, _ = one(name)
    s = a.session()
    add_mail(a, s, (3,))
    a.commit(s, ADDED)
    a.write_heads()
    return a, s


def close(number, debris):
    return {0: CLOSED, 1: 1, 2: number, 7: len(debris), 8: root(debris)}


def small_slots(name, kinds):
    """An archive with the slots asked for; kinds: (kind, rights)."""
    a = new(name, slots=[])
    slots = []
    for n, (kind, rights) in enumerate(kinds, 1):
        which = {"rights": rights, "slot_id": n, "text": f"slot {n}"}
        name_of = "read_only_passphrase" if rights and kind == 1 else "passphrase"
        if kind == 1:
            a.secrets[name_of] = f"battery staple {n}"
            slots.append(a.slot(1, passphrase=a.secrets[name_of], **which))
        elif kind == 2:
            key = a.rand(32)
            a.secrets["key_file"] = k.key_text("key", key)
            slots.append(a.slot(2, key_file=key, **which))
        elif kind == 3:
            key = a.rand(32)
            a.secrets["both"] = ["zusammen grün", k.key_text("key", key)]
            slots.append(a.slot(3, passphrase="zusammen grün", key_file=key, **which))
        else:
            secret = a.rand(32)
            a.secrets["identity"] = k.key_text("identity", secret)
            slots.append(a.slot(4, recipient=sodium.crypto_scalarmult_base(secret), **which))
    a.slots, a.sequence = slots, 0
    a.new_header()
    s = a.session()
    add_mail(a, s, (1,))
    done(a, s)
    return a


def empty():
    a = new("empty")
    done(a, a.session())
    return a


def several_commits():
    a = new("several commits")
    s = a.session()
    add_mail(a, s, (1,))
    a.commit(s, ADDED)
    add_mail(a, s, (2,))
    a.commit(s, EXTENDED)
    add_mail(a, s, (3,))
    done(a, s)
    return a


def five_folders():
    a = new("five folders")
    s = a.session()
    m = mail.plain(1)
    places = [((b"F%d" % n, b"sub"), {2: n}) for n in range(4)] + [((b"Labels",), {3: [b"work", b"\xff\xfe"]})]
    import_mail(a, s, run_id(a), [(m, places), (mail.plain(2), [(INBOX, {})])])
    done(a, s)
    return a


def eml_origin(name="eml origin"):
    a = new(name)
    s = a.session()
    ms = [mail.plain(n) for n in (1, 2)]
    files = [{"file": n, "path": [b"in", b"%d.eml" % n], "bytes": m.raw, "kind": 1, "pieces": 1, "hash": False,
              "extra": {9: MINUTE + n}} for n, m in enumerate(ms)]
    import_mail(a, s, run_id(a), [(m, [((b"in",), {5: {0: n, 1: 0}})]) for n, m in enumerate(ms)], files=files)
    done(a, s)
    return a


def mbox_origin(name, items, dialect, tail=b"", **more):
    a = new(name)
    s = a.session()
    data, origins = mail.mbox(items, tail)
    extra = {6: dialect}
    if tail:
        extra[8] = tail
    import_mail(a, s, run_id(a), [(Message(i[0]), [((), {5: o})]) for i, o in zip(items, origins)], kind=3, name=b"mail.mbox",
                files=[{"file": 0, "path": [], "bytes": data, "kind": 2, "pieces": len(items), "extra": extra}], **more)
    done(a, s)
    return a


def mboxes():
    first, q = mail.plain(1).raw, mail.QUOTED
    sep = mail.SEPARATOR
    lf = lambda raw, mode, *exceptions: (raw, sep + b"\n", b"\n", mode, exceptions, b"\n")
    cr = lambda raw: raw.replace(b"\n", b"\r")
    yield "mboxrd", "mboxrd: quoting undone, made again.", mbox_origin("mboxrd", [lf(first, 0), lf(q, 2)], 2)
    yield "mboxo", "mboxo: only lines that begin with `From ` are quoted.", mbox_origin("mboxo", [lf(q.replace(b">", b"|"), 1), lf(first, 0)], 1)
    yield "mbox_exceptions", "An mbox in which two of the lines that should be quoted are not; and a tail.", \
        mbox_origin("mbox exceptions", [lf(q, 2, 0, 2), lf(first, 0)], 2, b"\n\n\0")
    yield "mbox_crlf", "An mbox with CRLF.", mbox_origin(
        "mbox crlf", [(q.replace(b"\n", b"\r\n"), sep + b"\r\n", b"\r\n", 2, (), b"\n"), lf(first, 0)], 2)
    yield "mbox_cr", "An mbox with bare CR line ends.", mbox_origin("mbox cr", [(cr(q), cr(sep + b"\n"), b"\r", 2, (1,), b"\r")], 2)


def rejects(name="reject"):
    a = new(name)
    s = a.session()
    junk = b"This is no mail.\n\n" * 3
    data, origins = mail.mbox([(mail.plain(1).raw, mail.SEPARATOR + b"\n", b"\n", 0, (), b"\n")])
    import_mail(a, s, run_id(a), [(mail.plain(1), [((), {5: {**origins[0], 1: 1}})])], kind=3,
                rejects=[{"file": 0, "ordinal": 0, "offset": 0, "reason": 3, "words": "bytes before the first separator", "blobs": [junk[:20], junk[20:]],
                          "path": ()}],
                files=[{"file": 0, "path": [], "bytes": junk + data, "kind": 2, "pieces": 2, "extra": {6: 2}}])
    done(a, s)
    return a


RECORD = [bytes(range(200)), b"the rest of the properties"]


def stores(name, records=RECORD):
    """A store, an MSG, an EMLX and an mbox with labels, as one import of a folder. records: the blobs of a record that are there."""
    a = new(name)
    s = a.session()
    ids = a.keys.object_id
    meeting, note, letter, labelled = (mail.plain(n) for n in (1, 2, 3, 4))
    msg, pst = bytes(range(256)) * 2, b"!BDN of a store that is not kept"
    head, plist = b"%d\n" % len(letter.raw), b"<?xml version=\"1.0\"?><plist version=\"1.0\"/>\n"
    box, (origin,) = mail.mbox([(labelled.raw, mail.SEPARATOR + b"\n", b"\n", 0, (), b"\n")])
    made = lambda file, item: {0: file, 1: 0, 8: item, 9: True}
    record = [[ids(b), len(b)] for b in RECORD]
    calendar, top, work = (b"mail.pst", b"Calendar"), (), (b"box", b"work")
    import_mail(a, s, run_id(a), [
        (meeting, [(calendar, {2: 1, 5: made(0, b"0x200024"), 6: record}), (top, {5: made(1, b"meeting.msg")})]),
        (note, [(calendar, {5: {**made(0, b"0x200064"), 1: 2}, 6: record[:1]})]),
        (letter, [((b"letters",), {2: 1, 5: {0: 2, 1: 0, 2: head, 3: plist}})]),
        (labelled, [((b"box",), {3: [b"work", b"Inbox"], 5: {**origin, 0: 3}}), (work, {3: [b"work", b"Inbox"], 5: {**origin, 0: 3}})])],
        rejects=[{"file": 1, "ordinal": 0, "offset": 0, "reason": 7, "words": "", "blobs": [msg[:300], msg[300:]], "path": top},
                 {"file": 0, "ordinal": 1, "offset": 0, "reason": 6, "words": "the helper crashed", "blobs": [], "path": calendar, "extra": {9: b"0x200044"}}],
        files=[{"file": 0, "path": [b"mail.pst"], "bytes": None, "hash": False, "kind": 16, "pieces": 3, "extra": {3: len(pst), 4: ids(root(pst)), 10: "!BDN, SM, Unicode"}},
               {"file": 1, "path": [b"meeting.msg"], "bytes": msg, "kind": 4, "pieces": 1},
               {"file": 2, "path": [b"letters", b"3.emlx"], "bytes": head + letter.raw + plist, "kind": 3, "pieces": 1},
               {"file": 3, "path": [b"export.zip", b"box"], "bytes": box, "kind": 2, "pieces": 1, "extra": {6: 2, 10: "one message, no line to tell by"}},
               {"file": 4, "path": [b"export.zip"], "bytes": None, "hash": False, "kind": 19, "pieces": 1, "extra": {3: 999}}],
        records=records, run={8: [["index of the mail program", 1]], 10: [[b"me@example.org", list(calendar), 3]]})
    done(a, s)
    return a


def continued():
    """An import that is broken off within an mbox, and continued under its run id in a second session."""
    a = new("import continued")
    s = a.session()
    ms = [mail.plain(n) for n in (1, 2, 3)]
    sep = mail.SEPARATOR + b"\n"
    data, origins = mail.mbox([(m.raw, sep, b"\n", 0, (), b"\n") for m in ms])
    run = run_id(a)
    box = (b"box",)
    first = {"file": 0, "path": [b"box"], "bytes": None, "hash": False, "kind": 2, "pieces": 0, "extra": {3: len(data), 11: True}}
    lost = {"file": 0, "ordinal": 1, "offset": 0, "reason": 6, "words": "not to be read", "blobs": [], "path": box}
    import_mail(a, s, run, [(ms[0], [(box, {5: origins[0]})])], files=[first], rejects=[lost], complete=False)
    done(a, s)
    t = a.session()
    import_mail(a, t, run, [(m, [(box, {2: 1, 5: o})]) for m, o in zip(ms, origins)], skip=ms[:1], run={11: 1}, name=b"box", kind=3,
                files=[{"file": 0, "path": [b"box"], "bytes": data, "kind": 2, "pieces": 3, "extra": {6: 2}}])
    a.messages[a.keys.object_id(ms[0].raw)]["folders"].pop()
    done(a, t)
    return a


def unfinished():
    """An import that was broken off within a file and never continued."""
    a = new("import unfinished")
    s = a.session()
    m = mail.plain(1)
    import_mail(a, s, run_id(a), [(m, [((b"box",), {5: {0: 0, 1: 0, 2: b"From x\n"}})])], complete=False,
                files=[{"file": 0, "path": [b"box"], "bytes": None, "hash": False, "kind": 2, "pieces": 0, "extra": {3: 5000, 11: True}}])
    done(a, s)
    return a


def parts(name, **more):
    """Base64 leaves of all line ends, one of them twice."""
    a = new(name)
    s = a.session()
    ids = a.keys.object_id
    p, q = mail.picture(3000), mail.picture(2000, 8)
    ms = [mail.attached(1, p, ids), mail.attached(2, p, ids, end=b"\r\n"), mail.attached(3, q, ids, width=0),
          mail.attached(4, q[:999], ids, width=60, end=b"\r"), mail.attached(5, q[:57], ids, width=1048576)]
    import_mail(a, s, run_id(a), [(m, [(INBOX, {})]) for m in ms], **more)
    done(a, s)
    return a


def split_parts(name="parts over two objects"):
    """A leaf in three parts whose lengths are no multiples of 3, and a message spread over plain parts."""
    a = new(name)
    s = a.session()
    p = mail.picture(4000)
    pieces = [p[:1000], p[1000:2500], p[2500:]]
    first = mail.attached(1, p, a.keys.object_id, pieces=pieces)
    raw = mail.plain(2, body="Long.\n" * 500).raw
    halves = [raw[:1500], raw[1500:]]
    second = Message(raw, b"", [[2, [[a.keys.object_id(h), len(h)] for h in halves]]], halves)

    def in_two(session, items):
        session.objects(items[:2])
        session.objects(items[2:])
    import_mail(a, s, run_id(a), [(first, [(INBOX, {})]), (second, [(INBOX, {})])], objects=in_two)
    done(a, s)
    return a


def with_checkpoint(name="checkpoint"):
    """Generation 2 adds the checkpoint of generation 1, with a spare in its segment in two pieces; generation 3 follows."""
    a, _ = one(name)
    data, reference, change = a.checkpoint_file()
    s = a.session()
    add_mail(a, s, (3,))
    half = len(data) // 2
    for n, piece in enumerate((data[:half], data[half:])):
        s.append(TABLE, table_body(1, n, 2, piece))

    done(a, s, others=[change], checkpoint=reference)
    t = a.session()
    add_mail(a, t, (4,))
    done(a, t)
    return a


def long_journal(name="long journal", generations=256):
    """One session that commits again and again without anything new, so that the archive stays small."""
    a = new(name)
    s = a.session()
    add_mail(a, s, (1,))
    for generation in range(generations):
        a.commit(s, EXTENDED if generation else ADDED, heads=None)
    return a, s


def crossing():
    """Generation 257 adds the checkpoint of 256, as it must."""
    a, s = long_journal()
    data, reference, change = a.checkpoint_file()
    s.append(TABLE, table_body(256, 0, 1, data))
    done(a, s, others=[change], checkpoint=reference)
    return a


def closed_debris(name="closed debris"):
    """The second session broke off and left bytes behind its commit; the third closed its segment."""
    a, s = broken_session(name)
    path = path_of(1, 2)
    committed = s.marks[-1][1]
    a.files[path] += a.rand(5000)
    behind = a.files[path][committed:]
    t = a.session()
    add_mail(a, t, (4,))
    done(a, t, others=[close(2, behind)])
    return a


def closed_empty(name="closed empty", data=b"abandoned" * 50):
    """A segment file that no commit ever named, closed at length 0."""
    a, _ = one(name)
    a.files[path_of(1, 2)] = data
    t = a.session(number=3)
    add_mail(a, t, (3,))
    done(a, t, others=[close(2, data)])
    return a


def journal_debris(name="journal debris known", known=True):
    """A torn commit at the end of journal file 1; the next session goes on in file 2."""
    a, _ = one(name)
    path = journal_path(1)
    torn = a.last[:700]
    offset = len(a.files[path])
    a.files[path] += torn
    a.journal = 2
    t = a.session()
    add_mail(a, t, (3,))
    done(a, t, debris=[[1, offset, len(torn), root(torn)]] if known else [])
    return a


def new_writer(name="writer", capabilities=3):
    """Generation 1 by the root writer certifies another, which writes generation 2."""
    a = new(name)
    w = Writer(a, a.rand(32), capabilities)
    w.cert = k.certificate(a.keys, w.public, capabilities, MINUTE,
                           **{"k-1": k.writer_label(a.keys, w.public, "server", a.rand(24))})
    s = a.session()
    add_mail(a, s, (1,))
    done(a, s, certificates=[w.cert])
    t = a.session(w)
    add_mail(a, t, (2,))
    done(a, t)
    return a, w


def writer_revoked(name="writer revoked"):
    a, w = new_writer(name)
    s = a.session()
    add_mail(a, s, (3,))
    done(a, s, revocations=[k.revocation(a.keys, w.public)])
    return a, w


def header_changed(name="header changed"):
    """A second slot: header of sequence 2, named by generation 2."""
    a, _ = one(name)
    a.old_header = a.header
    a.slots = a.slots + [a.slot(1, passphrase="another", slot_id=2, rights=1)]
    a.secrets["read_only_passphrase"] = "another"
    a.new_header()
    done(a, a.session())
    return a


def removed():
    """Generation 2 adds a derived file and copies the mail of segment 1; generation 3 removes both old files."""
    a, s = one("removed")
    t = a.session()
    keys = a.keys
    import_mail(a, t, run_id(a), [(mail.plain(n), [(INBOX, {})]) for n in (1, 2)], expected=False)
    done(a, t, others=[a.add_file(3, 1, b"derived " * 100)])
    u = a.session()
    done(a, u, others=[{0: REMOVED, 1: 1, 2: 1}, {0: REMOVED, 1: 3, 2: 1}])
    del a.files[path_of(1, 1)], a.files[path_of(3, 1)]
    return a


def carried():
    a, _ = one("carried", others=())
    t = a.session()
    done(a, t, others=[a.add_file(3, 1, b"derived"), a.add_file(42, 1001, b"of a later version" * 9)])
    return a


def extensions():
    """Unknown negative keys wherever the schema lets them be."""
    a = new("extension keys", header_extra={-1: {0: ["later"]}, -7: [1, None], -24: b"x"})

    def more(item):
        item[-5] = [True, "kept"]
        for m in item[3]:
            m[-9] = -1
            for p in m[2]:
                p[-3] = {-1: 2}
    s = a.session()
    add_mail(a, s, (1,), manifest=more)
    done(a, s, extension={-1: "vectors 1", -2: {0: b"\0"}})
    return a


def codec(name, codec):
    """One session whose objects record is in a zlib stream or a zstd frame, put together by hand."""
    a = new(name)
    s = a.session()

    def packed(session, items):
        group = objects_group([(kind, b) for kind, b, _ in items])
        encoded = stored_zlib(group) if codec == 1 else raw_zstd(group)
        offset = session.add(OBJECTS, group, codec, encoded)
        session.enter(items, offset)
    import_mail(a, s, run_id(a), [(mail.plain(n), [(INBOX, {})]) for n in (1, 2)], objects=packed)
    done(a, s)
    return a


def stored_zlib(data):
    """A zlib stream of stored blocks: the same with every compressor."""
    out = b"\x78\x01"
    chunks = [data[i:i + 65535] for i in range(0, len(data), 65535)] or [b""]
    for n, c in enumerate(chunks):
        out += struct.pack("<BHH", n == len(chunks) - 1, len(c), len(c) ^ 0xFFFF) + c
    return out + struct.pack(">I", zlib.adler32(data))


def raw_zstd(data, size=None, single=True, blocks=None, window=None):
    """A zstd frame of raw blocks, with its content size (RFC 8878, 3.1.1). blocks: (type, size field, bytes) to use in their place."""
    size = len(data) if size is None else size
    descriptor = 0x80 | (0x20 if single else 0)          # 4-byte content size
    out = b"\x28\xb5\x2f\xfd" + bytes([descriptor]) + (b"" if single else bytes([window]))
    out += struct.pack("<I", size)
    if blocks is None:
        chunks = [data[i:i + 131072] for i in range(0, len(data), 131072)] or [b""]
        blocks = [(0, len(c), c) for c in chunks]
    for n, (kind, length, body) in enumerate(blocks):
        out += (length << 3 | kind << 1 | (n == len(blocks) - 1)).to_bytes(3, "little") + body
    return out


def ignorable():
    a = new("unknown type ignorable")
    s = a.session()
    s.add(200, b"a record of a later minor version")
    add_mail(a, s, (1,))
    done(a, s)
    return a


def make(o):
    say = o.archive
    say(basic("valid"), "valid", "One session, three messages in two folders.", "format.md")
    say(empty(), "empty", "An archive without a message, as `init` makes it.", "format.md 7.2")
    say(two("two sessions")[0], "two_sessions", "Two sessions, two segments.", "format.md 6")
    say(several_commits(), "several_commits", "A session that adds, extends and seals its segment.", "format.md 7.2")
    say(broken_session("open segment")[0], "open_segment", "The last session did not seal its segment; nothing is wrong with that.", "format.md 6")
    say(five_folders(), "five_folders", "The same message in five folders, with flags and labels that are no text.", "format.md 8.4")
    say(eml_origin(), "eml_origin", "Two EML files, made again.", "format.md 8.4")
    for name, about, a in mboxes():
        say(a, name, about, "format.md 8.4")
    say(rejects(), "reject", "Bytes that are no mail are kept as blobs, and the source file is made again.", "format.md 8.4")
    say(stores("stores"), "stores", "A store, an MSG, an EMLX, a container and an mbox with labels; all but the store and the container are made again.", "format.md 8.4")
    say(continued(), "import_continued", "An import that was broken off and continued: what was met twice counts once.", "format.md 8.4")
    say(unfinished(), "import_unfinished", "A file whose import was broken off is not made again, and nothing is wrong with that.", "format.md 8.4")
    say(parts("parts"), "parts", "Base64 leaves: LF, CRLF, CR, one line (L = 0), a line longer than the leaf; one part used twice.", "format.md 8.2")
    say(split_parts(), "parts_over_objects", "A leaf in three parts, a message spread over two, objects in two records.", "format.md 8.2")
    say(small_slots("slot read-only", [(1, 0), (1, 1)]), "slot_read_only", "A slot with all rights and one that is read-only.", "cryptography.md 3")
    say(small_slots("slot key file", [(2, 0)]), "slot_key_file", "A key-file slot.", "cryptography.md 3")
    say(small_slots("slot both", [(3, 0)]), "slot_both", "A slot that needs passphrase and key file.", "cryptography.md 3")
    say(small_slots("slot recipient", [(4, 1)]), "slot_recipient", "A recipient slot, read-only.", "cryptography.md 3")
    say(small_slots("slots all", [(1, 0), (1, 1), (2, 0), (3, 0), (4, 0)]), "slots_all", "One slot of each kind.", "cryptography.md 3")
    say(small_slots("no slots", []), "no_slots", "No slot at all: the recovery code opens it.", "cryptography.md 2")
    say(with_checkpoint(), "checkpoint", "An early checkpoint with its spare in table records, and a generation after it.", "format.md 7.6")
    say(crossing(), "generation_257", "257 generations: the last adds the checkpoint of generation 256, as it must.", "format.md 7.6")
    say(closed_debris(), "closed_debris", "A closed segment with known debris is clean.", "format.md 6")
    say(closed_empty(), "closed_empty", "An abandoned segment file, closed at length 0, is clean.", "format.md 7.2")
    say(closed_empty("closed nothing", b""), "closed_nothing", "An abandoned segment file of 0 bytes, closed, is clean.", "format.md 7.2")
    say(journal_debris(), "journal_debris_known", "A torn commit in the journal that a later commit lists is clean.", "format.md 7.3")
    say(new_writer()[0], "writer", "A certified writer with the capabilities append and state writes a generation.", "cryptography.md 4")
    say(writer_revoked()[0], "writer_revoked", "A writer is revoked; what it wrote before stays good.", "format.md 7.2")
    say(header_changed(), "header_changed", "A slot was added: header of sequence 2, named by generation 2.", "format.md 7.9")
    say(basic("predecessor", header_extra={-2: {0: k.H(b"1"), 1: k.H(b"2")}}), "predecessor", "The header names a predecessor.", "schema.cddl")
    say(removed(), "removed", "A segment and a derived file were removed by a commit.", "format.md 7.2")
    say(carried(), "kinds_carried", "A derived file and a file of an unknown kind are carried.", "format.md 7.2")
    say(extensions(), "extension_keys", "Unknown negative keys and an unknown optional flag are ignored.", "format.md 3")
    say(codec("codec zlib", 1), "codec_zlib", "Objects in a zlib stream.", "format.md 5.2")
    say(codec("codec zstd", 2), "codec_zstd", "Objects in a zstd frame.", "format.md 5.2")
    say(ignorable(), "type_ignorable", "A record of an unknown type from 128: may be ignored.", "format.md 5.2", [], ["W714"])
