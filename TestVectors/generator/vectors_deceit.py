"""Whole archives in which one who holds a key wrote what the format forbids. Roots and signatures are right unless they are the defect."""
from cbor import Raw
from vectors_damage import *


def second(name, op=SEALED, commit=None, numbers=(3,), writer=None, mail_options=None, before=None, footer=True, **session):
    """A good first session, a second with a defect."""
    a, _ = one(name)
    s = a.session(writer, **session)
    if before:
        before(s)
    add_mail(a, s, numbers, SENT, **(mail_options or {}))
    if footer and op == SEALED:
        s.footer()
    a.commit(s, op, **(commit or {}))
    a.write_heads()
    return a, s


def commits(o):
    say, spec = o.archive, "format.md 7.7"

    def put(key, value):
        return {"change": lambda item: item.__setitem__(key, value)}
    say(second("chain", commit=put(1, bytes(32)))[0], "chain", "Commit 2 names another hash than that of commit 1.", spec, ["E405"])
    say(second("state root", commit={"wrong_state": bytes(32)})[0], "state_root", "Commit 2 has a wrong state root.", "format.md 7.2", ["E410"])
    say(second("journal number", commit=put(6, 7))[0], "journal_number", "Commit 2 names another journal file than its own.", "format.md 7.2", ["E412"])
    say(second("checkpoint reference", commit=put(9, [1, 100, bytes(32)]))[0], "checkpoint_reference", "Commit 2 names a checkpoint that is not live.",
        "format.md 7.2", ["E412"], may=["E411"])
    say(second("twice added", commit={"others": [{0: REMOVED, 1: 3, 2: 5}]})[0], "remove_not_live", "Commit 2 removes a file that was not live.",
        "format.md 7.2", ["E412"])
    a, *_ = two("close sealed")
    s = a.session()
    add_mail(a, s, (4,))
    done(a, s, others=[close(1, b"")])
    say(a, "close_sealed", "Commit 3 closes a segment that commit 1 sealed.", "format.md 7.2", ["E412"], may=["W706"], keyed_may=["E508"])
    say(revoke_nobody(), "revoke_unknown", "A revocation of a writer that the state does not know.",
        "format.md 7.2", ["E412"], may=["E410"])
    a, w = writer_revoked("revoked writes")
    head = a.head_hash
    s = a.session(w)
    add_mail(a, s, (4,), expected=False)
    done(a, s)
    say(a, "revoked_writes", "A revoked writer wrote generation 4, and the heads hold it: they do not count.", "format.md 7.7",
        ["E403", "E407", "W703", "W707", "W708"], generation=3, head=head)
    a, w = writer_revoked("revoked head")
    files, head = dict(a.files), a.head_hash
    s = a.session(w)
    add_mail(a, s, (4,), expected=False)
    s.footer()
    a.commit(s, SEALED, heads=None)
    a.files = files
    a.write_head(HEADS[0])
    say(a, "revoked_head", "One head holds generation 4 of a revoked writer, the other 3: that does not make the journal end too early.", "format.md 7.7",
        ["E403", "W704"], generation=3, head=head)
    a, w = writer_revoked("revoked removes")
    head, live = a.head_hash, dict(a.live)
    s = a.session(w)
    done(a, s, others=[{0: REMOVED, 1: 1, 2: n} for n in (1, 2, 3)])
    say(a, "revoked_removes", "A revoked writer with every file within reach removes all segments: they stay live.", "format.md 7.7",
        ["E403", "E407", "W703", "W707", "W708"], generation=3, head=head)
    planted(o)
    a, w = writer_revoked("revoked beyond")
    files, head = {h: a.files[h] for h in HEADS}, a.head_hash
    s = a.session(w)
    add_mail(a, s, (4,), expected=False)
    done(a, s)
    a.files.update(files)
    say(a, "revoked_beyond", "A revoked writer wrote generation 4; the heads hold 3: the journal ends before it.", spec, ["W707", "W708"], generation=3, head=head)
    for name, caps, about, others in (("capability_append", 2, "A writer without the capability to append: the heads do not count.", None),
                                      ("capability_compact", 3, "A writer without the capability to remove segments: the heads do not count.", [{0: REMOVED, 1: 1, 2: 1}]),
                                      ("capability_derived", 7, "A writer without the capability for derived files: the heads do not count.", "derived")):
        if name == "capability_append":
            a = new(name)
            w = Writer(a, a.rand(32), caps)
            s = a.session()
            add_mail(a, s, (1,))
            done(a, s, certificates=[w.cert])
        else:
            a, w = new_writer(name, capabilities=caps)
        good, head = a.generation, a.head_hash
        s = a.session(w)
        add_mail(a, s, (3,), expected=False)
        if others == "derived":
            others = [a.add_file(3, 1, b"derived")]
        s.footer()
        a.commit(s, SEALED, others=others or ())
        a.write_heads()
        say(a, name, about, "format.md 7.2", ["E403", "E407", "W703", "W707", "W708"], generation=good, head=head)
    a, _ = one("small order")
    point = (1).to_bytes(32, "little")

    class Weak:
        public, cert, capabilities = point, k.certificate(a.keys, point), 15

        class signer:
            @staticmethod
            def sign(message):
                return point + bytes(32)         # R = identity, S = 0: good for every message where small orders are let through
    head = a.head_hash
    s = a.session(Weak)
    add_mail(a, s, (3,), expected=False)
    s.footer()
    a.commit(s, SEALED, writer=Weak, heads=None)
    a.write_head(HEADS[1])
    say(a, "writer_key_small_order", "A certified writer key of small order, under which any signature would do.", "cryptography.md 6",
        ["W704", "W707", "W708"], generation=1, head=head)


def planted(o):
    """A revoked writer puts commits of its own before good ones."""
    a, w = writer_revoked("planted before")
    path, before = journal_path(1), None
    s = a.session(w)
    kept = copy.deepcopy((a.live, a.writers, a.generation, a.head_hash, a.files, a.messages, a.time, a.index_all))
    add_mail(a, s, (4,), expected=False)
    s.footer()
    a.commit(s, SEALED, heads=None)
    false = a.files[path]
    a.live, a.writers, a.generation, a.head_hash, a.files, a.messages, a.time, a.index_all = kept
    a.files[path] = false
    t = a.session(number=5)
    add_mail(a, t, (5,))
    done(a, t)
    o.archive(a, "planted_before", "Generation 4 of a revoked writer stands in the journal before the good one, which is followed.", "format.md 7.3", ["W708"])
    # commits that were put back into the journal from a head
    a, s, t = two("put back newest")
    torn = a.files[JNL]
    a.files[JNL] = torn[:4096] + bytes(4096)
    a.files[journal_path(2)] = pad(a.records[2][0])
    a.journal = 2
    u = a.session()
    add_mail(a, u, (4,))
    done(a, u, debris=[[1, 4096, 4096, root(bytes(4096))]])
    o.archive(a, "put_back_newest", "J(2) was lost and put back in journal file 2; commit 3 lists the old place as debris.", "format.md 7.9")
    a, s, t = two("put back older")
    u = a.session()
    add_mail(a, u, (4,))
    done(a, u)
    a.files[JNL] = a.files[JNL][:4096] + bytes(4096) + a.files[JNL][8192:]
    a.files[journal_path(2)] = pad(a.records[2][0])
    a.journal = 2
    v = a.session()
    add_mail(a, v, (5,))
    done(a, v, debris=[[1, 4096, 4096, root(bytes(4096))]])
    o.archive(a, "put_back_older", "J(2) was lost and put back behind J(3), in journal file 2.", "format.md 7.9")
    a, s, t = two("put back twice")
    a.files[journal_path(2)] = pad(a.records[1][0])
    o.archive(a, "put_back_twice", "A copy of J(1) in a later journal file, though J(1) is where it belongs.", "format.md 7.3", ["W708"])
    a, s, t = two("lost commit")
    u = a.session()
    add_mail(a, u, (4,))
    done(a, u)
    a.files[JNL] = a.files[JNL][:4096] + bytes(4096) + a.files[JNL][8192:]
    a.files[SEG2] = a.files[SEG2][:-4096]
    o.archive(a, "lost_commit", "No copy of commit 2 is left: reading goes on with commit 3, and segment 2 is not known.", "format.md 7.7",
              ["E408", "W707"], messages=only(a, 1, 2, 4))
    a = with_checkpoint("lost before checkpoint")
    a.files[JNL] = bytes(4096) + a.files[JNL][4096:]
    a.files[SEG1] = a.files[SEG1][:-4096] + b"x" * 4096
    o.archive(a, "lost_before_checkpoint", "No copy of commit 1 is left: reading goes on at the checkpoint of generation 1.", "format.md 7.7",
              ["E408"], keyed_may=["W705"], may=["W705"])
    # a sealing commit that was cut off in barrier 2
    a, s, t = two("closed sealed")
    cut = a.files[SEG2][:-4096 + 512]
    a.files[SEG2] = cut
    u = a.session()
    add_mail(a, u, (4,))
    done(a, u, others=[close(2, cut[-512:])])
    o.archive(a, "closed_sealed", "Copy S of the commit that sealed segment 2 is torn; the next commit closed the segment.", "format.md 7.9")
    # names
    a, _ = one("names")
    a.files["parity/00000/00000001.par"] = b"a sidecar"
    o.archive(a, "sidecar", "A sidecar, which version 1.0 does not open.", "format.md 1")
    a, _ = one("names wrong")
    a.files["parity/00001/00000001.par"] = b"misplaced"
    a.files["journal/00000/+0000009.jnl"] = b"no number"
    a.files["other/07/readme"] = b"?"
    o.archive(a, "names_unknown", "A sidecar in the wrong directory, a journal file whose number has a sign, a name that is none.", "format.md 1", ["W710"])
    a = carried()
    a.files[path_of(42, 1002)] = b"not named"
    o.archive(a, "kinds_unnamed", "A file of an unknown kind that no commit names.", "format.md 7.8", ["W707"])


def revoke_nobody():
    a, _ = one("revoke nobody")
    s = a.session()
    add_mail(a, s, (3,), SENT)
    s.footer()
    a.commit(s, SEALED, revocations=[k.revocation(a.keys, Signer(a.rand(32)).public)])
    a.write_heads()
    return a


def records(o):
    say, spec = o.archive, "format.md 5.2"
    wrong = lambda **more: lambda s: k.envelope(s.archive.keys, s.archive.rand, s.number, s.writer.public, s.key, **more)
    a, s = second("commitment", envelope=wrong(commit_to=bytes(32)))
    say(a, "commitment", "The commitment in the envelope is to another key.", "cryptography.md 5", [], ["E506"], messages=only(a, 1, 2))
    a, s = second("envelope segment", envelope=wrong(bound_segment=1))
    say(a, "envelope_segment", "An envelope made for another segment.", "cryptography.md 5", [], ["E506"], messages=only(a, 1, 2))
    a, s = second("pointers", commit={"pointers": [[3, 4194303, 500], [9, 1, 1]]})
    say(a, "pointers", "The pointer blob points at what is not there.", "format.md 7.5", [], ["E507"], messages=only(a, 1, 2), keyed_may=["E306", "E312"])

    def extra(*arguments, **options):
        return {"before": lambda s: s.add(*arguments, **options)}
    group = objects_group([(3, b"a blob")])
    cases = [
        ("record_moved", "A record whose header names another offset.", "E305", (OBJECTS, group), dict(at=8192)),
        ("record_other_segment", "A record whose header names another segment.", "E305", None, "segment"),
        ("record_key", "A record sealed with another key.", "E307", (OBJECTS, group), dict(key=bytes(32))),
        ("record_inner", "An inner header with a byte that should be zero.", "E308", (OBJECTS, group),
         dict(plain=inner(OBJECTS, group, len(group), zero12=1))),
        ("record_padme", "A plaintext that is not padded as it should be.", "E308", (OBJECTS, group), dict(plain=inner(OBJECTS, group, len(group), length=64 + len(group)))),
        ("record_fill", "Padding inside a record that is not zero.", "E309", (OBJECTS, bytes(100)), "fill"),
        ("zlib_bad", "A zlib stream with a wrong checksum.", "E310", (OBJECTS, group, 1, stored_zlib(group)[:-1] + b"\0"), {}),
        ("zlib_bomb", "A zlib stream that gives more bytes than stated.", "E311", (OBJECTS, group, 1, ZLIB_BOMB), {}),
        ("zstd_bad", "A zstd frame with a reserved block type.", "E310", (OBJECTS, group, 2, raw_zstd(group, blocks=[(3, 5, b"xxxxx")])), {}),
        ("zstd_bomb", "A zstd frame of repeated bytes that states 1 GiB.", "E311", (OBJECTS, group, 2, raw_zstd(b"", size=1 << 30, single=False, window=0x38, blocks=[(1, 131072, b"B")] * 8)), {}),
        ("objects_layout", "A group whose count is over its bytes.", "E607", (OBJECTS, objects_group([(3, b"a blob")], count=1000)), {}),
        ("type_unknown", "A record of the unknown type 20.", "E312", (20, b"later"), {}),
        ("type_reserved", "A tombstone, which this version does not know.", "E312", (5, b"\xa0"), {}),
        ("manifest_not_canonical", "A manifest whose first key is encoded in two bytes.", "E201", (MANIFEST, b"\xa5\x18\x00\x80" + b"\x01\x80\x02\x80\x03\x80\x04\x80"), {}),
        ("manifest_absurd", "A manifest that states 2^32 runs.", "E205", (MANIFEST, b"\xa5\x00\x9b\0\0\0\1\0\0\0\0"), {}),
        ("manifest_key", "A manifest with an unknown mandatory key.", "E207", (MANIFEST, encode({0: [], 1: [], 2: [], 3: [], 4: [], 5: 0})), {}),
        ("run_text", "A run whose program is not UTF-8.", "E208", (RUN, run_with(Raw(b"\x62\xff\xfe"))), {}),
        ("index_order", "An index that is not ascending.", "E607", (INDEX, index_record([(b"\2" * 32, 3, 2, 320, 0, 1), (b"\1" * 32, 3, 2, 320, 0, 1)], ordered=False)), {}),
        ("index_absurd", "An index that states 2^32 - 1 entries.", "E607", (INDEX, b"\xff\xff\xff\xff" + bytes(77)), {}),
    ]
    more = {"record_moved": ["E508"], "record_other_segment": ["E508"], "index_order": ["E601", "E602"]}
    for name, about, code, arguments, options in cases:
        if options == "segment":
            def before(s):
                at = s.add(OBJECTS, group)
                s.data[at:] = data_record(s.archive.keys.archive_id, 7, at, s.key, s.archive.rand(24), inner(OBJECTS, group, len(group)))
            a, s = second(name, before=before)
        else:
            if options == "fill":
                options = dict(plain=inner(OBJECTS, bytes(100), 100, fill=b"\1"))
            a, s = second(name, before=lambda s: s.add(*arguments, **options))
        say(a, name, about, spec if code < "E6" else "format.md 8", [], [code], keyed_may=more.get(name, ()))
    a, s = second("gap", before=lambda s: s.data.extend(bytes(40) + b"\1"))
    say(a, "gap_not_zero", "A non-zero byte between two records.", "format.md 5", [], ["E309"], keyed_may=["E301"])
    a, s = one("footer", (1,))
    t = a.session()
    add_mail(a, t, (3,))
    t.footer(marks=t.marks[:-1])
    a.commit(t, SEALED)
    a.write_heads()
    say(a, "footer", "A footer that leaves out a record.", "format.md 5.3", [], ["E508"])
    a, s = second("table", before=lambda s: s.append(TABLE, table_body(1, 3, 2, b"x")))
    say(a, "table", "A table record: piece 3 of 2.", "format.md 5.4", [], ["E509"])


def run_with(program):
    item = run_map(b"R" * 16)
    item[-1] = program
    return encode(item)


def messages(o):
    say, spec = o.archive, "format.md 8"
    target = mail.plain(9)

    def poison(name, good):
        a, _ = one(name, (1, 9) if good else (1,))
        s = a.session()
        id = a.keys.object_id(target.raw)
        s.objects([(1, content_object(target.raw.replace(b"ready", b"forge")), id)])
        import_mail(a, s, run_id(a), [(target, [(SENT, {})])], skip=[target])
        done(a, s)
        return a, id
    a, id = poison("poison good", True)
    say(a, "poisoned_one_good", "A later copy of a content under its id has other bytes: the good copy serves.", "format.md 8.3", [], keyed_may=["E602"])
    a, id = poison("poison none", False)
    say(a, "poisoned_none_good", "The only copy of a content has other bytes than its id.", "format.md 8.3", [], ["E601", "E602"], lost=[id])

    def size(change):
        def alter(item):
            item[3][0][1] += change
        return alter
    for name, about, code, change in (("oversize", "The manifest states a byte less than the content gives.", "E606", -1),
                                      ("undersize", "The manifest states a byte more than the content gives.", "E603", 1)):
        a, s = second(name, mail_options={"manifest": size(change)})
        say(a, name, about, "format.md 8.2", [], [code], lost=ids(a, 3), keyed_may=["E601"])
    def outside(item):
        item[3][0][2][0][1] = 5
    a, s = second("position", mail_options={"manifest": outside, "expected": False})
    a.messages[a.keys.object_id(mail.plain(3).raw)] = {"raw": mail.plain(3).raw, "folders": []}
    say(a, "manifest_position", "A placement names a folder outside the table.", "format.md 8.4", [], ["E607"], keyed_may=["E608"])
    for name, about, code, make in recipes():
        a, _ = one(name)
        s = a.session()
        m = make(a)
        import_mail(a, s, run_id(a), [(m, [(SENT, {})])])
        done(a, s)
        say(a, name, about, "format.md 8.2", [], [code], lost=[a.keys.object_id(m.raw)], keyed_may=["E601"])
    a, _ = one("missing")
    s = a.session()
    import_mail(a, s, run_id(a), [(target, [(SENT, {})])], skip=[target])
    done(a, s)
    say(a, "object_missing", "A manifest names a content that is stored nowhere.", "format.md 8.3", [], ["E601"], lost=[a.keys.object_id(target.raw)])
    say(stores("record missing", RECORD[:1]), "record_missing", "A blob of an item's record is stored nowhere; the message is good.", "format.md 8.4", [], ["E601"])
    b = mbox_origin("original hash", [(mail.plain(1).raw, mail.SEPARATOR + b"\n", b"\n", 0, (), b"\n")], 2,
                    manifest=lambda item: item[2][0].__setitem__(4, bytes(32)))
    say(b, "original_hash", "An imported file cannot be made again with its hash; the message is good.", "format.md 8.4", [], [], keyed_may=["E608"], originals=False)


def recipes():
    raw = mail.plain(5).raw
    big = mail.picture(300)
    yield "recipe_literal", "A recipe that leaves literal bytes over.", "E603", lambda a: Message(raw, raw + b"more", [len(raw)])
    yield "recipe_code", "A recipe with an unknown step.", "E604", lambda a: Message(raw, raw, [len(raw), [3, []]])
    yield "recipe_cbor", "A recipe that is not deterministic.", "E201", lambda a: Message(raw, raw, Raw(b"\x81\x19\x00\x05"))
    yield "part_missing", "A recipe that names a part stored nowhere.", "E601", \
        lambda a: Message(raw + big, raw, [len(raw), [2, [[a.keys.object_id(big), len(big)]]]])
    yield "recipe_bomb", "A recipe that uses one part fifty times, far beyond the stated size.", "E606", \
        lambda a: Message(raw, b"", [[2, [[a.keys.object_id(big), 300]] * 50]], [big])


ZLIB_BOMB = bytes.fromhex("78daedc13101000000c2a06eeb1fca0cfe4001") + bytes(193) + bytes.fromhex("af0172b47648")   # 200,000 times B


def make(o):
    commits(o)
    records(o)
    messages(o)
