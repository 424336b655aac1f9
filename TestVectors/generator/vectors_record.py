"""Records, pointer blobs, footers, segments; objects, indexes, contents, manifests, runs, imported files."""
from vectors_deceit import *
from vectors_base import public
from cbor import Raw

# What real compressors made of TWELVE_LINES (zlib level 9, zstd level 3): kept as bytes, so that no compressor is needed.
TWELVE_LINES = b"".join(b"Line %d of a text that repeats itself, as mail does: the garden, the shed, the gate.\n" % i for i in range(12))
ZLIB_TEXT = bytes.fromhex(
    "78dab5d3cd0d82501004e0bb554c012f0415f0a7069ad8e40df21204c3eec1f2416309ce6db2997ca79dbecc448d658021f80ec46881952f5a384a38"
    "a721c11c4f2b13f242bfef15e2616be69cbed947e6f4bb06ab43ff318f02f32430cf02b31198adc0ec04e645605e05e64df1f39221fd79491b1eb755"
    "e0")
ZSTD_TEXT = bytes.fromhex(
    "28b52ffd60f2029d03003245121980a93a80c50add9b25e96cb211a178e01fc1b6b698930e7a08c650200c040140628cc3c774acb2349f87a956ef21"
    "ed4ed9c244135b10737e358f56f8f5a8de2ffc62912b52b785080e00dc54a0204cc574002606601200d30198188049004c076062002601987b85565a"
    "90fcdb0205")


def records(o):
    rand = k.Stream("records")
    x = Keys(rand(32))
    key = rand(32)
    text = objects_group([(3, b"A blob of a few words.")])

    def say(name, about, data, expect, released=None, cls=DATA, type=None, offset=320, part="record", **more):
        context = {"archive_id": x.archive_id, "segment": 5, "offset": offset, "segment_key": key if cls == DATA else None, "class": cls, "type": type}
        o.part(part, name, about, "format.md 5", data, expect, context, released if expect == "ok" else None, **more)

    def rec(plain=None, codec=0, encoded=None, type=OBJECTS, decoded=text, segment=5, offset=320, use=None, archive=None, **header):
        plain = inner(type, decoded if encoded is None else encoded, len(decoded)) if plain is None else plain
        return data_record(archive or x.archive_id, segment, offset, use or key, rand(24), plain, codec, **header)
    say("valid", "A data record, stored.", rec(), "ok", text)
    say("valid_zlib", "A data record, zlib.", rec(codec=1, encoded=stored_zlib(text)), "ok", text)
    say("valid_zstd", "A data record, zstd.", rec(codec=2, encoded=raw_zstd(text)), "ok", text)
    say("valid_zlib_text", "A text as zlib compressed it.", rec(codec=1, encoded=ZLIB_TEXT, decoded=TWELVE_LINES), "ok", TWELVE_LINES)
    say("valid_zstd_text", "A text as zstd compressed it.", rec(codec=2, encoded=ZSTD_TEXT, decoded=TWELVE_LINES), "ok", TWELVE_LINES)
    say("zstd_flip", "zstd: a block whose size is beyond the frame.", rec(codec=2, encoded=ZSTD_TEXT[:9] + b"\xff" + ZSTD_TEXT[10:], decoded=TWELVE_LINES), "E310", also=["E311"])
    say("magic", "Another magic.", rec(magic=b"PARCHREX"), "E301")
    say("crc", "The CRC of the header does not fit.", rec(crc=1), "E302")
    say("version", "Major version 2.", rec(major=2), "E002")
    say("version_zero", "Major version 0.", rec(major=0), "E303")
    say("minor", "A greater minor version.", rec(minor=3), "ok", text)
    head = lambda cls=DATA, segment=5, offset=320, stored=200, codec=0, **m: record_header(x.archive_id, cls, segment, offset, stored, codec, **m) + bytes(200)
    say("class", "Class 6.", head(cls=6), "E303")
    say("class_zero", "Class 0.", head(cls=0), "E303")
    say("codec", "Codec 3.", rec(codec=3), "E303")
    say("codec_footer", "A footer with a codec.", head(cls=FOOTER, codec=1), "E303", cls=FOOTER)
    say("segment_zero", "Segment 0.", head(segment=0), "E303")
    say("segment_large", "Segment 100,000,000.", head(segment=100_000_000), "E303")
    say("offset_uneven", "An offset that is no multiple of 64.", head(offset=321), "E303")
    say("offset_absurd", "Offset 2^63.", head(offset=1 << 63), "E303")
    say("length_zero", "Stored length 0.", head(stored=0), "E304")
    say("length_large", "Stored length 18,874,369.", head(stored=18874369), "E304")
    say("length_absurd", "Stored length 2^32 - 1.", head(stored=0xFFFFFFFF), "E304")
    say("reserved_60", "The field at 60 is not zero.", rec(zero60=1), "E303")
    say("reserved_88", "The bytes from 88 are not zero.", rec(zero88=b"\1" + bytes(35)), "E303")
    say("nonce_footer", "A footer with a nonce.", head(cls=FOOTER, nonce=b"\1" * 24), "E303", cls=FOOTER)
    say("place_offset", "The record of another offset.", rec(offset=384), "E305")
    say("place_segment", "The record of another segment.", rec(segment=6), "E305")
    say("place_archive", "The record of another archive.", rec(archive=bytes(32)), "E305")
    say("truncated_header", "Cut in the header.", rec()[:127], "E306")
    say("truncated_body", "Cut in the body.", rec()[:-1], "E306")
    d = bytearray(rec())
    d[140] ^= 1
    say("seal", "A flipped bit in the ciphertext.", d, "E307")
    d = bytearray(rec())
    d[64] ^= 1
    d[124:128] = struct.pack("<I", zlib.crc32(bytes(d[:124])))
    say("seal_header", "Another nonce with a right CRC: the seal is bound to the header.", d, "E307")
    say("key", "Sealed with another key.", rec(use=bytes(32)), "E307")
    good = len(text)
    say("inner_reserved", "Bytes 1 to 3 of the inner header are not zero.", rec(inner(1, text, good, zero1=b"\0\0\1")), "E308")
    say("inner_reserved_12", "Bytes 12 to 15 of the inner header are not zero.", rec(inner(1, text, good, zero12=1)), "E308")
    say("inner_encoded_absurd", "An encoded length of 2^32 - 1.", rec(inner(1, text, good, e=0xFFFFFFFF)), "E308")
    say("inner_encoded_beyond", "An encoded length beyond the plaintext.", rec(inner(1, text, good, e=good + 100)), "E308")
    say("inner_decoded_zero", "A decoded length of 0.", rec(inner(1, text, 0)), "E308")
    say("inner_decoded_absurd", "A decoded length of 16 MiB + 1.", rec(inner(1, text, (1 << 24) + 1)), "E308", also=["E311"])
    say("inner_stored_lengths", "Codec 0 with e other than d.", rec(inner(1, text, good - 1)), "E311", also=["E308"])
    say("padme", "A plaintext longer than it should be padded to.", rec(inner(1, text, good, length=128)), "E308")
    say("short_plain", "A plaintext of 10 bytes.", rec(bytes(10)), "E308")
    odd = bytes(100)
    say("fill", "Padding that is not zero.", rec(inner(1, odd, 100, fill=b"\1")), "E309")
    say("zlib_checksum", "zlib: a wrong checksum.", rec(codec=1, encoded=stored_zlib(text)[:-1] + b"\0"), "E310")
    say("zlib_cut", "zlib: the stream is cut.", rec(codec=1, encoded=stored_zlib(text)[:-4]), "E310")
    say("zlib_trailing", "zlib: bytes behind the stream.", rec(codec=1, encoded=stored_zlib(text) + b"\0"), "E310")
    say("zlib_dictionary", "zlib: a preset dictionary.", rec(codec=1, encoded=b"\x78\x20\0\0\0\1" + stored_zlib(text)[2:]), "E310")
    say("zlib_bomb", "zlib: more bytes than stated.", rec(codec=1, encoded=ZLIB_BOMB), "E311")
    say("zlib_fewer", "zlib: fewer bytes than stated.", rec(codec=1, encoded=stored_zlib(text[:-1])), "E311")
    say("zstd_magic", "zstd: not a frame.", rec(codec=2, encoded=b"\0" + raw_zstd(text)[1:]), "E310")
    say("zstd_block", "zstd: a reserved block type.", rec(codec=2, encoded=raw_zstd(text, blocks=[(3, 5, b"xxxxx")])), "E310")
    say("zstd_no_size", "zstd: a frame without its content size.", rec(codec=2, encoded=b"\x28\xb5\x2f\xfd\x00\x58" + (good << 3 | 1).to_bytes(3, "little") + text), "E310")
    say("zstd_window", "zstd: a window of 16 MiB.", rec(codec=2, encoded=raw_zstd(text, single=False, window=0x70)), "E310")
    say("zstd_dictionary", "zstd: a dictionary is named.",
        rec(codec=2, encoded=b"\x28\xb5\x2f\xfd\xa1\x07" + raw_zstd(text)[5:]), "E310")
    say("zstd_trailing", "zstd: a second frame behind the first.", rec(codec=2, encoded=raw_zstd(text) * 2), "E310", also=["E311"])
    say("zstd_bomb", "zstd: 1 MiB of one byte in a few blocks, and so stated in the frame.",
        rec(codec=2, encoded=raw_zstd(b"", size=1 << 20, single=False, window=0x38, blocks=[(1, 131072, b"B")] * 8)), "E311")
    say("zstd_lies", "zstd: blocks that give more than the frame states.",
        rec(codec=2, encoded=raw_zstd(b"", size=good, single=False, window=0x38, blocks=[(1, 131072, b"B")] * 8)), "E310", also=["E311"])
    say("type_unknown", "Type 20.", rec(type=20), "E312")
    say("type_other", "An index where a manifest is looked for.", rec(type=INDEX, decoded=index_record([])), "E312", type=MANIFEST)
    say("type_reserved", "A hold, which version 1.0 does not know.", rec(type=6), "E312")
    opening = k.envelope(x, rand, 5, Signer(rand(32)).public, key)
    place = dict(cls=OPENING, offset=0)
    head = lambda cls, body, offset=0: record_header(x.archive_id, cls, 5, offset, len(body)) + body
    say("opening_valid", "An opening.", head(OPENING, opening), "ok", opening, **place)
    say("opening_length", "An opening of 175 bytes.", head(OPENING, opening[:-1]), "E505", **place)
    say("opening_class", "A footer in the place of the opening.", head(FOOTER, opening + bytes(8)), "E303", **place)
    for name, about, body, expect in (("valid", "Piece 0 of 2.", table_body(256, 0, 2, b"PARCHTAB"), "ok"), ("short", "15 bytes.", table_body(256, 0, 2, b"")[:15], "E509"),
                                      ("index", "Piece 2 of 2.", table_body(256, 2, 2, b"x"), "E509"), ("none", "Piece 0 of 0.", table_body(256, 0, 0, b"x"), "E509"),
                                      ("generation", "Generation 0.", table_body(0, 0, 1, b"x"), "E509"), ("empty", "No bytes of the checkpoint.", table_body(256, 0, 1, b""), "E509")):
        say(name, about, head(TABLE, body, 320), expect, body, cls=TABLE, part="table")


def pointers(o):
    rand = k.Stream("pointers")
    x = Keys(rand(32))
    key = rand(32)
    items = [[MANIFEST, 10, 500], [RUN, 20, 130], [INDEX, 30, 200]]

    def say(name, about, expect, segment=4, generation=9, items=items, body=None, use=key, cut=None):
        blob = pointer_blob(x, segment, generation, use, rand(24), items, body)[:cut]
        o.part("pointers", name, about, "format.md 7.5", blob, expect, {"archive_id": x.archive_id, "segment": 4, "generation": 9, "segment_key": key},
               encode(items) if expect == "ok" else None)
    text = encode(items)
    plain = pad(struct.pack("<I", len(text)) + text, 64)
    say("valid", "Three records.", "ok")
    say("valid_empty", "No record.", "ok", items=[])
    say("segment", "Sealed for another segment.", "E507", segment=5)
    say("generation", "Sealed for another generation.", "E507", generation=8)
    say("key", "Sealed with another key.", "E507", use=bytes(32))
    say("cut", "The tag is cut.", "E507", cut=-1)
    say("length", "A length beyond the plaintext.", "E507", body=struct.pack("<I", 1000) + plain[4:])
    say("length_absurd", "A length of 2^32 - 1.", "E507", body=struct.pack("<I", 0xFFFFFFFF) + plain[4:])
    say("padding", "Padding that is not zero.", "E507", body=plain[:-1] + b"\1")
    say("padding_pages", "64 zero bytes too many.", "E507", body=plain + bytes(64))
    say("not_padded", "A plaintext that is no multiple of 64.", "E507", body=plain[:-1])
    say("cbor", "Pointers that are not deterministic.", "E507", body=pad(b"\5\0\0\0\x81\x83\x03\x18\x01", 64))
    say("schema", "An offset out of its range.", "E507", items=[[MANIFEST, 4195328, 500]])


def objects(o):
    def say(part, name, about, data, expect, released=None, **more):
        o.part(part, name, about, "format.md 8.1" if part == "objects" else "format.md 8.3", data, expect, {}, released if expect == "ok" else None, **more)
    items = [(1, b"content"), (2, b"part"), (3, b"blob")]
    good = objects_group(items)
    say("objects", "valid", "A content, a part and a blob.", good, "ok", b"contentpartblob")
    say("objects", "valid_empty", "An object of no bytes.", objects_group([(3, b""), (3, b"x")]), "ok", b"x")
    say("objects", "count_zero", "No object.", objects_group([]), "E607")
    say("objects", "count_absurd", "2^32 - 1 objects.", b"\xff" * 4 + good[4:], "E607")
    say("objects", "short", "Three bytes.", b"\1\0\0", "E607")
    say("objects", "kind", "Kind 4.", objects_group([(4, b"x")]), "E607")
    say("objects", "size", "A size beyond the record.", good[:5] + struct.pack("<I", 100) + good[9:], "E607")
    say("objects", "size_absurd", "Sizes whose sum overflows 32 bits.", struct.pack("<IBIBI", 2, 1, 0xFFFFFFFF, 1, 2) + b"x", "E607")
    say("objects", "trailing", "A byte left over.", good + b"\0", "E607")
    e = [(H(bytes([i])), 1 + i % 3, 2, 320 + 64 * i, 9 + i, 100) for i in range(5)]
    good = index_record(e)
    say("index", "valid", "Five entries.", good, "ok", good)
    both = index_record([e[0], (e[0][0], 2, 2, 384, 9, 50)])
    say("index", "valid_kinds", "One id with two kinds.", both, "ok", both)
    say("index", "order", "Not ascending.", index_record(sorted(e)[::-1], ordered=False), "E607")
    say("index", "twice", "One entry twice.", index_record([e[0], e[0]]), "E607")
    say("index", "kind", "Kind 0.", index_record([(e[0][0], 0, 2, 320, 9, 1)]), "E607")
    say("index", "short", "The last byte is missing.", good[:-1], "E607")
    say("index", "trailing", "A byte left over.", good + b"\0", "E607")
    say("index", "count_absurd", "A count whose product overflows 32 bits.", struct.pack("<I", 0x80000001) + good[4:], "E607")


def contents(o):
    rand = k.Stream("contents")
    x = Keys(rand(32))
    big = mail.picture(1000)
    raw = mail.plain(1).raw

    def say(name, about, expect, message, parts=(), data=None, size=0, id=None, **more):
        data = content_object(message.literal, message.steps) if data is None else data
        context = {"content_id_key": x.content_id_key, "id": id or x.object_id(message.raw), "size": len(message.raw) + size,
                   "parts": {x.object_id(p): p for p in parts}}
        o.part("content", name, about, "format.md 8.2", data, expect, context, message.raw if expect == "ok" else None, **more)

    def steps(*s, literal=b"head\n", gives=b""):
        return Message(gives, literal, list(s))
    ref = lambda *ps: [[x.object_id(p), len(p)] for p in ps]
    say("valid", "A message that is all literal.", "ok", Message(raw))
    for name, width, end in (("lf", 76, b"\n"), ("crlf", 76, b"\r\n"), ("cr", 60, b"\r"), ("line", 0, b"\n"), ("width_4", 4, b"\n"), ("width_max", 1048576, b"\r\n")):
        say(f"base64_{name}", f"A base64 leaf, lines of {width}.", "ok", mail.attached(1, big, x.object_id, width, end), [big])
    for size in (1, 2, 3, 57, 58, 114):
        m = mail.attached(size, big[:size], x.object_id)
        say(f"base64_{size}", f"A base64 leaf of {size} bytes.", "ok", m, [big[:size]])
    cut = [big[:10], big[10:11], big[11:]]
    say("parts_joined", "One leaf of three parts.", "ok", mail.attached(1, big, x.object_id, pieces=cut), cut)
    say("parts_plain", "Joined parts without base64.", "ok", Message(b"head\n" + big, b"head\n", [5, [2, ref(*cut)]]), cut)
    say("id", "Other bytes than the id says.", "E602", Message(raw), id=bytes(32))
    say("size_more", "More bytes than the stated size.", "E606", Message(raw), size=-1, also=["E603"])
    say("size_fewer", "Fewer bytes than the stated size.", "E603", Message(raw), size=1)
    say("short", "Three bytes.", "E603", Message(raw), data=b"\0\0\0")
    say("recipe_beyond", "A recipe longer than the object.", "E603", Message(raw), data=b"\xff\0\0\0" + raw[:50])
    say("recipe_absurd", "A recipe of 2^32 - 1 bytes.", "E603", Message(raw), data=b"\xff" * 4 + raw[:50])
    say("literal_over", "Literal bytes that are not used.", "E603", steps(4, gives=b"head"))
    say("literal_under", "A step beyond the literal bytes.", "E603", steps(6, gives=b"head\n?"))
    say("literal_absurd", "A step of 2^62 literal bytes.", "E603", steps(1 << 62, gives=b"head\n"), also=["E606"])
    say("step_unknown", "Step 3.", "E604", steps(5, [3, []], gives=b"head\n"))
    say("width_uneven", "Lines of 5.", "E603", steps(5, [1, ref(big), 5, 0], gives=b"head\n" + base64_lines(big, 5, b"\n")), [big])
    say("width_large", "Lines of 1,048,577.", "E206", steps(5, [1, ref(big), 1048577, 0], gives=b"head\n" + base64_lines(big, 0, b"\n")), [big], also=["E205", "E603"])
    say("line_end", "Line end 3.", "E206", steps(5, [1, ref(big), 76, 3], gives=b"head\n" + base64_lines(big, 76, b"\n")), [big], also=["E205", "E603"])
    say("cbor", "A recipe that is not deterministic.", "E201", steps(gives=raw, literal=raw), data=b"\4\0\0\0\x81\x19\x00\x05" + raw)
    say("cbor_trailing", "A byte behind the recipe.", "E203", steps(gives=raw), data=b"\3\0\0\0\x81\x05\0" + b"head\n")
    say("recipe_empty", "A recipe without a step.", "E206", steps(gives=b""), data=b"\1\0\0\0\x80")
    say("part_missing", "A part that is not there.", "E601", steps(5, [2, ref(big)], gives=b"head\n" + big))
    say("part_size", "A part of another size than stated.", "E603", steps(5, [2, [[x.object_id(big), 999]]], gives=b"head\n" + big), [big], also=["E606"])
    say("bomb", "One part a thousand times.", "E606", steps(5, [2, ref(big) * 1000], gives=b"head\n" + big), [big])


def manifests(o):
    def say(part, name, about, item, expect, **more):
        data = item if isinstance(item, bytes) else encode(item)
        o.part(part, name, about, "format.md 8.4" if part == "manifest" else "format.md 8.5", data, expect, {}, data if expect == "ok" else None, **more)

    def item(**more):
        m = {0: [b"R" * 16], 1: [[b"me", [b"INBOX", b"\xff"], "INBOX/\ufffd"]],
             2: [{0: 0, 1: 0, 2: [b"a", b"b.mbox"], 3: 1000, 4: H(b"f"), 5: 2, 6: 2, 7: 2, 8: b"\n", 9: -1}],
             3: [{0: H(b"m"), 1: 900, 2: [{0: 0, 1: 0, 2: 63, 3: [b"label"], 4: -86400, 5: {0: 0, 1: 0, 2: b"From x\n", 3: b"\n", 4: 2, 5: [0, 3], 6: 1, 7: 9}}],
                  3: {0: 0, 1: b"a", 2: b"b", 3: b"c", 4: b"d", 5: b"<e>", 6: b"<f>", 7: 1}}],
             4: [{0: 0, 1: 0, 2: 1, 3: 900, 4: 10, 5: 2, 6: "not mail", 7: [[H(b"b"), 10]], 8: 0}]}
        m.update({int(key[1:]): v for key, v in more.items()})
        return m

    def deep(path, value):
        m = item()
        at = m
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return m
    say("manifest", "valid", "Every key that mail in files needs.", item(), "ok")
    say("manifest", "valid_empty", "No entry.", {0: [], 1: [], 2: [], 3: [], 4: []}, "ok")
    say("manifest", "cut", "Cut in a byte string.", encode(item())[:-20], "E205", also=["E202"])
    say("manifest", "trailing", "A byte left over.", encode(item()) + b"\0", "E203")
    say("manifest", "not_map", "An array.", [1], "E206")
    say("manifest", "unknown_key", "A placement with key 20.", deep([3, 0, 2, 0, 20], 0), "E207")
    say("manifest", "no_placement", "A message without a placement.", deep([3, 0, 2], []), "E206")
    say("manifest", "id_size", "A content id of 31 bytes.", deep([3, 0, 0], bytes(31)), "E206")
    say("manifest", "negative_size", "A negative size.", deep([3, 0, 1], -1), "E206")
    say("manifest", "quoting", "Quoting 3.", deep([3, 0, 2, 0, 5, 4], 3), "E206", also=["E205"])
    say("manifest", "path_long", "A folder path of 129 components.", deep([1, 0, 1], [b"x"] * 129), "E205")
    say("manifest", "labels_many", "1,025 labels.", deep([3, 0, 2, 0, 3], [b"x"] * 1025), "E205")
    say("manifest", "field_long", "A header field of 999 bytes.", deep([3, 0, 3, 4], bytes(999)), "E205")
    say("manifest", "field_text", "A header field that is text.", deep([3, 0, 3, 4], "d"), "E206")
    say("manifest", "folder_text_invalid", "A display text that is not UTF-8.", deep([1, 0, 2], Raw(b"\x61\xff")), "E208")
    say("manifest", "lead_long", "A lead of 65,537 bytes.", deep([3, 0, 2, 0, 5, 2], bytes(65537)), "E205")
    say("manifest", "reason_zero", "Reason 0 of a reject.", deep([4, 0, 5], 0), "E206")
    say("manifest", "float_date", "A date as a float.", deep([3, 0, 3, 0], Raw(b"\xfb" + bytes(8))), "E209")
    store = item()
    store[1] = [[b"me", [b"INBOX", b"\xff"]]]
    store[2] += [{0: 0, 1: 1, 2: [b"mail.pst"], 3: 5000, 4: H(b"p"), 5: 16, 7: 3, 10: "!BDN, Unicode, client signature SM"}, {0: 0, 1: 2, 2: [b"a.msg"], 3: 40, 5: 4, 7: 1},
                 {0: 0, 1: 3, 2: [b"a.zip"], 3: 900, 5: 19, 7: 0, 11: True}, {0: 0, 1: 4, 2: [b"a.zip", b"Items.csv"], 3: 90, 5: 20, 7: 4}, {0: 0, 1: 5, 2: [b"later"], 3: 1, 5: 255, 7: 0}]
    store[3].append({0: H(b"made"), 1: 700, 2: [{0: 0, 1: 0, 5: {0: 1, 1: 0, 8: b"0x200024", 9: True}, 6: [[H(b"r"), 16777152], [H(b"s"), 20]]},
                                                {0: 0, 1: 0, 5: {0: 2, 1: 0, 8: b"\xff" * 256, 9: True}}]})
    store[4] += [{0: 0, 1: 2, 2: 0, 3: 0, 4: 40, 5: 7, 6: "", 7: [[H(b"k"), 40]], 8: 0}, {0: 0, 1: 1, 2: 2, 3: 0, 4: 0, 5: 6, 6: "unreadable", 7: [], 8: 0, 9: b"0x200044"}]
    say("manifest", "valid_store", "Opened files, an unfinished one, made messages, records, kept bytes, ids of items.", store, "ok")

    def stored(path, value):
        m = item()
        m = {**m, 2: [dict(f) for f in store[2]], 3: m[3] + [{**store[3][1], 2: [{**p, 5: dict(p[5])} for p in store[3][1][2]]}], 4: [dict(r) for r in store[4]]}
        at = m
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return m
    say("manifest", "record_empty", "A record of no blob.", stored([3, 1, 2, 0, 6], []), "E206")
    say("manifest", "record_blob_empty", "A record with a blob of no bytes.", stored([3, 1, 2, 0, 6], [[H(b"r"), 0]]), "E206", also=["E205"])
    say("manifest", "record_bytes", "A record that is bytes, not blobs.", stored([3, 1, 2, 0, 6], b"r"), "E206")
    say("manifest", "item_empty", "The id of an item, of no bytes.", stored([3, 1, 2, 0, 5, 8], b""), "E206", also=["E205"])
    say("manifest", "item_long", "The id of an item, of 257 bytes.", stored([3, 1, 2, 0, 5, 8], bytes(257)), "E205")
    say("manifest", "item_text", "The id of an item as text.", stored([4, 2, 9], "0x200044"), "E206")
    say("manifest", "made_false", "A message that was made: no.", stored([3, 1, 2, 0, 5, 9], False), "E206")
    say("manifest", "made_number", "A message that was made: 1.", stored([3, 1, 2, 0, 5, 9], 1), "E206")
    say("manifest", "unfinished_false", "An unfinished file: no.", stored([2, 3, 11], False), "E206")
    say("manifest", "evidence_long", "Evidence of 1,025 bytes.", stored([2, 1, 10], "x" * 1025), "E205")
    say("manifest", "evidence_bytes", "Evidence that is no text.", stored([2, 1, 10], b"SM"), "E206")
    say("manifest", "kind_large", "A source file of kind 256.", stored([2, 1, 5], 256), "E206", also=["E205"])
    good = run_map(b"R" * 16, counts=(5, 2, 2, 1, 999), folders=[[b"me", [b"INBOX"], [5, 2, 2, 1, 999]]])
    say("run", "valid", "A complete run.", good, "ok")
    say("run", "valid_begun", "A run that began.", run_map(b"R" * 16, complete=False), "ok")
    say("run", "missing", "A run without its counts.", {key: v for key, v in good.items() if key != 6}, "E206")
    say("run", "id", "A run id of 17 bytes.", {**good, 0: bytes(17)}, "E206")
    say("run", "counts_four", "Four counts.", {**good, 6: [0] * 4}, "E206")
    say("run", "kind", "Kind 256.", {**good, 2: 256}, "E206", also=["E205"])
    say("run", "unknown_key", "Key 20.", {**good, 20: 0}, "E207")
    store = {**good, 2: 7, 8: [["index of the mail program", 2], ["", 0]], 9: H(b"p"), 10: [[b"me", [b"INBOX"], 5], [b"me", [], 0]], 11: 3}
    listed = {**store, -3: [[[b"export.zip", b"Items.csv"], 3, 2], [[], 0, 0]]}
    say("run", "valid_lists", "A run that was held against two lists.", listed, "ok")
    say("run", "valid_store", "A run over a store, continued three times.", store, "ok")
    say("run", "skipped_bytes", "What was left out, with a reason that is no text.", {**store, 8: [[b"index", 2]]}, "E206")
    say("run", "skipped_long", "What was left out, with a reason of 1,025 bytes.", {**store, 8: [["x" * 1025, 2]]}, "E205")
    say("run", "skipped_one", "What was left out, without a number.", {**store, 8: [["index"]]}, "E206")
    say("run", "source_hash", "A hash of the source of 31 bytes.", {**store, 9: bytes(31)}, "E206")
    say("run", "expected_counts", "Five counts where the source's own number stands.", {**store, 10: [[b"me", [b"INBOX"], [5, 2, 2, 1, 0]]]}, "E206")
    say("run", "continued_negative", "Continued minus one times.", {**store, 11: -1}, "E206")
    say("run", "complete_number", "Complete is 1, not true.", {**good, 5: 1}, "E206")


def originals(o):
    """Imported files made again (format.md 8.4)."""
    def say(name, about, expect, items=None, tail=b"", rejects=(), change=None, kind=2, file=None):
        rand = k.Stream("originals " + name)
        x = Keys(rand(32))
        data, origins = mail.mbox(items, tail)
        data = file if file is not None else data
        blobs = {x.object_id(b): b for r in rejects for b in r[1]}
        entry = {0: 0, 1: 0, 2: [], 3: len(data), 4: x.object_id(root(data)), 5: kind, 7: len(items) + len(rejects)}
        if tail:
            entry[8] = tail
        m = {0: [b"R" * 16], 1: [[b"", []]], 2: [entry],
             3: [{0: x.object_id(i[0]), 1: len(i[0]), 2: [{0: 0, 1: 0, 5: origin}]} for i, origin in zip(items, origins)],
             4: [{0: 0, 1: 0, 2: n, 3: at, 4: sum(map(len, b)), 5: 3, 6: "gap", 7: [[x.object_id(p), len(p)] for p in b], 8: 0} for n, b, at in rejects]}
        if change:
            change(m)
        o.part("original", name, about, "format.md 8.4", encode(m), expect,
               {"content_id_key": x.content_id_key, "run": b"R" * 16, "file": 0, "messages": {x.object_id(i[0]): i[0] for i in items}, "blobs": blobs},
               data if expect == "ok" else None)
    first, q, sep = mail.plain(1).raw, mail.QUOTED, mail.SEPARATOR + b"\n"
    plain, quoted = (first, sep, b"\n", 0, (), b"\n"), (q, sep, b"\n", 2, (), b"\n")
    say("valid", "Two messages, mboxrd.", "ok", [plain, quoted])
    say("exceptions", "The first and third line that would be quoted are not.", "ok", [(q, sep, b"\n", 2, (0, 2), b"\n")])
    say("mboxo", "mboxo: lines that begin with a `>` are left alone.", "ok", [(q.replace(b"\n>From", b"\n From"), sep, b"\n", 1, (), b"\n")])
    say("cr", "Bare CR.", "ok", [(q.replace(b"\n", b"\r"), sep[:-1] + b"\r", b"\r", 2, (1,), b"\r")])
    say("tail", "A tail behind the last message.", "ok", [plain], b"\n\n\n")
    say("first_line", "A message whose first line is quoted.", "ok", [(b"From the first\nFrom the second", sep, b"", 2, (), b"\n")])
    gap = [b"junk ", b"in two blobs\n"]

    def shift(m):
        m[3][0][2][0][5][1] = 1
    data, _ = mail.mbox([plain])
    say("reject", "A reject before the message.", "ok", [plain], rejects=[(0, gap, 0)], change=shift, file=b"".join(gap) + data)

    def count_from(m):
        m[3][0][2][0][5][7] = 2
    body = mail.quote(q, 2, (2, 3))
    say("quoted_until", "From the third line on nothing is quoted (origin key 7).", "ok", [(q, sep, b"\n", 2, (), b"\n")], change=count_from, file=sep + body + b"\n")
    for name, about, change in (
            ("hash", "Another hash.", lambda m: m[2][0].__setitem__(4, bytes(32))), ("size", "Another size.", lambda m: m[2][0].__setitem__(3, 5)),
            ("quoting", "Another quoting.", lambda m: m[3][1][2][0][5].__setitem__(4, 1)),
            ("exception", "An exception that was none.", lambda m: m[3][1][2][0][5].__setitem__(5, [0])),
            ("lead", "A lead with a byte changed.", lambda m: m[3][0][2][0][5].__setitem__(2, b"from" + sep[4:])),
            ("ordinal", "Two pieces with one ordinal.", lambda m: m[3][1][2][0][5].__setitem__(1, 0)),
            ("piece_missing", "A piece is missing.", lambda m: m[3].pop()),
            ("order", "Two pieces have changed places.", lambda m: (m[3][0][2][0][5].__setitem__(1, 1), m[3][1][2][0][5].__setitem__(1, 0)))):
        say("wrong_" + name, about, "E608", [plain, quoted], change=change)


def stores(o):
    """Files with made messages, kept bytes, and items that were met twice."""
    def say(name, about, expect, pieces, file, kind=3, *, entry, before=(), rejects=()):
        """pieces: (bytes, [(folder, origin)]); rejects: (ordinal, reason, blobs)."""
        rand = k.Stream("originals " + name)
        x = Keys(rand(32))
        first = {0: 0, 1: 0, 2: [], 3: len(file), 4: x.object_id(root(file)), 5: kind}
        first.update(entry)
        m = {0: [b"R" * 16], 1: [[b"", [b"a"]], [b"", [b"b"]]], 2: [*before, first],
             3: [{0: x.object_id(raw), 1: len(raw), 2: [{0: 0, 1: folder, 5: {0: 0, **origin}} for folder, origin in places]} for raw, places in pieces],
             4: [{0: 0, 1: 0, 2: n, 3: 0, 4: sum(map(len, b)), 5: reason, 6: "", 7: [[x.object_id(p), len(p)] for p in b], 8: 0} for n, reason, b in rejects]}
        blobs = {x.object_id(p): p for _, _, b in rejects for p in b}
        o.part("original", name, about, "format.md 8.4", encode(m), expect,
               {"content_id_key": x.content_id_key, "run": b"R" * 16, "file": 0, "messages": {x.object_id(raw): raw for raw, _ in pieces}, "blobs": blobs},
               file if expect == "ok" else None)
    one, other = mail.plain(1).raw, mail.plain(2).raw
    whole = bytes(range(256))
    made = {1: 0, 8: b"a.msg", 9: True}
    head, plist = b"%d\n" % len(one), b"<?xml version=\"1.0\"?><plist/>\n"
    say("emlx", "An EMLX: count, message, property list.", "ok", [(one, [(0, {1: 0, 2: head, 3: plist})])], head + one + plist, entry={7: 1})
    say("emlx_long", "An EMLX whose property list is longer than a trail: kept as a piece of its own.", "ok", [(one, [(0, {1: 0, 2: head})])], head + one + plist * 3000,
        entry={7: 2}, rejects=[(1, 7, [plist * 1000] * 3)])
    say("msg", "An MSG: the file is kept, the message made from it is no piece.", "ok", [(one, [(0, made)])], whole, kind=4, entry={7: 1}, rejects=[(0, 7, [whole[:99], whole[99:]])])
    say("msg_unmarked", "The message is not marked as made: two pieces with one ordinal.", "E608", [(one, [(0, {1: 0})])], whole, kind=4, entry={7: 1}, rejects=[(0, 7, [whole])])
    say("folders", "One piece with a placement in each of two folders.", "ok", [(one, [(0, {1: 0, 2: b"From x\n"}), (1, {1: 0, 2: b"From x\n"})]), (other, [(0, {1: 1})])],
        b"From x\n" + one + other, kind=2, entry={7: 2})
    say("folders_last", "Two placements of one piece with different leads: the last counts.", "ok", [(one, [(0, {1: 0, 2: b"From y\n"}), (1, {1: 0, 2: b"From x\n"})])],
        b"From x\n" + one, kind=2, entry={7: 1})
    say("continued", "An import that was continued: a message, met twice, is one piece.", "ok", [(one, [(0, {1: 0})]), (other, [(0, {1: 1})]), (one, [(0, {1: 0})])],
        one + other, kind=2, entry={7: 2})
    say("continued_reject", "A piece that was rejected first, and read when the import was continued.", "ok", [(one, [(0, {1: 0})]), (other, [(0, {1: 1})])],
        one + other, kind=2, entry={7: 2}, rejects=[(1, 6, [])])
    say("continued_rejects", "A piece that was rejected twice: the last counts.", "ok", [(one, [(0, {1: 0})])], one + whole, kind=2, entry={7: 2}, rejects=[(1, 5, [whole[:9]]), (1, 2, [whole])])
    say("continued_entry", "Two entries of one file, the first unfinished: the last counts.", "ok", [(one, [(0, {1: 0})])], one, kind=2, entry={7: 1},
        before=[{0: 0, 1: 0, 2: [], 3: 5, 5: 0, 7: 0, 11: True}])
    say("continued_other", "A message and another with one ordinal.", "E608", [(one, [(0, {1: 0})]), (other, [(0, {1: 0})])], one, kind=2, entry={7: 1})
    say("unfinished", "An unfinished file is not made again.", "E608", [(one, [(0, {1: 0})])], one, kind=2, entry={7: 1, 11: True})
    for name, kind in ("opened", 16), ("opened_unknown", 200):
        say(name, f"An opened file, kind {kind}, is not made again.", "E608", [(one, [(0, {1: 0, 8: b"0x200024", 9: True})])], whole, kind=kind, entry={7: 1})
    say("kind_unknown", "A file of an unknown kind below 16 is made of its pieces.", "ok", [(one, [(0, {1: 0})])], one, kind=15, entry={7: 1})


def make(o):
    for f in (records, pointers, objects, contents, manifests, originals, stores):
        f(o)
