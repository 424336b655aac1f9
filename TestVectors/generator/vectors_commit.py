"""Commits, heads, journal files, checkpoints, footers, segments."""
from vectors_deceit import *
from vectors_base import public


def made(name, op=SEALED, **commit):
    """Generation 2 of an archive, with its state before."""
    a, _ = one(name)
    before = {"generation": 1, "hash": a.head_hash, "state": a.state_bytes()}
    s = a.session()
    add_mail(a, s, (3,))
    if op == SEALED:
        s.footer()
    a.commit(s, op, **commit)
    return a, before


def commits(o):
    def say(name, about, expect, a, before=None, data=None, journal=1, **more):
        data = a.last if data is None else data
        context = {**public(a.keys), "before": before, "journal": journal}
        n = struct.unpack_from("<I", data, 56)[0] if len(data) > 60 else 0
        o.part("commit", name, about, "format.md 7.1 and 7.2", data, expect, context, data[128:64 + n] if expect == "ok" else None, **more)

    def alone(name, about, expect, change=None, **more):
        options = {key: more.pop(key) for key in ("header", "signer", "writer") if key in more}
        a, _ = made("commit " + name, change=change, **options)
        say(name, about, expect, a, **more)

    def follow(name, about, expect, change=None, op=SEALED, journal=1, **commit):
        a, before = made("commit " + name, op, **({"change": change} if change else {}), **commit)
        say(name, about, expect, a, before, journal=journal)
    put = lambda key, value: lambda item: item.__setitem__(key, value)
    in_change = lambda key, value: lambda item: item[7][-1].__setitem__(key, value)
    alone("valid", "A commit that seals a segment, checked alone.", "ok")
    follow("valid_after", "The same, after the state before.", "ok")
    follow("valid_open", "A commit that leaves its segment open.", "ok", op=ADDED)
    alone("extension", "Unknown negative keys.", "ok", put(-24, None))
    a, _ = made("commit bytes")
    good = a.last
    cut = lambda at, mask=1: good[:at] + bytes([good[at] ^ mask]) + good[at + 1:]
    say("crc", "A flipped bit in the record header.", "E302", a, data=cut(20))
    say("flip", "A flipped bit in the hash of the commit before: the signature fails.", "E401", a, data=cut(128 + 8))
    say("signature_flip", "A flipped bit in the signature.", "E401", a, data=cut(len(good) - 10))
    big = (int.from_bytes(good[-32:], "little") + (1 << 252) + 27742317777372353535851937790883648493).to_bytes(32, "little")
    say("signature_not_canonical", "A signature whose S is not less than the group order.", "E401", a, data=good[:-32] + big)
    say("truncated", "The last byte is missing.", "E306", a, data=good[:-1])
    say("class", "A footer in the place of a commit.", "E303", a, data=record_header(a.keys.archive_id, FOOTER, 2, 4096, 300) + bytes(300))
    say("length", "A stored length of 65,409 bytes.", "E304", a, data=record_header(a.keys.archive_id, COMMIT, 2, 4096, 65409) + bytes(65409))
    say("offset", "An offset that is no multiple of 4096.", "E303", a, data=record_header(a.keys.archive_id, COMMIT, 2, 4160, len(good) - 128) + good[128:])
    b, _ = made("commit other archive")
    say("archive", "A commit of another archive.", "E305", a, data=b.last)
    alone("signer", "Signed by another key.", "E401", signer=Signer(bytes(32)))
    forger = Signer(bytes([7]) * 32)
    a, _ = one("commit certificate")

    def with_writer(name, about, expect, cert, signer=forger, public_key=None):
        class W:
            pass
        W.signer, W.public, W.cert, W.capabilities = signer, public_key or signer.public, cert, 15
        b = copy.deepcopy(a)
        s = b.session(W)
        s.footer()
        b.commit(s, SEALED, writer=W)
        say(name, about, expect, b)
    with_writer("certificate_signer", "A certificate that the writer signed itself.", "E402", k.certificate(a.keys, forger.public, signer=forger))
    with_writer("certificate_other", "A certificate of another archive.", "E402", k.certificate(b.keys, forger.public))
    point = (1).to_bytes(32, "little")

    class Weak:
        public = point

        @staticmethod
        def sign(message):
            return point + bytes(32)
    with_writer("writer_key_small_order", "A writer key of small order.", "E414", k.certificate(a.keys, point), Weak)
    odd = ((1 << 255) - 16).to_bytes(32, "little")
    Odd = type("Odd", (), {"public": odd, "sign": staticmethod(lambda message: bytes(64))})
    with_writer("writer_key_not_canonical", "A writer key that is not canonically encoded.", "E414", k.certificate(a.keys, odd), Odd)
    alone("certificates_bad", "A further certificate that is badly signed.", "E402", put(10, [k.certificate(Keys(bytes(32)), bytes(32))]))
    alone("revocation_bad", "A revocation that is badly signed.", "E402", put(11, [k.revocation(Keys(bytes(32)), bytes(32))]))
    for name, about, expect, change in (
            ("generation_zero", "Generation 0.", "E206", put(0, 0)), ("hash_size", "A hash of 31 bytes.", "E206", put(1, bytes(31))),
            ("time", "A time that is no multiple of 60.", "E206", put(2, MINUTE + 1)), ("no_changes", "No file change.", "E206", put(7, [])),
            ("unknown_key", "Key 13.", "E207", put(13, 0)), ("op", "Op 6.", "E206", in_change(0, 6))):
        a, before = made("commit " + name)
        item = dict(a.last_item)
        item[7] = [dict(c) for c in item[7]]
        change(item)
        say(name, about, expect, a, data=a.commit_record(item, 2, 4096, a.root_writer.signer), also=["E205"] if expect == "E206" else [])
    a, _ = made("commit order")
    text = encode(a.last_item)
    say("cbor_order", "Two keys have changed places.", "E201", a, data=a.commit_record(text[:1] + text[3:37] + text[1:3] + text[37:], 2, 4096, a.root_writer.signer))
    say("cbor_trailing", "A byte behind the map.", "E203", a, data=a.commit_record(text + b"\0", 2, 4096, a.root_writer.signer))
    # the rules
    a, s = long_journal("commit 257")
    before = {"generation": 256, "hash": a.head_hash, "state": a.state_bytes()}
    s.footer()
    a.commit(s, SEALED, heads=None)
    say("checkpoint_left_out", "Generation 257 adds no checkpoint of generation 256.", "E412", a, before)
    follow("generation", "Generation 3 after 1.", "E404", put(0, 3))
    follow("chain", "Another hash of the commit before.", "E405", put(1, bytes(32)))
    follow("state_root", "Another state root.", "E410", wrong_state=bytes(32))
    follow("journal", "It names a later journal file.", "E412", put(6, 2))
    follow("journal_put_back", "It stands in a later journal file than it names: it was put back there.", "ok", journal=2)

    def tampered(name, about, change):
        """A change that breaks a rule; the state root is that of the unbroken commit, so the rule must be found first."""
        a, before = made("commit " + name)
        item = {**a.last_item, 7: [dict(c) for c in a.last_item[7]]}
        change(item)
        say(name, about, "E412", a, before, data=a.commit_record(item, 2, 4096 if name != "offset_other" else 8192, a.root_writer.signer))
    tampered("extend_not_live", "Extends a segment that was not live.", in_change(0, EXTENDED))
    tampered("no_root", "A change without its root.", lambda i: i[7][-1].pop(4))
    tampered("no_envelope", "A segment without its envelope.", lambda i: i[7][-1].pop(5))
    tampered("no_pointers", "A segment without its pointer blob.", lambda i: i[7][-1].pop(6))
    tampered("field_foreign", "An added segment with a debris length.", in_change(7, 0))
    tampered("number_old", "An added segment with a number that was there before.", in_change(2, 1))
    tampered("offset_other", "The record header names another offset than the committed length.", lambda i: None)
    tampered("envelope_writer", "The envelope names another writer than the certificate.",
             lambda i: i[7][-1].__setitem__(5, i[7][-1][5][:8] + forger.public + i[7][-1][5][40:]))
    tampered("two_segments", "Two segments are written by one commit.", lambda i: i[7].append({**i[7][-1], 2: 3}))
    tampered("no_segment", "No segment is written.", lambda i: i.__setitem__(7, [{0: REMOVED, 1: 1, 2: 1}]))
    tampered("twice", "One file appears twice.", lambda i: i[7].insert(0, {0: REMOVED, 1: 1, 2: 2}))
    tampered("order", "Changes out of order.", lambda i: i[7].append({0: REMOVED, 1: 1, 2: 1}))
    tampered("extend_derived", "A derived file is extended.", lambda i: i[7].append({0: EXTENDED, 1: 3, 2: 1, 3: 10, 4: bytes(32)}))
    a, *_ = two("commit close sealed")
    before = {"generation": 2, "hash": a.head_hash, "state": a.state_bytes()}
    t = a.session()
    add_mail(a, t, (4,))
    done(a, t, others=[close(1, b"")])
    say("close_sealed", "A segment is closed that the commit before the last sealed.", "E412", a, before)
    follow("close_sealed_last", "A segment is closed that the commit before sealed.", "ok", others=[close(1, b"")])
    tampered("remove_not_live", "A file is removed that was not live.", lambda i: i[7].append({0: REMOVED, 1: 3, 2: 1}))
    tampered("segment_long", "A committed length of more than 256 MiB.", in_change(3, (1 << 28) + 4096))
    tampered("checkpoint_reference", "A checkpoint is named that is not live.", put(9, [1, 100, bytes(32)]))
    tampered("checkpoint_number", "An added checkpoint that is not of the generation before.",
             lambda i: (i[7].append({0: ADDED, 1: 2, 2: 7, 3: 10, 4: bytes(32)}), i.__setitem__(9, [7, 10, bytes(32)])))
    a, w = writer_revoked("commit revoked")
    before = {"generation": 3, "hash": a.head_hash, "state": a.state_bytes()}
    s = a.session(w)
    s.footer()
    a.commit(s, SEALED)
    say("writer_revoked", "The writer was revoked by a commit before.", "E403", a, before)
    for name, caps, others in (("capability_append", 14, ()), ("capability_compact", 3, [{0: REMOVED, 1: 1, 2: 1}])):
        a, w = new_writer("commit " + name, caps)[:2] if caps & 1 else (None, None)
        if a is None:
            a, _ = one("commit " + name)
            w = Writer(a, a.rand(32), caps)
        before = {"generation": a.generation, "hash": a.head_hash, "state": a.state_bytes()}
        s = a.session(w)
        s.footer()
        a.commit(s, SEALED, others=others)
        say(name, f"A writer without the capability: {name.split('_')[1]}.", "E403", a, before)



def heads(o):
    a, s, t = two("head part")
    good = a.files[HEADS[0]]

    def say(name, about, expect, data, **more):
        n = struct.unpack_from("<I", good, 56)[0]
        o.part("head", name, about, "format.md 7.4", data, expect, public(a.keys), good[128:64 + n] if expect == "ok" else None, **more)
    say("valid", "A head.", "ok", good)
    say("short", "65,535 bytes.", "E409", good[:-1])
    say("long", "65,537 bytes.", "E409", good + b"\0")
    say("empty", "No byte.", "E409", b"")
    say("padding", "The last byte is not zero.", "E409", good[:-1] + b"\1")
    say("stale", "A whole record, and pages of a longer one behind it.", "E409", good[:8192] + b"stale" * 10 + good[8242:])
    say("zero", "Only zeros.", "E301", bytes(65536), also=["E409"])
    say("flip", "A flipped bit in the signed bytes.", "E401", good[:136] + bytes([good[136] ^ 1]) + good[137:])
    b, *_ = two("head other archive")
    say("archive", "The head of another archive.", "E305", b.files[HEADS[0]])


def journals(o):
    def three(name):
        a, *_ = two(name)
        t = a.session()
        add_mail(a, t, (4,))
        done(a, t)
        return a, a.files[JNL]

    def say(name, about, expect, a, files, generations, h=None, released=None):
        inputs = []
        for number, data in files:
            file = f"journal_{name}.{number}.jnl"
            o.files[f"v1/journal/{file}"] = bytes(data)
            inputs.append({"number": number, "file": file})
        o.describe({"name": f"journal_{name}", "part": "journal", "about": about, "spec": "format.md 7.3", "inputs": inputs,
                    "context": {**public(a.keys), "h": h if h is not None else a.generation}, "expect": sorted(expect), "generations": generations,
                    "released": commit_hash(a.records[generations[-1]][0]) if generations else None})
    a, j = three("journal part")
    p = [j[i:i + 4096] for i in range(0, len(j), 4096)]
    say("valid", "Three generations.", [], a, [(1, j)], [1, 2, 3])
    say("valid_behind", "The heads hold 2: the journal goes on.", ["W703"], a, [(1, j)], [1, 2, 3], h=2)
    say("empty", "A second file of no bytes.", [], a, [(1, j), (2, b"")], [1, 2, 3])
    say("torn_tail", "Generation 3 is torn; the heads hold 2.", ["W708"], a, [(1, j[:9000])], [1, 2], h=2)
    say("gap_beyond", "Generation 2 is torn, 3 is whole; the heads hold 1.", ["W708"], a, [(1, p[0] + bytes(200) + p[1][200:] + p[2])], [1], h=1)
    say("debris", "Bytes between generations 1 and 2 that nothing lists.", ["W708"], a, [(1, p[0] + b"x" * 4096 + p[1] + p[2])], [1, 2, 3])
    say("debris_files", "Bytes at the end of file 1 and a file of junk; generation 2 is in file 3 (and names file 1).", ["W708"], a,
        [(1, p[0] + b"junk"), (2, b"junk"), (3, p[1] + p[2])], [1, 2, 3])
    say("padding", "The padding of generation 3 is not zero; the heads hold 2.", ["W708"], a, [(1, j[:-1] + b"\1")], [1, 2], h=2)
    say("shifted", "Generation 3 does not stand at a multiple of 4096; the heads hold 2.", ["W708"], a, [(1, p[0] + p[1] + bytes(64) + p[2])], [1, 2], h=2)
    say("old_again", "A copy of generation 1 behind generation 3.", ["W708"], a, [(1, j + p[0])], [1, 2, 3])
    b, jb = three("journal other")
    say("other_archive", "Behind generation 3 stands a commit of another archive.", ["W708"], a, [(1, j + jb[-4096:])], [1, 2, 3])


def checkpoints(o):
    a, s = one("checkpoint part")
    data, reference, _ = a.checkpoint_file()

    def say(name, about, expect, data, length=None, claimed=None):
        context = {"generation": 1, "root": claimed or root(data), "length": length or len(data)}
        o.part("checkpoint", name, about, "format.md 7.6", data, expect, context, data[8:] if expect == "ok" else None)
    say("valid", "A checkpoint.", "ok", data)
    say("magic", "Another magic.", "E411", b"PARCHTAC" + data[8:])
    say("root", "A flipped bit.", "E411", data[:50] + bytes([data[50] ^ 1]) + data[51:], claimed=root(data))
    say("length", "A byte less than the commit names.", "E411", data[:-1], len(data), root(data))
    say("short", "Seven bytes.", "E411", data[:7])
    say("cbor", "A byte left over.", "E411", data + b"\0")
    body = {0: 1, 1: a.head_hash, 2: 1, 3: {0: list(a.live.values()), 1: list(a.writers.values()), 2: []}}
    say("generation", "A checkpoint of another generation.", "E411", b"PARCHTAB" + encode({**body, 0: 2}))
    say("schema", "A state without its list of debris.", "E411", b"PARCHTAB" + encode({**body, 3: {0: [], 1: []}}))
    entry = {key: v for key, v in a.live[1, 1].items()}
    say("pointers", "A pointer blob without its generation.", "E411", b"PARCHTAB" + encode({**body, 3: {**body[3], 0: [{**entry, 8: [entry[8][0][1]]}]}}))


def footers(o):
    def say(name, about, expect, alter=None, lead=None):
        a = new("footer " + name)
        s = a.session()
        add_mail(a, s, (1,))
        if alter:
            alter(s)
        else:
            s.footer()
        body = bytes(s.data[s.marks[-1][1] + 128:]) if s.marks[-1][0] == FOOTER else b""
        s.pad()
        o.part("footer", name, about, "format.md 5.3", s.data, expect,
               {"archive_id": a.keys.archive_id, "segment": 1, "length": len(s.data), "envelope": s.envelope}, body if expect == "ok" else None)
    say("valid", "It lists all records.", "ok")
    say("missing", "There is none.", "E508", lambda s: None)
    say("record_left_out", "A record is left out.", "E508", lambda s: s.footer(s.marks[:-1]))
    say("record_invented", "A record is listed that is not there.", "E508", lambda s: s.footer(s.marks + [(DATA, 8192, 200)]))
    say("class", "A record is listed with another class.", "E508", lambda s: s.footer([(TABLE, *s.marks[0][1:])] + s.marks[1:]))
    say("length", "A record is listed with another length.", "E508", lambda s: s.footer([(s.marks[0][0], 0, 177)] + s.marks[1:]))
    say("envelope", "Another envelope than the commit's.", "E508", lambda s: s.footer(envelope=s.envelope[:-1] + b"\0"))

    def body(change):
        def alter(s):
            b = s.envelope + struct.pack("<II", len(s.marks), 0) + b"".join(struct.pack("<IIB3x", at // 64, n, c) for c, at, n in s.marks)
            s.append(FOOTER, change(b))
        return alter
    say("short", "Cut.", "E508", body(lambda b: b[:-1]))
    say("reserved", "A byte that should be zero.", "E508", body(lambda b: b[:-1] + b"\1"))
    say("count_absurd", "A count of 2^32 - 1.", "E508", body(lambda b: b[:176] + b"\xff" * 4 + b[180:]))


def segments(o):
    a, s = one("segment part")
    data = a.files[SEG1]
    e = a.live[1, 1]
    copy_j = a.files[JNL]

    def say(name, about, expect, data, entry=e, copy=copy_j, x=a, session=s):
        state = {1: "open", 2: "sealed", 3: "closed"}[entry[4]]
        o.describe({"name": f"segment_{name}", "part": "segment", "about": about, "spec": "format.md 6", "input": f"segment_{name}.bin", "context": {
            "archive_id": x.keys.archive_id, "segment": entry[1], "length": entry[2], "root": entry[3], "state": state, "tail_pages": entry[5],
            "copy": copy, "debris_length": entry.get(9), "debris_root": entry.get(10), "segment_key": session.key if session else None,
            "psk": x.keys.psk, "content_secret": x.keys.content_secret}, "expect": sorted(expect),
            "released": None if "E502" in expect else entry[3]})
        o.files[f"v1/segment/segment_{name}.bin"] = bytes(data)
    flipped = lambda at: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
    length = e[2]
    say("valid", "A sealed segment.", [], data)
    say("root", "A flipped bit.", ["E503"], flipped(400))
    say("root_padding", "The last byte before the committed length.", ["E503"], flipped(length - 1))
    say("short", "A byte less than the committed length.", ["E502"], data[:length - 1])
    say("empty", "No byte.", ["E502"], b"")
    say("spare_cut", "Copy S is cut.", ["W705"], data[:-1])
    say("spare_absent", "Copy S is not there.", ["W705"], data[:length])
    say("spare_flip", "Copy S has a flipped bit.", ["W705"], flipped(length + 300))
    say("spare_padding", "The padding of copy S is not zero.", ["W705"], flipped(len(data) - 1))
    say("behind", "A byte behind the end.", ["W706"], data + b"\0")
    b, t = broken_session("segment open part")
    eo, copy_o = b.live[1, 2], b.files[JNL][-4096:]
    d = b.files[SEG2]
    say("open_valid", "An open segment.", [], d, eo, copy_o, b, t)
    say("open_behind", "Bytes behind copy S of an open segment.", ["W706"], d + b"x", eo, copy_o, b, t)
    say("open_spare_absent", "An open segment without copy S.", ["W705"], d[:eo[2]], eo, copy_o, b, t)
    c = closed_debris("segment closed part")
    ec, d = c.live[1, 2], c.files[SEG2]
    say("closed_valid", "A closed segment with its known debris.", [], d, ec, None, c, None)
    say("closed_changed", "Known debris has changed.", ["W706"], d[:-1] + bytes([d[-1] ^ 1]), ec, None, c, None)
    say("closed_cut", "Known debris is cut.", ["W706"], d[:-1], ec, None, c, None)
    say("closed_longer", "Known debris has grown.", ["W706"], d + b"\0", ec, None, c, None)
    say("closed_root", "A flipped bit in the committed bytes of a closed segment.", ["E503"], bytes([d[0] ^ 1]) + d[1:], ec, None, c, None)
    say("closed_short", "Shorter than its committed length.", ["E502"], d[:100], ec, None, c, None)


def make(o):
    for f in (commits, heads, journals, checkpoints, footers, segments):
        f(o)
