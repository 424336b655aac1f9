"""CBOR, the tree hash, keys, text forms, header, slots, certificates, envelopes."""
from cbor import Raw
from vectors_archive import *


def cbor(o):
    spec = "format.md 3"

    def say(name, about, data, expect, schema="any", **more):
        o.part("cbor", name, about, spec, data, expect, {"schema": schema}, data if expect == "ok" else None, **more)
    nested = b"\x00"
    for _ in range(16):
        nested = b"\x81" + nested
    say("valid", "One item of each allowed kind, map keys in their order.",
        encode({0: [1, 23, 24, 255, 256, 65536, 1 << 32, (1 << 63) - 1], 1: [-1, -24, -25, -(1 << 63)], 2: b"\0\xff", 3: "grün", 23: [True, False, None],
                -1: {}, -24: []}), "ok")
    say("depth_16", "Sixteen arrays in each other.", nested, "ok")
    say("depth_17", "Seventeen arrays in each other.", b"\x81" + nested, "E204")
    say("long_integer", "23 in two bytes.", b"\x18\x17", "E201")
    say("long_length", "A byte string whose length is in two bytes without need.", b"\x58\x01x", "E201")
    say("indefinite_array", "An array of indefinite length.", b"\x9f\x00\xff", "E201")
    say("indefinite_bytes", "A byte string of indefinite length.", b"\x5f\x41x\xff", "E201")
    say("break", "A break alone.", b"\xff", "E201")
    say("information_28", "Additional information 28.", b"\x1c", "E201")
    say("keys_order", "Map keys out of order.", b"\xa2\x01\x00\x00\x00", "E201")
    say("keys_twice", "A map key twice.", b"\xa2\x00\x00\x00\x01", "E201")
    say("keys_negative_first", "A negative map key before a positive one.", b"\xa2\x20\x00\x00\x00", "E201")
    say("empty", "No byte at all.", b"", "E202")
    say("truncated", "An integer cut in its argument.", b"\x19\x01", "E202")
    say("truncated_array", "An array whose last element is cut.", b"\x82\x00\x19", "E202", also=["E205"])
    say("trailing", "A byte left over.", b"\x00\x00", "E203")
    say("absurd_bytes", "A byte string of 2^63 - 1 bytes.", b"\x5b\x7f" + b"\xff" * 7 + b"x", "E205")
    say("absurd_array", "An array of 2^32 items in eight bytes.", b"\x9b\0\0\0\1\0\0\0\0", "E205")
    say("absurd_map", "A map of 2^62 pairs.", b"\xbb\x40" + bytes(7), "E205")
    say("key_text", "A map key that is text.", b"\xa1\x61a\x00", "E206")
    say("key_low", "Map key -25.", b"\xa1\x38\x18\x00", "E206")
    say("text_invalid", "Text that is not UTF-8.", b"\x62\xc3\x28", "E208")
    say("text_surrogate", "Text with an encoded surrogate.", b"\x63\xed\xa0\x80", "E208")
    say("text_overlong", "Text with an overlong form.", b"\x62\xc0\xaf", "E208")
    say("tag", "A tag.", b"\xc0\x00", "E209")
    say("float", "A float.", b"\xf9\x3c\x00", "E209")
    say("undefined", "The value undefined.", b"\xf7", "E209")
    say("simple", "A simple value of two bytes.", b"\xf8\x20", "E209")
    say("integer_large", "2^63.", b"\x1b\x80" + bytes(7), "E209")
    say("integer_small", "-2^63 - 1.", b"\x3b\x80" + bytes(7), "E209")
    say("schema_missing", "A manifest without key 4.", encode({0: [], 1: [], 2: [], 3: []}), "E206", "manifest")
    say("schema_type", "A manifest whose key 4 is a map.", encode({0: [], 1: [], 2: [], 3: [], 4: {}}), "E206", "manifest")
    say("schema_unknown", "A manifest with key 5.", encode({0: [], 1: [], 2: [], 3: [], 4: [], 5: 0}), "E207", "manifest")
    say("schema_ignored", "A manifest with keys -1 and -24.", encode({0: [], 1: [], 2: [], 3: [], 4: [], -1: 0, -24: {3: "x"}}), "ok", "manifest")
    say("schema_size_short", "A run id of 15 bytes.", encode({0: [bytes(15)], 1: [], 2: [], 3: [], 4: []}), "E206", "manifest")
    say("schema_size_long", "A folder name of 4,097 bytes.", encode({0: [], 1: [[b"", [bytes(4097)]]], 2: [], 3: [], 4: []}), "E205", "manifest")


def tree(o):
    def r(n):
        return root((bytes(range(251)) * (n // 251 + 1))[:n])
    for n in (0, 1, 65535, 65536, 65537, 131072, 200000):
        o.describe({"name": f"tree_{n}", "part": "tree", "about": f"The root of {n:,} bytes, byte i being i mod 251.", "spec": "format.md 2",
                    "context": {"length": n, "root": r(n)}, "expect": "ok", "released": r(n)})
    data = (bytes(range(251)) * 600)[:131072]
    leaves = [data[:65536], data[65536:]]
    size = struct.pack("<Q", len(data))
    for name, about, wrong in (("unlabelled", "A root made of leaves without their first byte.", H(b"\1" + size + b"".join(H(x) for x in leaves))),
                               ("no_length", "A root made without the length.", H(b"\1" + b"".join(H(b"\0" + x) for x in leaves))),
                               ("empty_leaf", "A root with a leaf for an empty block behind the last.", H(b"\1" + size + b"".join(H(b"\0" + x) for x in leaves + [b""]))),
                               ("order", "A root with its leaves in the wrong order.", H(b"\1" + size + b"".join(H(b"\0" + x) for x in leaves[::-1])))):
        o.describe({"name": f"tree_{name}", "part": "tree", "about": about, "spec": "format.md 2", "context": {"length": len(data), "root": wrong},
                    "expect": "E503", "released": None})


def public(keys):
    return {"archive_id": keys.archive_id, "root_signing_public": keys.root_signing.public, "content_public": keys.content_public}


def keys(o):
    for n in (1, 2):
        x = Keys(k.Stream(f"keys {n}")(32))
        writer = Signer(x.root_writer_seed)
        o.describe({"name": f"keys_{n}", "part": "keys", "about": "All that follows from a root secret.", "spec": "cryptography.md 2", "context": {
            "root_secret": x.root_secret, "root_signing_seed": x.root_signing.seed, "root_signing_public": x.root_signing.public,
            "root_writer_seed": x.root_writer_seed, "root_writer_public": writer.public, "read_secret": x.read_secret,
            "content_secret": x.content_secret, "content_public": x.content_public, "content_id_key": x.content_id_key, "psk": x.psk,
            "label_key": x.label_key, "catalogue_key": x.catalogue_key, "archive_id": x.archive_id, "archive_id_words": k.words(x.archive_id[:16]),
            "credential_commitment": x.credential_commitment, "recovery_code": k.recovery_code(x.root_secret)}, "expect": "ok", "released": None})
    rand = k.Stream("text")
    secret = rand(32)
    code = k.recovery_code(secret)
    cases = [("recovery_valid", "recovery", "A recovery code.", code, "ok", secret),
             ("recovery_blanks", "recovery", "Upper case, blanks and line ends are accepted.", "\n  " + code.upper().replace("-", " \n", 3), "ok", secret),
             ("recovery_letter", "recovery", "One letter is wrong.", ("b" if code[0] != "b" else "d") + code[1:], "E015", None),
             ("recovery_word", "recovery", "A word that is none.", code[:-5] + "aaaaa", "E015", None),
             ("recovery_short", "recovery", "The last word is missing.", code[:-6], "E015", None)]
    for kind in ("key", "identity", "recipient"):
        cases.append((f"{kind}_valid", kind, f"The text form of a secret: {kind}.", k.key_text(kind, secret), "ok", secret))
    text = k.key_text("key", secret)
    cases += [("key_digit", "key", "One digit is wrong.", text[:30] + ("0" if text[30] != "0" else "1") + text[31:], "E015", None),
              ("key_prefix", "key", "An identity where a key file is asked for.", k.key_text("identity", secret), "E015", None),
              ("key_upper", "key", "Digits in upper case.", text[:23] + text[23:].upper(), "E015", None)]
    x = Keys(rand(32))
    seed = rand(32)
    body = k.credential_cbor(x, seed, k.certificate(x, Signer(seed).public, 3))
    cases += [("credential_valid", "credential", "A writer credential.", k.key_text("credential", body), "ok", body),
              ("credential_checksum", "credential", "A credential with a wrong checksum.", k.key_text("credential", body)[:-9] + "00000000\n", "E015", None)]
    for name, kind, about, text, expect, released in cases:
        o.part("text", name, about, "cryptography.md 2 and 3", text.encode(), expect, {"kind": kind}, released)


def header(o):
    rand = k.Stream("header")
    x = Keys(rand(32))
    slot = k.Slot(x, rand, 2, key_file=rand(32)).build()
    again = lambda i: k.Slot(x, rand, 2, key_file=bytes(32), slot_id=i).build()

    def item(**more):
        m = k.header_map(x, [slot], H(b"r"), H(b"s"))
        m.update({int(key[1:].replace("m", "-")): v for key, v in more.items()})
        return m

    def say(name, about, expect, data=None, operation="read", body=None, **more):
        data = k.header_file(x, body or item(), **more) if data is None else data
        n = int.from_bytes(data[12:16], "little")
        o.part("header", name, about, "format.md 4", data, expect, {"operation": operation}, data[16:16 + n] if expect == "ok" else None)
    good = k.header_file(x, item())
    say("valid", "A header with one slot.", "ok")
    say("minor", "A greater minor version.", "ok", minor=9)
    say("short", "A byte short.", "E110", good[:-1])
    say("long", "A byte too long.", "E110", good + b"\0")
    say("magic", "Another magic.", "E111", magic=b"PARCHHDS")
    say("crc", "A flipped bit: the CRC does not fit.", "E112", good[:100] + bytes([good[100] ^ 1]) + good[101:])
    say("version", "Major version 2.", "E002", major=2)
    say("version_zero", "Major version 0.", "E114", major=0)
    say("reserved", "Reserved bytes that are not zero.", "E114", reserved=1)
    say("length_zero", "A body of length 0.", "E114", length=0)
    say("length_large", "A body of length 16,301.", "E114", length=16301)
    say("length_absurd", "A body of length 2^32 - 1.", "E114", length=0xFFFFFFFF)
    say("padding", "A byte behind the signature that is not zero.", "E114", tail=b"\0\1")
    say("signature", "Signed by another key.", "E116", signer=Signer(bytes(32)))
    s = bytearray(good[16 + int.from_bytes(good[12:16], "little"):][:64])
    order = (1 << 252) + 27742317777372353535851937790883648493
    big = (int.from_bytes(s[32:], "little") + order).to_bytes(32, "little")
    say("signature_not_canonical", "A signature whose S is not less than the group order.", "E116", signature=bytes(s[:32]) + big)
    say("root_key_small_order", "A root signing key of small order.", "E117", body=item(_0=(1).to_bytes(32, "little")), signature=(1).to_bytes(32, "little") + bytes(32))
    say("root_key_not_canonical", "A root signing key that is not canonically encoded.", "E117", body=item(_0=((1 << 255) - 16).to_bytes(32, "little")))
    say("content_key_small_order", "A content public key of small order.", "E117", body=item(_1=bytes(32)))
    say("cbor_order", "A body that is not deterministic.", "E201", body=b"\xa2\x01\x00\x00\x00")
    say("cbor_trailing", "A byte behind the map.", "E203", body=encode(item()) + b"\0")
    say("missing_key", "A body without the credential commitment.", "E206", body={key: v for key, v in item().items() if key != 5})
    say("unknown_key", "An unknown mandatory key.", "E207", body=item(_10=0))
    say("unknown_key_negative", "An unknown key that may be ignored.", "ok", body=item(_m24=[0]))
    say("time", "A time that is no multiple of 60.", "E206", body=item(_3=MINUTE + 1))
    say("epoch", "Key epoch 2.", "E206", body=item(_6=2))
    say("slots_33", "33 slots.", "E205", body=item(_4=[again(i) for i in range(1, 34)]))
    say("slots_32", "32 slots.", "ok", body=item(_4=[again(i) for i in range(1, 33)]))
    argon = [k.Slot(x, rand, 1, passphrase="x", slot_id=i).build(bytes(64)) for i in range(1, 10)]
    say("slots_argon_9", "Nine slots with Argon2id.", "E118", body=item(_4=argon))
    say("slots_same_id", "Two slots of one id.", "E118", body=item(_4=[slot, slot]))
    say("slot_size", "A slot of 287 bytes.", "E206", body=item(_4=[slot[:-1]]))
    say("flag_read", "An unknown mandatory flag, for reading.", "E003", body=item(_9={0: ["later"]}))
    say("flag_other", "An unknown mandatory flag for another operation.", "ok", body=item(_9={2: ["later"]}))
    say("flag_append", "An unknown mandatory flag, for appending.", "E003", operation="append", body=item(_9={2: ["later"]}))
    say("flag_optional", "An unknown optional flag.", "ok", body=item(_m1={0: ["later"]}))


def slots(o):
    rand = k.Stream("slots")
    x = Keys(rand(32))
    key_file, identity = rand(32), rand(32)
    recipient = sodium.crypto_scalarmult_base(identity)
    words = "Käse und Brot"
    secrets = {1: {"passphrase": words}, 2: {"key_file": key_file}, 3: {"passphrase": words, "key_file": key_file}, 4: {"identity": identity}}

    def make(kind, **more):
        return k.Slot(x, rand, kind, passphrase=words, key_file=key_file, recipient=recipient, text="Grüße", slot_id=7, **more)

    def say(name, about, data, expect, secret, released=None, label="Grüße", **caps):
        context = {**public(x), "secret": secret, "max_memory_kib": 1048576, "max_passes": 10, **caps}
        if expect == "ok" and label:
            context["label"] = label
        o.part("slot", name, about, "cryptography.md 3", data, expect, context, released)
    for kind, name in ((1, "passphrase"), (2, "key_file"), (3, "both"), (4, "recipient")):
        for rights in (0, 1):
            say(name + ("_read_only" if rights else "_valid"), f"A {name.replace('_', '-')} slot, {'read-only' if rights else 'all rights'}.",
                make(kind, rights=rights).build(), "ok", secrets[kind], x.read_secret if rights else x.root_secret)
    say("passphrase_nfd", "The passphrase is given decomposed: NFC makes it the same.", make(1).build(), "ok", {"passphrase": "Ka\u0308se und Brot"}, x.root_secret)
    say("passphrase_wrong", "A wrong passphrase.", make(1).build(), "E004", {"passphrase": "Käse und brot"})
    say("key_file_wrong", "A wrong key file.", make(2).build(), "E004", {"key_file": bytes(32)})
    say("both_key_file_only", "The right key file with a wrong passphrase.", make(3).build(), "E004", {"passphrase": "", "key_file": key_file})
    say("recipient_wrong", "A wrong identity.", make(4).build(), "E004", {"identity": bytes([1] * 32)})
    s = make(2)
    s.flip_commitment = True
    say("commitment", "A wrong commitment.", s.build(), "E004", secrets[2])
    d = bytearray(make(2).build())
    d[130] ^= 1
    say("sealed", "The sealed secret has a flipped bit.", d, "E004", secrets[2])
    d = bytearray(make(2).build())
    d[1] = 1
    say("rights_changed", "The rights were changed to read-only: the seal is bound to them.", d, "E004", secrets[2])
    s = make(2)
    s.secret = bytes(32)
    say("other_secret", "It opens, but the public keys that follow are not those of the header.", s.build(), "E004", secrets[2])
    d = bytearray(make(4).build())
    d[32:64] = bytes(32)
    say("recipient_small_order", "An ephemeral key of small order: the result is zero.", d, "E004", secrets[4])

    def bytes_at(offset, value, kind=1, pack="<I"):
        d = bytearray(make(kind).build())
        struct.pack_into(pack, d, offset, value)
        return d
    for name, about, data in (
            ("kind", "Kind 5.", bytes_at(0, 5, pack="<B")), ("kind_zero", "Kind 0.", bytes_at(0, 0, pack="<B")), ("rights", "Rights 2.", bytes_at(1, 2, pack="<B")),
            ("reserved", "Reserved bytes that are not zero.", bytes_at(2, 1, pack="<H")), ("tail", "Bytes 284 to 287 are not zero.", bytes_at(284, 1)),
            ("memory_low", "7 KiB of memory.", bytes_at(4, 7)), ("memory_absurd", "4 TiB of memory.", bytes_at(4, 0xFFFFFFFF)),
            ("passes_zero", "No pass.", bytes_at(8, 0)), ("passes_absurd", "11 passes.", bytes_at(8, 11)), ("parallelism", "Parallelism 2.", bytes_at(12, 2)),
            ("key_file_memory", "A key-file slot that states memory.", bytes_at(4, 8, 2)), ("recipient_salt", "A recipient slot with a salt.", bytes_at(16, 1, 4)),
            ("ephemeral", "A passphrase slot with an ephemeral key.", bytes_at(32, 1)), ("created", "A time that is no multiple of 60.", bytes_at(276, MINUTE + 1, pack="<Q"))):
        say(name, about, data, "E118", secrets[1])
    say("costly_memory", "More memory than the caps of the reader.", make(1).build(), "E011", secrets[1], max_memory_kib=7)
    say("costly_passes", "More passes than the caps of the reader.", make(1, passes=2).build(), "E011", secrets[1], max_passes=1)


def certificates(o):
    rand = k.Stream("certificates")
    x, other = Keys(rand(32)), Keys(rand(32))
    w = Signer(rand(32)).public

    def say(part, name, about, data, expect):
        o.part(part, name, about, "cryptography.md 4", data, expect, public(x), data[:-64] if expect == "ok" else None)
    good = k.certificate(x, w)
    say("certificate", "valid", "A certificate with all capabilities.", good, "ok")
    say("certificate", "label", "A certificate with a sealed label.", k.certificate(x, w, 3, **{"k-1": k.writer_label(x, w, "home", rand(24))}), "ok")
    say("certificate", "signer", "Signed by another key.", k.certificate(x, w, signer=other.root_signing), "E402")
    say("certificate", "self_signed", "Signed by the writer itself.", k.certificate(x, w, signer=Signer(bytes(32))), "E402")
    say("certificate", "flip", "A flipped bit in the capabilities.", good[:105] + bytes([good[105] ^ 8]) + good[106:], "E402")
    say("certificate", "root_key", "It repeats another root signing key.", k.certificate(x, w, k1=other.root_signing.public), "E402")
    say("certificate", "content_key", "It repeats another content public key.", k.certificate(x, w, k2=other.content_public), "E402")
    say("certificate", "other_archive", "A certificate of another archive.", k.certificate(other, w), "E402")
    say("certificate", "name", "Signed under the name of a revocation.", k.signed(x, "revocation", good[:-64]), "E402")
    say("certificate", "cbor", "A certificate without its time.",
        k.signed(x, "certificate", encode({key: v for key, v in k.certificate_map(x, w).items() if key != 4})), "E402")
    say("certificate", "unknown_key", "An unknown mandatory key.", k.certificate(x, w, k5=1), "E402")
    good = k.revocation(x, w)
    say("revocation", "valid", "A revocation.", good, "ok")
    say("revocation", "signer", "Signed by another key.", k.revocation(x, w, signer=other.root_signing), "E402")
    say("revocation", "other_archive", "A revocation of another archive.", k.revocation(other, w), "E402")
    say("revocation", "name", "Signed under the name of a certificate.", k.signed(x, "certificate", good[:-64]), "E402")
    say("revocation", "cbor", "The time is text.", k.signed(x, "revocation", encode({0: w, 1: x.root_signing.public, 2: "now"})), "E402")


def envelopes(o):
    rand = k.Stream("envelopes")
    x, other = Keys(rand(32)), Keys(rand(32))
    w, key = Signer(rand(32)).public, rand(32)

    def say(name, about, data, expect):
        context = {**public(x), "segment": 3, "psk": x.psk, "content_secret": x.content_secret}
        o.part("envelope", name, about, "cryptography.md 5", data, expect, context, key if expect == "ok" else None)
    good = k.envelope(x, rand, 3, w, key)
    say("valid", "A segment key.", good, "ok")
    say("short", "175 bytes.", good[:-1], "E505")
    say("reserved", "Bytes 4 to 7 are not zero.", k.envelope(x, rand, 3, w, key, reserved=1), "E505")
    say("epoch", "Key epoch 2.", k.envelope(x, rand, 3, w, key, epoch=2), "E505")
    say("segment", "Made for another segment.", k.envelope(x, rand, 3, w, key, bound_segment=4), "E506")
    say("archive", "Made for another archive.", k.envelope(other, rand, 3, w, key), "E506")
    say("commitment", "A commitment to another key.", k.envelope(x, rand, 3, w, key, commit_to=bytes(32)), "E506")
    say("writer", "Another writer key in its place.", good[:8] + Signer(bytes(32)).public + good[40:], "E506")
    say("small_order", "An ephemeral key of small order.", good[:40] + bytes(32) + good[72:], "E506")
    say("sealed", "A flipped bit in the sealed key.", good[:100] + bytes([good[100] ^ 1]) + good[101:], "E506")


def make(o):
    for f in (cbor, tree, keys, header, slots, certificates, envelopes):
        f(o)
