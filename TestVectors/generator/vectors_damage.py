"""Whole archives that were damaged without any key: by a crash, by rot, by a thief."""
import copy

from vectors_archive import *


def flip(a, path, offset, mask=1):
    data = bytearray(a.files[path])
    data[offset] ^= mask
    a.files[path] = bytes(data)


def only(a, *numbers):
    """The messages that must still come out: those of mail.plain with these numbers."""
    wanted = {a.keys.object_id(mail.plain(n).raw) for n in numbers}
    return {id: m for id, m in a.messages.items() if id in wanted}


def ids(a, *numbers):
    return sorted(only(a, *numbers))


def mark(s, cls, n=0):
    """Offset of the n-th record of a class in a session's segment."""
    return [m for m in s.marks if m[0] == cls][n][1]


SEG1, SEG2, SEG3, JNL = path_of(1, 1), path_of(1, 2), path_of(1, 3), journal_path(1)


def heads(o):
    say, spec = o.archive, "format.md 7.8"
    a, _ = one("heads torn")
    flip(a, HEADS[0], 1000), flip(a, HEADS[1], 1000)
    say(a, "heads_torn", "Both heads have a flipped bit: N from the journal.", spec, ["E407", "W703"])
    a, _ = one("heads missing")
    del a.files[HEADS[0]], a.files[HEADS[1]]
    say(a, "heads_missing", "Both heads are gone.", spec, ["E407", "W703"])
    a, _ = one("head torn")
    flip(a, HEADS[0], 65535)
    say(a, "head_torn", "The last byte of a head is not zero: it is torn.", spec, ["W704"])
    a, _ = one("head short")
    a.files[HEADS[1]] = a.files[HEADS[1]][:-1]
    say(a, "head_short", "A head of 65,535 bytes.", spec, ["W704"])
    a, _ = one("head missing")
    del a.files[HEADS[1]]
    say(a, "head_missing", "A head is gone.", spec, ["W704"])
    a, *_ = two("head older")
    a.write_head(HEADS[1], a.records[1][0])
    say(a, "head_older", "The other head holds the generation before.", spec, ["W704"])
    a, *_ = two("heads behind")
    for path in HEADS:
        a.write_head(path, a.records[1][0])
    say(a, "heads_behind", "A crash before barrier 3: the journal goes on beyond both heads.", spec, ["W703"])
    a, *_ = two("heads behind data lost")
    for path in HEADS:
        a.write_head(path, a.records[1][0])
    del a.files[SEG2]
    say(a, "heads_behind_file_missing", "The journal goes on beyond the heads, but the file that it names is gone.", spec, ["E501", "W703"],
        messages=only(a, 1, 2))


def segments(o):
    say, spec = o.archive, "format.md 6"
    a, *_ = two("segment missing")
    del a.files[SEG1]
    say(a, "segment_missing", "A live segment is gone; the other is read.", spec, ["E501"], messages=only(a, 3))
    a, s = one("segment short")
    a.files[SEG1] = a.files[SEG1][:mark(s, FOOTER) + 200]
    say(a, "segment_short", "A segment is cut in its footer: all mail is still there.", spec, ["E502"], ["E306"], keyed_may=["E508"])
    a, s = one("data flip")
    flip(a, SEG1, mark(s, DATA) + 200)
    say(a, "segment_flip_data", "A flipped bit in an objects record.", spec, ["E503"], ["E307", "E601"], lost=ids(a, 1, 2))
    a, s = one("manifest flip")
    flip(a, SEG1, mark(s, DATA, 1) + 200)
    say(a, "segment_flip_manifest", "A flipped bit in a manifest: nothing of it can be listed.", spec, ["E503"], ["E307"], messages={})
    a, s = one("header flip")
    flip(a, SEG1, mark(s, DATA, 2) + 100)
    say(a, "segment_flip_record_header", "A flipped bit in a record's header (the run's).", spec, ["E503"], ["E302"], keyed_may=["E508"])
    a, s = one("padding flip")
    flip(a, SEG1, mark(s, COMMIT) - 1)
    say(a, "segment_flip_padding", "The last byte before the committed length is not zero.", spec, ["E503"], ["E309"])
    a, s = one("opening flip")
    flip(a, SEG1, 128 + 100)
    say(a, "segment_flip_opening", "A flipped bit in the opening's envelope; what the commit says counts.", "format.md 5.1", ["E503"], ["E505"])
    a, s = one("footer flip")
    flip(a, SEG1, mark(s, FOOTER) + 128 + 184)
    say(a, "segment_flip_footer", "A flipped bit in the footer's list.", "format.md 5.3", ["E503"], ["E508"])
    a, *_ = two("segments swapped")
    a.files[SEG1], a.files[SEG2] = a.files[SEG2], a.files[SEG1]
    say(a, "segments_swapped", "Two segments of one length have changed places.", spec, ["E503", "W705"], ["E305"], messages={},
        keyed_may=["E301", "E505", "E507", "E508", "E601"])
    a = new("records swapped")
    s = a.session()
    import_mail(a, s, run_id(a), [(mail.plain(n), [(INBOX, {})]) for n in (1, 2)],
                objects=lambda s, items: [s.objects([i]) for i in items])
    done(a, s)
    x, y, size = mark(s, DATA, 0), mark(s, DATA, 1), mark(s, DATA, 1) - mark(s, DATA, 0)
    d = a.files[SEG1]
    a.files[SEG1] = d[:x] + d[y:y + size] + d[x:x + size] + d[y + size:]
    say(a, "records_swapped", "Two records of one length have changed places in their segment.", spec, ["E503"], ["E305", "E601"], lost=ids(a, 1, 2),
        keyed_may=["E508"])
    a = several_commits()
    a.files[SEG1] = a.files[SEG1][:8192]
    say(a, "segment_older", "An older copy of one segment (as of generation 1).", spec, ["E502"], ["E306"], messages=only(a, 1), keyed_may=["E507", "E508"])
    a, *_ = two("spare flip")
    flip(a, SEG1, len(a.files[SEG1]) - 4096 + 300)
    say(a, "spare_flip", "Copy S of generation 1 has a flipped bit.", spec, ["W705"])
    a, *_ = two("spare padding")
    flip(a, SEG2, len(a.files[SEG2]) - 1)
    say(a, "spare_padding", "The padding of copy S is not zero.", spec, ["W705"])
    a, *_ = two("spare cut")
    a.files[SEG2] = a.files[SEG2][:-4096]
    say(a, "spare_missing", "Copy S is cut off: nothing committed is lost.", spec, ["W705"])
    a, *_ = two("behind sealed")
    a.files[SEG1] += b"x"
    say(a, "debris_behind_sealed", "A byte behind a sealed segment.", spec, ["W706"])
    a, s = broken_session("behind open")
    a.files[SEG2] += bytes(100) + b"torn"
    say(a, "debris_behind_open", "Bytes behind copy S of an open segment, as a crash leaves them.", spec, ["W706"])
    a = closed_debris("closed debris changed")
    flip(a, SEG2, len(a.files[SEG2]) - 1)
    say(a, "closed_debris_changed", "The known debris of a closed segment has changed.", spec, ["W706"])
    a = closed_debris("closed debris longer")
    a.files[SEG2] += b"\0"
    say(a, "closed_debris_longer", "The known debris of a closed segment has grown.", spec, ["W706"])
    a = closed_debris("closed debris gone")
    a.files[SEG2] = a.files[SEG2][:a.live[1, 2][2]]
    say(a, "closed_debris_gone", "The known debris of a closed segment is gone; the committed bytes are there.", spec, ["W706"])
    a = closed_debris("closed short")
    a.files[SEG2] = a.files[SEG2][:300]
    say(a, "closed_short", "A closed segment is shorter than its committed length.", spec, ["E502"], ["E306"], messages=only(a, 1, 2, 4), keyed_may=["E507"])
    a = closed_empty("closed empty gone")
    del a.files[SEG2]
    say(a, "closed_empty_missing", "A segment closed at length 0 is gone.", spec, ["E501"])
    a, _ = one("unnamed")
    a.files[SEG2] = b"never committed"
    say(a, "segment_unnamed", "A segment file that no commit names.", "format.md 7.8", ["W707"])
    a, _ = one("unnamed tab")
    a.files[path_of(2, 1)] = b"PARCHTAB"
    say(a, "checkpoint_unnamed", "A checkpoint file that no commit names.", "format.md 7.8", ["W707"])
    a = removed()
    a.files[path_of(3, 1)] = b"derived " * 100
    say(a, "removed_still_there", "A file that a commit removed is still there.", "format.md 7.8", ["W707"])
    a = with_checkpoint("checkpoint missing")
    del a.files[path_of(2, 1)]
    say(a, "checkpoint_missing", "The newest checkpoint is gone; the state comes from its spare or the journal.", "format.md 7.6", ["E411", "E501"])
    a = with_checkpoint("checkpoint flip")
    flip(a, path_of(2, 1), 100)
    say(a, "checkpoint_flip", "A flipped bit in the newest checkpoint.", "format.md 7.6", ["E411", "E503"])
    a = carried()
    del a.files[path_of(3, 1)]
    flip(a, path_of(42, 1001), 3)
    say(a, "kinds_damaged", "A live derived file is gone, one of an unknown kind has a flipped bit.", "format.md 7.2", ["E501", "E503"])


def journal(o):
    say, spec = o.archive, "format.md 7.3"
    a, _ = one("journal missing")
    del a.files[JNL]
    say(a, "journal_missing", "The journal is gone; the commit is in the heads.", spec, ["E408"])
    a, *_ = two("journal first")
    flip(a, JNL, 300)
    say(a, "journal_flip_first", "J(1) has a flipped bit; copy S serves.", spec, ["E408"])
    a, *_ = two("journal last")
    flip(a, JNL, 4096 + 300)
    say(a, "journal_flip_last", "J(2), the newest, has a flipped bit; the heads serve.", spec, ["E408", "W708"])
    a, *_ = two("journal older")
    a.files[JNL] = a.files[JNL][:4096]
    say(a, "journal_older", "An older copy of the journal file.", spec, ["E408"])
    a, *_ = two("journal gap")
    t = a.session()
    add_mail(a, t, (4,))
    done(a, t)
    a.files[JNL] = a.files[JNL][:4096] + bytes(4096) + a.files[JNL][8192:]
    say(a, "journal_gap", "J(2) of three is zeroed.", spec, ["E408"])
    a = journal_debris("journal debris unknown", known=False)
    say(a, "journal_debris_unknown", "A torn commit between generations 1 and 2 that no commit lists.", spec, ["W708"])
    a = journal_debris("journal debris changed")
    flip(a, JNL, 4096 + 10)
    say(a, "journal_debris_changed", "Known debris of the journal has changed.", spec, ["W708"])
    a, _ = one("journal tail")
    a.files[JNL] += a.last[:1000]
    say(a, "journal_torn_tail", "A torn commit at the end of the journal.", spec, ["W708"])
    # a crash in barrier 2: data written, both copies of the commit torn
    a, s = broken_session("torn tail")
    heads_before = a.head_hash
    kept = dict(a.messages)
    add_mail(a, s, (4,), expected=False)
    a.commit(s, EXTENDED, heads=None)
    a.files[SEG2] = a.files[SEG2][:-4096 + 600]
    a.files[JNL] = a.files[JNL][:-4096 + 600]
    say(a, "torn_tail", "A crash in barrier 2: data written, both copies of commit 3 torn.", "format.md 7.8", ["W706", "W708"],
        generation=2, head=heads_before, messages=kept)
    a, *_ = two("gap beyond")
    t = a.session()
    add_mail(a, t, (4,))
    done(a, t)
    flip(a, JNL, 4096 + 300)
    for path in HEADS:
        a.write_head(path, a.records[1][0])
    say(a, "gap_beyond_heads", "J(2) is torn, J(3) is good, the heads hold 1: what stands behind the gap does not count.", "format.md 7.7",
        ["W707", "W708"], generation=1, head=commit_hash(a.records[1][0]), messages=only(a, 1, 2))
    a, _ = one("fork")
    b = copy.deepcopy(a)
    for x, n in ((a, 3), (b, 4)):
        s = x.session()
        add_mail(x, s, (n,))
        done(x, s)
    a.files[HEADS[1]] = b.files[HEADS[1]]
    say(a, "fork", "Journal and one head hold different valid commits of generation 2: follow the journal.", "format.md 7.7", ["E406"], may=["W704"])
    a, _ = one("forged")
    t = a.session()
    forger = Signer(a.rand(32))
    fake = Writer(a, forger.seed, cert=k.certificate(a.keys, forger.public, signer=forger))
    add_mail(a, t, (3,), expected=False)
    t.footer()
    head_before = a.head_hash
    a.commit(t, SEALED, writer=fake, heads=None)
    a.write_head(HEADS[1])
    say(a, "forged_commit", "A commit of generation 2 by a writer whose certificate the root key did not sign.", "format.md 7.1",
        ["W704", "W707", "W708"], generation=1, head=head_before)


def header_files(o):
    say, spec = o.archive, "format.md 4"
    a, _ = one("header absent")
    del a.files[HEADERS[0]]
    say(a, "header_a_absent", "header.a is gone.", spec, ["W701"])
    a, _ = one("header damaged")
    flip(a, HEADERS[1], 200)
    say(a, "header_b_damaged", "header.b has a flipped bit.", spec, ["W701"])
    a = header_changed("header c older")
    a.files[HEADERS[2]] = a.old_header
    say(a, "header_c_older", "header.c is of a lower sequence.", spec, ["W701"])
    a, _ = one("headers damaged")
    for path in HEADERS:
        flip(a, path, 200)
    del a.secrets["passphrase"]
    say(a, "headers_damaged", "No replica of the header is valid: the recovery code opens it still.", spec, ["E101"], may=["W701", "W709"])
    a, _ = one("headers absent")
    for path in HEADERS:
        del a.files[path]
    del a.secrets["passphrase"]
    say(a, "headers_absent", "No replica of the header is there.", spec, ["E101"], may=["W701", "W709"])
    a = header_changed("header replayed")
    for path in HEADERS:
        a.files[path] = a.old_header
    del a.secrets["read_only_passphrase"]
    say(a, "header_replayed", "All replicas are older than the newest commit names.", "format.md 7.7", ["E102"])
    a, _ = one("header newer")
    a.slots = a.slots + [a.slot(2, key_file=a.rand(32), slot_id=2)]
    a.new_header()
    say(a, "header_newer", "The header is of a higher sequence than the newest commit names.", "format.md 7.7", ["W702"])
    a, _ = one("header other")
    a.sequence, a.slots = 0, a.slots + [a.slot(2, key_file=a.rand(32), slot_id=2)]
    a.new_header()
    say(a, "header_hash", "All replicas have the sequence that the commit names, but another hash.", "format.md 7.7", ["E103"])
    b, _ = one("header two")
    good = b.header
    b.sequence, b.slots = 0, b.slots + [b.slot(2, key_file=b.rand(32), slot_id=2)]
    b.new_header()
    b.files[HEADERS[0]] = good
    b.files[HEADERS[2]] = good
    say(b, "header_two", "header.b has the same sequence, a good signature and other bytes.", spec, ["E103"])
    a, _ = one("header new")
    a.files[HEADERS[0] + ".new"] = a.files.pop(HEADERS[0])
    say(a, "header_new_only", "header.a is missing, a complete header.a.new is there: it is read.", "format.md 1", ["W711"])
    a, _ = one("header bad")
    a.files[HEADERS[1] + ".bad"] = a.header
    say(a, "header_bad_left", "A header.b.bad was left.", "format.md 1", ["W711"])
    a, _ = one("segment new")
    a.files[SEG1 + ".new"] = a.files.pop(SEG1)
    say(a, "segment_new_only", "A segment is missing, its complete .new is there: it is read.", "format.md 1", ["W711"])
    a, _ = one("readme")
    a.files["README.TXT"] = b"Send money to get your mail back.\n"
    say(a, "readme_changed", "README.TXT is not what the header names.", spec, ["W709"])
    a, _ = one("spec absent")
    del a.files["SPEC.md"]
    say(a, "spec_absent", "SPEC.md is gone.", spec, ["W709"])
    a, _ = one("unknown file")
    a.files["journal/notes.txt"] = b"?"
    say(a, "unknown_file", "A file that is not part of the format.", "format.md 1", ["W710"])
    a, _ = one("upper case")
    names = {"head.a": "HEAD.A", "header.a": "HEADER.A", "README.TXT": "readme.txt", JNL: JNL.replace(".jnl", ".JNL"), SEG1: SEG1.replace(".seg", ".SEG")}
    a.files = {names.get(path, path): data for path, data in a.files.items()}
    say(a, "names_upper_case", "Names compare without case.", "format.md 1")
    a, _ = one("no archive")
    a.files = {"letters.txt": b"Not an archive.\n"}
    say(a, "not_an_archive", "No header, no head, no journal.", spec, ["E001"], may=["W710"], read=False)
    a = basic("newer")
    for path in HEADERS:
        a.files[path] = k.header_file(a.keys, k.header_map(a.keys, a.slots, root(README), root(SPEC)), major=2)
    say(a, "version_newer", "All replicas of the header are of major version 2.", spec, ["E002"], read=False, may=["W701"])
    say(basic("flag read", flags={0: ["later"]}), "flag_read", "An unknown mandatory flag for reading: keyless verification goes on.", spec, [], ["E003"], read=False)
    say(basic("flag verify", flags={1: ["later"]}), "flag_verify", "An unknown mandatory flag for verification: list and export go on.", spec, ["E003"])
    say(basic("flag append", flags={2: ["later"], 3: ["later"], 4: ["later"]}), "flag_append", "Unknown mandatory flags for writing: reading goes on.", spec)


def make(o):
    heads(o)
    segments(o)
    journal(o)
    header_files(o)
