#!/usr/bin/env python3
"""A reader of portable-archive, format version 1.0, written from the Spec beside it and from nothing else.

It verifies, lists and exports; it never writes into an archive. Marks such as (F 7.2) and (C 3) name sections of
format.md and cryptography.md; the structures of CBOR are taken from schema.cddl itself. README.md says how to run it.
"""
import argparse, base64, hashlib, hmac, io, json, os, re, struct, sys, unicodedata, zlib
from collections import OrderedDict, namedtuple
from pathlib import Path
import nacl.bindings as sodium
import nacl.exceptions
import nacl.pwhash.argon2id as argon2id
import zstandard

PAGE, BLOCK, MIB = 4096, 65536, 1 << 20
ZERO = bytes(32)
OPEN, SEALED, CLOSED, PLAIN = 1, 2, 3, 4
SEGMENT, CHECKPOINT, DERIVED = 1, 2, 3
SIZE_LIMIT = {SEGMENT: 256 * MIB, CHECKPOINT: 256 * MIB}


class Fault(Exception):
    """What is wrong with one item: a code of errors.md, and a few words."""

    def __init__(self, code, text=""):
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


def need(condition, code, text=""):
    if not condition:
        raise Fault(code, text)


# ---- Hashes (F 2, C 1)

def H(*parts, key=b"", size=32):
    state = hashlib.blake2b(digest_size=size, key=key)
    for part in parts:
        state.update(part)
    return state.digest()


def label(name):
    return b"portable-archive/1 " + name.encode() + b"\0"


def derive(key, name, message=b"", size=32):
    return H(label(name), message, key=key, size=size)


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def tree_root(stream, length):
    """The root of the next `length` bytes of a stream; E502 if there are fewer."""
    top = hashlib.blake2b(b"\1" + u64(length), digest_size=32)
    while length > 0:
        block = stream.read(min(BLOCK, length))
        need(len(block) == min(BLOCK, length), "E502", "shorter than its length")
        top.update(H(b"\0", block))
        length -= len(block)
    return top.digest()


def root_of(data):
    return tree_root(io.BytesIO(data), len(data))


# ---- CBOR (F 3)

SIMPLE = {20: False, 21: True, 22: None}


def decode_item(data, at, depth):
    """One item at an offset: its value and the offset behind it."""
    need(at < len(data), "E202")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    need(info < 28, "E201", "indefinite length, break or reserved")
    if major == 7:
        need(info in SIMPLE, "E209", "float or other simple value")
        return SIMPLE[info], at
    n = info
    if info >= 24:
        width = 1 << (info - 24)
        need(at + width <= len(data), "E202")
        n = int.from_bytes(data[at:at + width], "big")
        at += width
        need(n >= (24, 1 << 8, 1 << 16, 1 << 32)[info - 24], "E201", "not the shortest form")
    need(major != 6, "E209", "tag")
    if major < 2:
        need(n < 1 << 63, "E209", "integer out of range")
        return (-1 - n if major else n), at
    need(n << (major == 5) <= len(data) - at, "E205", "longer than the bytes left")
    if major == 2:
        return bytes(data[at:at + n]), at + n
    if major == 3:
        try:
            return str(data[at:at + n], "utf-8"), at + n
        except UnicodeDecodeError:
            raise Fault("E208") from None
    need(depth < 16, "E204")
    if major == 4:
        items = []
        for _ in range(n):
            item, at = decode_item(data, at, depth + 1)
            items.append(item)
        return items, at
    pairs, last = {}, -1
    for _ in range(n):
        need(at < len(data), "E202")
        need(data[at] >> 5 < 2, "E206", "a map key that is no integer")
        first, (key, behind) = data[at], decode_item(data, at, depth)
        need(first > last, "E201", "map keys out of order or twice")
        need(key >= -24, "E206", "map key below -24")
        need(key <= 23, "E207", f"key {key}")
        last, at = first, behind
        pairs[key], at = decode_item(data, at, depth + 1)
    return pairs, at


def decode(data):
    value, end = decode_item(data, 0, 0)
    need(end == len(data), "E203")
    return value


def encode(value):
    """The deterministic encoding of a value as `decode` gives it."""
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        info = (n >= 1 << 8) + (n >= 1 << 16) + (n >= 1 << 32)
        return bytes([major << 5 | 24 + info]) + n.to_bytes(1 << info, "big")
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(
        encode(key) + encode(value[key]) for key in sorted(value, key=lambda key: (key < 0, abs(key))))


def accepts(check, value):
    try:
        check(value)
        return True
    except Fault:
        return False


class Schema:
    """The part of CDDL (RFC 8610) that schema.cddl uses, turned into one check for each rule."""

    def __init__(self, text):
        token = r"=>|\.\.|\.size|-?\d+|[a-z][a-z-]*|[={}\[\]()/,?*]"
        self.tokens = re.findall(token, re.sub(r";.*", "", text)) + [""] * 2
        self.at = 0
        self.rules = {"any": lambda v: None, "null": lambda v: need(v is None, "E206"),
                      "int": lambda v: need(type(v) is int, "E206"), "bool": lambda v: need(type(v) is bool, "E206")}
        while self.tokens[self.at]:
            name, _ = self.take(), self.take()
            self.rules[name] = self.choice()
        self.rules["minute"] = lambda v: need(type(v) is int and v >= 0 and v % 60 == 0, "E206", "not whole minutes")

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def took(self, token):
        found = self.tokens[self.at] == token
        self.at += found
        return found

    def choice(self):
        options = [self.single()]
        while self.tokens[self.at] == "/":
            self.take()
            options.append(self.single())

        def check(value):
            faults = []
            for option in options:
                try:
                    return option(value)
                except Fault as fault:
                    faults.append(fault)
            raise next((fault for fault in faults if fault.code != "E206"), faults[0])
        return check if len(options) > 1 else options[0]

    def bounds(self):
        low = int(self.take())
        return low, int(self.take()) if self.took("..") else low

    def single(self):
        token = self.tokens[self.at]
        if re.match(r"-?\d", token):
            low, high = self.bounds()
            return lambda v: need(type(v) is int and low <= v <= high, "E206", f"{v!r:.40} is not in {low}..{high}")
        self.take()
        if token in ("{", "[", "("):
            return self.group({"{": "}", "[": "]", "(": ")"}[token])
        if not self.took(".size"):
            return lambda v: self.rules[token](v)
        kind, parenthesis = {"bytes": bytes, "text": str}[token], self.took("(")
        low, high = self.bounds()
        self.at += parenthesis

        def check(value):
            need(type(value) is kind, "E206", f"not {token}")
            size = len(value if kind is bytes else value.encode())
            need(size <= high, "E206" if low == high else "E205", f"{size} bytes, at most {high}")
            need(size >= low, "E206", f"{size} bytes, at least {low}")
        return check

    def group(self, close):
        fields, patterns, members = {}, [], []
        while not self.took(close):
            low, high, ahead = 1, 1, self.tokens[self.at:self.at + 2]
            if self.took("?"):
                low = 0
            elif "*" in (ahead[0], ahead[1] if ahead[0].isdigit() else ""):
                low = 0 if ahead[0] == "*" else int(self.take())
                self.take()
                bound = self.tokens[self.at].isdigit() and self.tokens[self.at + 1] not in ("..", "=>")
                high = int(self.take()) if bound else 1 << 63
            start, check = self.at, self.choice()
            if self.took("=>"):
                if high == 1:
                    fields[int(self.tokens[start])] = (low, self.choice())
                else:
                    patterns.append((check, self.choice()))
            members.append((low, high, check))
            self.took(",")

        def check_map(value):
            need(type(value) is dict, "E206", "not a map")
            for key, item in value.items():
                if key in fields:
                    fields[key][1](item)
                elif key >= 0:
                    check = next((check for keys, check in patterns if accepts(keys, key)), None)
                    need(check, "E207", f"key {key}")
                    check(item)
            missing = [key for key, (low, _) in fields.items() if low and key not in value]
            need(not missing, "E206", f"without key {missing}")

        def check_array(value):
            need(type(value) is list, "E206", "not an array")
            low, high, check = members[0]
            if len(members) > 1 or high == 1:
                need(sum(m[0] for m in members) <= len(value) <= len(members), "E206", f"array of {len(value)}")
                return [member[2](item) for member, item in zip(members, value)]
            need(len(value) <= high, "E205", f"{len(value)} items, at most {high}")
            need(len(value) >= low, "E206", f"{len(value)} items, at least {low}")
            return [check(item) for item in value]
        return check_array if close == "]" else check_map


SCHEMA = Schema((Path(__file__).resolve().parent.parent / "schema.cddl").read_text())


def cbor(data, rule):
    value = decode(data)
    SCHEMA.rules[rule](value)
    return value


# ---- Keys and signatures (C 2, C 6)

PRIME = 2 ** 255 - 19
CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME


def acceptable_signing_key(key):
    """An Ed25519 public key that is canonical and not of small order (one off the curve verifies nothing anyhow)."""
    def x_squared(y):
        return (y * y - 1) * pow(CURVE_D * y * y + 1, -1, PRIME) % PRIME
    y = int.from_bytes(key, "little") & (2 ** 255 - 1)
    if y >= PRIME or pow(x_squared(y), (PRIME - 1) // 2, PRIME) == PRIME - 1:
        return y < PRIME
    for _ in range(3):  # doubled three times, a point of small order is the neutral one
        y = (y * y + x_squared(y)) * pow(2 + x_squared(y) - y * y, -1, PRIME) % PRIME
    return y != 1


def x25519(secret, public):
    """None where the result is all zero, that is, for points of small order."""
    try:
        return sodium.crypto_scalarmult(secret, public)
    except nacl.exceptions.RuntimeError:
        return None


def unseal(key, nonce, sealed, additional):
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, additional, nonce, key)
    except (nacl.exceptions.CryptoError, ValueError):
        return None


def signed_by(key, name, archive_id, body, signature):
    try:  # libsodium's verification is the strict one that C 6 demands
        return sodium.crypto_sign_open(signature + label(name) + archive_id + body, key) is not None
    except nacl.exceptions.CryptoError:
        return False


class Keys:
    """The public keys of an archive."""

    def __init__(self, root_public, content_public):
        self.root_public, self.content_public = root_public, content_public
        self.archive_id = H(label("archive-id"), root_public, content_public)


class Secrets:
    """What follows from the root secret or, for a read-only slot, from the read secret."""

    def __init__(self, secret, read_only=False):
        self.root_public = None
        if not read_only:
            self.root_public = sodium.crypto_sign_seed_keypair(derive(secret, "root-signing"))[0]
            secret = derive(secret, "read")
        self.content_secret = derive(secret, "content-key")
        self.content_public = sodium.crypto_scalarmult_base(self.content_secret)
        self.content_id_key, self.psk = derive(secret, "content-id"), derive(secret, "psk")
        self.label_key = derive(secret, "slot-label")

    def fits(self, keys):
        return self.root_public in (None, keys.root_public) and self.content_public == keys.content_public

    def segment_key(self, envelope, archive_id, segment):
        """Opens the envelope of a segment (F 5.1, C 5)."""
        need(len(envelope) == 176 and envelope[:8] == u64(1), "E505", "malformed envelope")
        writer, ephemeral, nonce, sealed, commitment = struct.unpack("32s32s24s48s32s", envelope[8:])
        shared = x25519(self.content_secret, ephemeral)
        need(shared, "E506", "ephemeral key of small order")
        kek = derive(self.psk, "segment-key",
                     shared + ephemeral + self.content_public + archive_id + u32(segment) + writer)
        key = unseal(kek, nonce, sealed, archive_id + u32(segment) + envelope[:4] + writer + ephemeral)
        need(key and derive(key, "segment-commitment", archive_id + u32(segment)) == commitment, "E506")
        return key


LETTERS, VOWELS = "bdfghjklmnprstvz", "aiou"
WORD = re.compile("[%s][%s][%s][%s][%s]" % (LETTERS, VOWELS, LETTERS, VOWELS, LETTERS))


def from_words(text):
    """The bytes that words stand for (C 2)."""
    value, words = 0, re.split(r"[\s-]+", text.strip().lower())
    for word in words:
        need(WORD.fullmatch(word), "E015", "not a word of the list")
        for letter in word:
            digits = VOWELS if letter in VOWELS else LETTERS
            value = value * len(digits) + digits.index(letter)
    return value.to_bytes(2 * len(words), "big")


def from_recovery_code(text):
    data = from_words(text)
    need(len(data) == 36 and data[32:] == H(label("recovery"), data[:32])[:4], "E015", "wrong checksum")
    return data[:32]


def from_key_text(text, kind):
    """The 32 bytes of a key file, an identity or a recipient (C 3)."""
    prefix = f"portable-archive-{kind}-1:"
    match = re.fullmatch(re.escape(prefix) + "([0-9a-f]{64})([0-9a-f]{8})\r?\n?", text)
    need(match, "E015", f"not the form of a {kind}")
    data = bytes.fromhex(match[1])
    need(H(label("text"), prefix.encode(), data)[:4].hex() == match[2], "E015", "wrong checksum")
    return data


# ---- Slots (C 3) and header (F 4)

def check_slot(slot):
    kind, rights, zero, memory, passes, lanes = struct.unpack("<BBHIII", slot[:16])
    costly = kind in (1, 3)
    need(1 <= kind <= 4 and rights <= 1 and not zero, "E118", "kind, rights or reserved bytes")
    need((8 <= memory <= MIB and 1 <= passes <= 10 and lanes == 1) if costly else not (memory or passes or lanes),
         "E118", "cost of Argon2id")
    need(kind == 4 or slot[32:64] == ZERO, "E118", "ephemeral key")
    need(kind != 4 or slot[16:32] == bytes(16), "E118", "salt")
    need(int.from_bytes(slot[276:284], "little") % 60 == 0 and slot[284:] == bytes(4), "E118", "time or reserved bytes")
    return costly


def open_slot(slot, keys, passphrase=None, key_file=None, identity=None, max_memory=MIB, max_passes=10):
    """The Secrets in a slot, and the secret itself, if the secrets given open it; else E004 (or E011)."""
    kind, memory, passes = slot[0], *struct.unpack("<II", slot[4:12])
    check_slot(slot)
    need(memory <= max_memory and passes <= max_passes, "E011")
    salt, ephemeral, stretched = slot[16:32], slot[32:64], None
    if kind in (1, 3):
        need(passphrase is not None and (kind == 1 or key_file), "E004")
        stretched = sodium.crypto_pwhash_alg(
            64, unicodedata.normalize("NFC", passphrase).encode(), salt, passes, memory * 1024, argon2id.ALG)
    if kind == 2:
        need(key_file, "E004")
        stretched = derive(key_file, "slot-key-file", salt + keys.archive_id, 64)
    if kind == 3:
        stretched = derive(key_file, "slot-both", stretched, 64)
    if kind == 4:
        shared = x25519(identity, ephemeral) if identity else None
        need(shared, "E004")
        recipient = sodium.crypto_scalarmult_base(identity)
        stretched = derive(shared, "slot-recipient", ephemeral + recipient + keys.archive_id, 64)
    need(hmac.compare_digest(stretched[32:], slot[64:96]), "E004")
    secret = unseal(stretched[:32], slot[96:120], slot[120:168], keys.archive_id + slot[:64] + slot[272:])
    need(secret and Secrets(secret, slot[1] == 1).fits(keys), "E004")
    return Secrets(secret, slot[1] == 1), secret


class Header:
    LENGTH = 16384

    def __init__(self, raw):
        need(len(raw) == self.LENGTH, "E110", f"{len(raw)} bytes")
        need(raw[:8] == b"PARCHHDR", "E111")
        need(zlib.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little"), "E112")
        need(raw[8] <= 1, "E002", f"major version {raw[8]}")
        end = 16 + int.from_bytes(raw[12:16], "little")
        need(raw[8] == 1 and raw[10:12] == b"\0\0" and 17 <= end <= 16316, "E114")
        need(not any(raw[end + 64:-4]), "E114", "padding")
        self.raw, self.body = raw, cbor(raw[16:end], "header")
        self.keys = Keys(self.body[0], self.body[1])
        self.sequence, self.hash = self.body[2], H(label("header-hash"), raw)
        need(acceptable_signing_key(self.body[0]) and x25519(b"\1" * 32, self.body[1]), "E117")
        need(signed_by(self.body[0], "header", self.keys.archive_id, raw[:end], raw[end:end + 64]), "E116")
        slots = self.body[4]
        need(sum(map(check_slot, slots)) <= 8, "E118", "more than 8 slots with Argon2id")
        need(len({slot[272:276] for slot in slots}) == len(slots), "E118", "one slot id twice")

    def demand(self, operation, name):
        flags = self.body[9].get(operation)
        need(not flags, "E003", f"{name} needs {flags}")


# ---- Records (F 5)

class Record(namedtuple("Record", "magic major minor kind codec segment archive offset length zero1 nonce zero2 crc")):
    """A checked record header; `kind` is its class."""
    LAYOUT = struct.Struct("<8sBBBBI32sQI4s24s36sI")
    OPENING, DATA, FOOTER, COMMIT, TABLE = range(1, 6)

    @classmethod
    def parse(cls, raw):
        need(len(raw) == 128, "E306")
        record = cls(*cls.LAYOUT.unpack(raw))
        need(record.magic == b"PARCHREC", "E301")
        need(record.crc == zlib.crc32(raw[:124]), "E302")
        need(record.major <= 1, "E002", f"major version {record.major}")
        need(record.major == 1 and 1 <= record.kind <= 5, "E303", "class")
        need(record.codec <= (2 if record.kind == cls.DATA else 0), "E303", "codec")
        need(1 <= record.segment <= 99_999_999, "E303", "segment")
        commit = record.kind == cls.COMMIT
        need(record.offset % (PAGE if commit else 64) == 0 and record.offset < 2 ** 28 + 2 ** 16, "E303", "offset")
        need(1 <= record.length <= (65_408 if commit else 18_874_368), "E304")
        need(not any(record.zero1 + record.zero2), "E303", "reserved bytes")
        need(record.kind == cls.DATA or not any(record.nonce), "E303", "nonce")
        return record

    @classmethod
    def read(cls, stream, archive, segment, offset, end):
        """The record at an offset of a segment, which must lie before `end`: header, header as bytes, body."""
        stream.seek(offset)
        raw = stream.read(min(128, max(0, end - offset)))
        record = cls.parse(raw)
        need((record.archive, record.segment, record.offset) == (archive, segment, offset), "E305")
        body = stream.read(min(record.length, end - offset - 128))
        need(len(body) == record.length, "E306")
        return record, raw, body


def padme(length):
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-length // step) * step


def open_data(record, raw, body, key):
    """The type and the decoded bytes of a data record (F 5.2)."""
    need(record.kind == Record.DATA, "E303", "not a data record")
    plain = unseal(key, record.nonce, body, raw)
    need(plain is not None, "E307")
    need(len(plain) >= 16, "E308")
    kind, zero, encoded, decoded, zero2 = struct.unpack("<B3sIII", plain[:16])
    need(not any(zero) and not zero2 and encoded <= 16 * MIB and 1 <= decoded <= 16 * MIB, "E308")
    need(len(plain) == padme(16 + encoded) and (record.codec or encoded == decoded), "E308", "length")
    need(not any(plain[16 + encoded:]), "E309")
    data = plain[16:16 + encoded]
    return kind, (lambda data, size: data, inflate, unzstd)[record.codec](data, decoded)


def inflate(data, size):
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise Fault("E310", str(error)) from None
    need(len(out) <= size, "E311")
    need(stream.eof and not stream.unused_data, "E310")
    need(len(out) == size, "E311")
    return out


def unzstd(data, size):
    try:
        frame = zstandard.get_frame_parameters(data)
        need(data[:4] == b"\x28\xb5\x2f\xfd" and frame.content_size != zstandard.CONTENTSIZE_UNKNOWN, "E310")
        need(frame.window_size <= 8 * MIB and not frame.dict_id, "E310", "window or dictionary")
        need(frame.content_size == size, "E311")
        return zstandard.ZstdDecompressor(max_window_size=8 * MIB).decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Fault("E310", str(error)) from None


def check_opening(body):
    need(len(body) == 176 and body[:8] == u64(1), "E505")


def check_footer(body, envelope, records):
    """F 5.3; `records` are those before the footer."""
    entries = [u32(r.offset // 64) + u32(r.length) + bytes([r.kind, 0, 0, 0]) for r in records]
    need(body == envelope + u64(len(entries)) + b"".join(entries), "E508")


def open_pointers(blob, key, archive_id, segment, generation):
    """F 7.5: the CBOR of a pointer blob, checked."""
    plain = unseal(key, blob[:24], blob[24:], label("pointers") + archive_id + u32(segment) + u64(generation))
    need(plain and len(plain) % 64 == 0, "E507")
    end = 4 + int.from_bytes(plain[:4], "little")
    need(end <= len(plain) < end + 64 and not any(plain[end:]), "E507")
    try:
        cbor(plain[4:end], "pointers")
    except Fault as fault:
        raise Fault("E507", str(fault)) from None
    return plain[4:end]


# ---- Commits (F 7.1, C 4)

def check_signed(signed, rule, keys):
    """The content of a certificate or revocation, its signature and root keys checked."""
    try:
        item = cbor(signed[:-64], rule)
    except Fault as fault:
        raise Fault("E402", str(fault)) from None
    roots = [keys.root_public, keys.content_public] if rule == "certificate" else [keys.root_public]
    need([item[1 + i] for i in range(len(roots))] == roots, "E402", "of other root keys")
    need(signed_by(keys.root_public, rule, keys.archive_id, signed[:-64], signed[-64:]), "E402", "signature")
    need(rule != "certificate" or acceptable_signing_key(item[0]), "E414")
    return item


class Commit:
    """A valid commit record; whether it follows from the one before is the business of `follow`."""

    def __init__(self, raw, keys):
        record = Record.parse(raw[:128])
        need(record.kind == Record.COMMIT, "E303", "not a commit")
        need(len(raw) >= 128 + record.length, "E306")
        self.raw = bytes(raw[:128 + record.length])
        self.pages, self.segment, self.offset = -(-len(self.raw) // PAGE), record.segment, record.offset
        self.body = cbor(self.raw[128:-64], "commit")
        need(record.archive == keys.archive_id, "E305", "of another archive")
        self.certificate = check_signed(self.body[5], "certificate", keys)
        need(signed_by(self.certificate[0], "commit", keys.archive_id, self.raw[:-64], self.raw[-64:]), "E401")
        self.certificates = [(check_signed(item, "certificate", keys)[0], item) for item in self.body.get(10, [])]
        self.revoked = [check_signed(item, "revocation", keys)[0] for item in self.body.get(11, [])]
        self.generation, self.hash = self.body[0], H(label("commit-hash"), self.raw)

    @classmethod
    def head(cls, raw, keys):
        """The commit in a head file (F 7.4)."""
        need(len(raw) == 65536, "E409", f"{len(raw)} bytes")
        commit = cls(raw, keys)
        need(not any(raw[len(commit.raw):]), "E409", "padding")
        return commit

    @classmethod
    def padded(cls, raw, keys):
        """The commit at the beginning of a piece of a journal or segment, padded to a page."""
        commit = cls(raw, keys)
        padding = raw[len(commit.raw):commit.pages * PAGE]
        need(len(commit.raw) + len(padding) == commit.pages * PAGE and not any(padding), "E309")
        return commit


class State:
    """What a commit leaves live (F 7.2)."""

    def __init__(self, item=None):
        item = item or {0: [], 1: [], 2: []}
        self.files = {(entry[0], entry[1]): entry for entry in item[0]}
        self.packed = {name: encode(entry) for name, entry in self.files.items()}
        self.writers = {cbor(signed[:-64], "certificate")[0]: [signed, revoked]
                        for signed, revoked in item[1]}
        self.debris = item[2]

    def copy(self):
        other = State()
        other.files, other.packed, other.writers = dict(self.files), dict(self.packed), dict(self.writers)
        other.debris = list(self.debris)
        return other

    def encoded(self):
        files = encode([None] * len(self.files))[:-len(self.files) or None]
        return (b"\xa3\0" + files + b"".join(self.packed[name] for name in sorted(self.packed)) + b"\1"
                + encode([self.writers[key] for key in sorted(self.writers)]) + b"\2" + encode(self.debris))

    def newest_checkpoint(self):
        number = max((number for kind, number in self.files if kind == CHECKPOINT), default=None)
        return number and [number, self.files[CHECKPOINT, number][2], self.files[CHECKPOINT, number][3]]


def right(change):
    """The capability that a file change needs."""
    return 8 if change[1] >= DERIVED else 4 if change[0] == 5 else 1


def is_void(commit, state):
    """Whether the writer of a commit is revoked, or lacks a capability for it (E403)."""
    return state.writers.get(commit.certificate[0], [None, False])[1] or \
        not all(commit.certificate[3] & right(change) for change in commit.body[7])


def follow(before, commit, generation, previous, journal=None, need=need):
    """The state after a commit, all rules checked. Whoever must go on regardless gives a `need` that does not raise."""
    body, after, writer = commit.body, before.copy(), commit.certificate[0]
    need(commit.generation == generation + 1, "E404", f"{commit.generation} after {generation}")
    need(body[1] == previous, "E405")
    need(not before.writers.get(writer, [None, False])[1], "E403", "the writer is revoked")
    need(journal is None or body[6] <= journal, "E412", "names a later journal file")
    names = [(change[1], change[2]) for change in body[7]]
    need(names == sorted(set(names)), "E412", "order of changes")
    own = [(c[2], c.get(3)) for c in body[7] if c[1] == SEGMENT and c[0] <= 3]
    need(own == [(commit.segment, commit.offset)], "E412", "segment and offset of the record")
    for change in body[7]:
        op, kind, number = change[0], change[1], change[2]
        old, segment, place = before.files.get((kind, number)), kind == SEGMENT, f"op {op} on {file_name(kind, number)}"
        fields = {0, 1, 2} | ({3, 4} if op < 4 else {7, 8} if op == 4 else set())
        fields |= {5, 6} if segment and op < 4 else set()
        need({key for key in change if key >= 0} == fields, "E412", "fields of " + place)
        if not fields <= set(change):
            continue
        need(segment or op in (1, 5), "E412", place)
        need(commit.certificate[3] & right(change), "E403", "no right to " + place)
        is_open = old is not None and old[4] == OPEN
        free = old is None
        closes = free or is_open or old[4] == SEALED and old[6] == generation
        need((free, is_open, free or is_open, closes, not free)[op - 1], "E412", place)
        last = max((n for k, n in before.files if k == kind), default=0)
        need(op not in (1, 3) or old or number > last, "E412", "number of " + place)
        if op == 5:
            after.files.pop((kind, number), None), after.packed.pop((kind, number), None)
            continue
        if op == 4:
            entry = dict(old or {0: kind, 1: number, 2: 0, 3: root_of(b""), 6: commit.generation})
            entry.update({4: CLOSED, 5: 0, 9: change[7], 10: change[8]})
        else:
            entry = {0: kind, 1: number, 2: change[3], 3: change[4], 4: PLAIN, 5: 0, 6: commit.generation}
            grown = old[2] + max(1, PAGE * old[5]) if old else 0
            need(grown <= change[3] <= SIZE_LIMIT.get(kind, 2 ** 40), "E412", "length of " + place)
            need(kind != CHECKPOINT or number == generation, "E412", place)
        if segment and op < 4:
            blobs = old.get(8, []) if old else []
            need(change[5][8:40] == writer, "E412", "the envelope names another writer")
            need(change[5][:8] == u64(1), "E505", "envelope")
            need(not old or old.get(7) == change[5], "E412", "the envelope changes")
            entry.update({4: SEALED if op == 3 else OPEN, 5: commit.pages, 7: change[5],
                          8: blobs + [[commit.generation, change[6]]]})
        after.files[kind, number], after.packed[kind, number] = entry, encode(entry)
    for key, signed in [(writer, body[5])] + commit.certificates:
        after.writers.setdefault(key, [signed, False])
    for key in commit.revoked:
        need(key in after.writers, "E412", "revocation of an unknown writer")
        after.writers[key] = [after.writers.get(key, [b""])[0], True]
    need(len(after.writers) <= 4096, "E412", "too many writers")
    after.debris += body.get(12, [])
    need(generation % 256 or not generation or (CHECKPOINT, generation) in names, "E412", "no checkpoint")
    need(body[9] == after.newest_checkpoint(), "E412", "does not name the newest checkpoint")
    need(root_of(after.encoded()) == body[8], "E410")
    return after


def parse_checkpoint(raw, reference):
    """The item of a checkpoint file (F 7.6) and its state."""
    generation, length, root = reference
    need(len(raw) == length and root_of(raw) == root and raw[:8] == b"PARCHTAB", "E411")
    try:
        item = cbor(raw[8:], "checkpoint")
        state = State(item[3])
    except Fault as fault:
        raise Fault("E411", str(fault)) from None
    need(item[0] == generation and state.encoded() == encode(item[3]), "E411")
    for entry in item[3][0]:
        need((entry[0] == SEGMENT) == (entry[4] != PLAIN) and (7 in entry) == (8 in entry), "E411", "fields of a file")
        need((entry[4] == CLOSED) == (9 in entry) == (10 in entry), "E411", "fields of a closed file")
        need(entry[4] not in (OPEN, SEALED) or 7 in entry and entry[5], "E411", "no envelope")
    return item, state


# ---- The directory (F 1)

HEADERS, HEADS = ("header.a", "parity/header.b", "segments/header.c"), ("head.a", "journal/head.b")
FOLDERS = {SEGMENT: ("segments", "seg"), CHECKPOINT: ("journal", "tab"), DERIVED: ("derived", "der"),
           "journal": ("journal", "jnl"), "sidecar": ("parity", "par")}
KINDS = {folder: kind for kind, folder in FOLDERS.items()}
NUMBERED = re.compile(r"(journal|segments|derived|parity|other/\d\d)/(\d{5})/(\d{8})\.([a-z]{3})")


def file_name(kind, number):
    folder, suffix = FOLDERS.get(kind) or (f"other/{kind:02}", "bin")
    return f"{folder}/{number // 1000:05}/{number:08}.{suffix}"


class Directory:
    """The files of an archive by their names in lower case."""

    def __init__(self, path, report):
        self.files, self.numbered, self.replaced = {}, {}, set()
        self.walk(Path(path), "", report)
        for name in [name[:-4] for name in self.files if name.endswith(".new")]:
            if name not in self.files:
                self.files[name] = self.files[name + ".new"]
                self.replaced.add(name)
                self.classify(name)

    def walk(self, folder, prefix, report):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            name = prefix + entry.name.lower()
            if entry.is_dir(follow_symlinks=False):
                if re.fullmatch(r"(journal|segments|derived|parity|other/\d\d)(/\d{5})?|other", name):
                    self.walk(entry.path, name + "/", report)
                else:
                    report("W710", name, "unknown directory")
            elif not entry.is_file(follow_symlinks=False) or name in self.files:
                report("W710", name, "no plain file, or a name twice")
            else:
                self.files[name] = entry.path
                if name.endswith((".new", ".bad")):
                    report("W711", name, "being replaced")
                elif not self.classify(name):
                    report("W710", name, "unknown file")

    def classify(self, name):
        match = NUMBERED.fullmatch(name)
        if match:
            kind = KINDS.get((match[1], match[4])) or (match[4] == "bin" and int(match[1][-2:]))
            number = int(match[3])
            if not kind or number < 1 or file_name(kind, number) != name:
                return False
            self.numbered[kind, number] = name
        return bool(match) or name in HEADERS + HEADS + ("readme.txt", "spec.md")

    def open(self, name):
        """The file as a stream; None if it is not there."""
        return open(self.files[name], "rb") if name in self.files else None

    def bytes(self, name, limit):
        if name not in self.files:
            return None
        with open(self.files[name], "rb") as stream:
            return stream.read(limit + 1)


# ---- Opening (F 7.7) and keyless verification (F 7.8)

class Journal:
    """The valid commits in the journal files, where they stand, and the bytes that are none."""
    LIMIT = 16 * MIB + BLOCK

    def __init__(self, directory, keys, first=1):
        self.directory, self.keys = directory, keys
        self.numbers = sorted(n for kind, n in directory.numbered if kind == "journal" and n >= first)
        self.found, self.back = {}, {}   # generation: [(file, offset)]; in their order, and those put back
        self.chosen = {}  # generation: (file, offset, length)
        self.last = (0, 0)
        for number in self.numbers:
            raw, at = self.raw(number), 0
            while at < len(raw):
                try:
                    commit = Commit.padded(raw[at:at + 2 * BLOCK], keys)
                except Fault:
                    at += PAGE
                else:
                    found = self.back if commit.body[6] < number else self.found
                    found.setdefault(commit.generation, []).append((number, at))
                    at += commit.pages * PAGE

    def raw(self, number):
        return self.directory.bytes(file_name("journal", number), self.LIMIT) or b""

    def commit(self, generation, place):
        with self.directory.open(file_name("journal", place[0])) as stream:
            stream.seek(place[1])
            return Commit.padded(stream.read(2 * BLOCK), self.keys)

    def candidates(self, generation):
        """The valid commits of the generation behind the one chosen last, then those that were put back."""
        places = [place for place in self.found.get(generation, []) if place > self.last] + self.back.get(generation, [])
        return [(self.commit(generation, place), place) for place in places]

    def elsewhere(self, generation):
        return [self.commit(generation, place) for place in self.found.get(generation, []) if place <= self.last]

    def choose(self, commit, place):
        self.chosen[commit.generation] = (*place, commit.pages * PAGE)
        if commit.body[6] >= place[0]:
            self.last = place

    def report_debris(self, known, report):
        """W708 for bytes that are no commit, unless the state knows them or generations are missing there (F 7.3)."""
        places = sorted((place, generation) for generation, place in self.chosen.items())
        back = {g for place, g in places if (place[0], place[1]) in self.back.get(g, [])}
        order = [(place, g) for place, g in places if g not in back]
        for number in self.numbers:
            name, at = file_name("journal", number), 0
            with self.directory.open(name) as stream:
                size = os.fstat(stream.fileno()).st_size
                inside = [(place[1], place[2]) for place, _ in places if place[0] == number]
                for offset, length in inside + [(size, 0)]:
                    if offset > at:
                        before = max((g for place, g in order if place[:2] < (number, at)), default=0)
                        behind = min((g for place, g in order if place[:2] > (number, at)), default=before + 1)
                        while before + 1 in back:
                            before += 1
                        stream.seek(at)
                        debris = [number, at, offset - at, tree_root(stream, offset - at)]
                        if behind <= before + 1 and debris not in known:
                            report("W708", f"{name}+{at}", f"{offset - at} bytes")
                    at = max(at, offset + length)


class Archive:
    """An archive opened at its newest commit. `findings` collects what is wrong with it."""

    def __init__(self, path, recovery=None):
        self.findings, self.seen, self.vouched = [], set(), 0
        need(os.path.isdir(path), "E001", str(path))
        self.directory = Directory(path, self.report)
        self.choose_header(recovery)

    def report(self, code, place, text=""):
        if (code, place) not in self.seen:
            self.seen.add((code, place))
            self.findings.append((code, place, str(text)))

    def choose_header(self, recovery):
        valid, faults = {}, {}
        for name in HEADERS:
            raw = self.directory.bytes(name, Header.LENGTH)
            try:
                need(raw is not None, "W701", "absent")
                valid[name] = Header(raw)
            except Fault as fault:
                faults[name] = fault
        traces = any(name in self.directory.files for name in HEADERS + HEADS) or \
            any(kind == "journal" for kind, _ in self.directory.numbered)
        need(traces, "E001", "no header, head or journal")
        if valid:
            newest = max(header.sequence for header in valid.values())
            self.headers = [header for header in valid.values() if header.sequence == newest]
            self.keys = self.headers[0].keys
            faults.update({name: "older" for name, header in valid.items() if header.sequence < newest})
            if len({header.raw for header in self.headers}) > 1 or len({h.keys.archive_id for h in valid.values()}) > 1:
                self.report("E103", "header", "valid replicas that differ")
            for name, fault in faults.items():
                self.report("W701", name, fault)
            return
        need(any(fault.code != "E002" for fault in faults.values()), "E002", "header")
        self.report("E101", "header", "; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.headers, secrets = [], recovery and Secrets(recovery)
        self.keys = secrets and Keys(secrets.root_public, secrets.content_public)
        need(self.keys, "E101", "only the recovery code can open it")

    def open(self, full=False):
        """Finds the newest commit: `generation`, `head`, `state`. `full` reads all of the journal."""
        heads, self.state, generation, previous = {}, State(), 0, ZERO
        for name in HEADS:
            try:
                raw = self.directory.bytes(name, BLOCK)
                need(raw is not None, "E409", "absent")
                heads[name] = Commit.head(raw, self.keys)
            except Fault as fault:
                heads[name] = fault
        self.heads = heads
        top = self.dismiss(1)
        best = next((head for head in self.counting() if head.generation == top), None)
        checkpoint = self.load_checkpoint(best.body[9]) if best and best.body[9] else None
        if not full and checkpoint and self.is_safe(checkpoint):
            self.journal = Journal(self.directory, self.keys, checkpoint[0][2])
            generation, previous, self.state = checkpoint[0][0], checkpoint[0][1], checkpoint[1]
        else:
            self.journal = Journal(self.directory, self.keys, 1)
        self.walk(generation, previous, checkpoint)
        top = max((head.generation for head in self.counting()), default=0)
        if not top:
            self.report("E407", "heads", "; ".join(str(fault) for fault in heads.values()))
        for head in self.counting():
            if self.hashes.get(head.generation, head.hash) != head.hash:
                self.report("E406", f"generation {head.generation}", "journal and head differ")
        if self.generation > top:
            self.report("W703", "heads", f"journal ends with {self.generation}, heads with {top}")
        for name, head in heads.items():
            if self.generation == top and top and getattr(head, "generation", 0) < top:
                self.report("W704", name, head if isinstance(head, Fault) else "older")
        self.check_header()

    def counting(self):
        return [head for head in self.heads.values() if isinstance(head, Commit)]

    def dismiss(self, k):
        """Heads from generation k on whose writers may not write them do not count. Gives h."""
        for name, head in self.heads.items():
            if isinstance(head, Commit) and head.generation >= k and is_void(head, self.state):
                self.report("E403", name, "does not count")
                self.heads[name] = Fault("E403", "its writer is void")
        return max((head.generation for head in self.counting()), default=self.vouched)

    def is_safe(self, checkpoint):
        """Whether opening may begin at a checkpoint: its commit's writer may remove files, and no head is older."""
        journal = Journal(self.directory, self.keys, checkpoint[0][2])
        added = [commit for commit, _ in journal.candidates(checkpoint[0][0] + 1)]
        return bool(added) and added[0].certificate[3] & 4 and all(head.generation > checkpoint[0][0] for head in self.counting())

    def load_checkpoint(self, reference):
        name = file_name(CHECKPOINT, reference[0])
        try:
            raw = self.directory.bytes(name, 256 * MIB)
            need(raw is not None, "E411", "missing")
            return parse_checkpoint(raw, reference)
        except Fault as fault:
            self.report(fault.code, name, fault.text)

    def walk(self, generation, previous, checkpoint):
        """Steps 3 to 6 of F 7.7. `sure` says whether the state is known to be that of the generation."""
        sure, self.hashes, self.newest = True, {}, None
        while True:
            k = generation + 1
            if checkpoint and checkpoint[0][0] == generation:
                if not sure:
                    sure, previous, self.state = True, checkpoint[0][1], checkpoint[1]
                elif (previous, self.state.encoded()) != (checkpoint[0][1], checkpoint[1].encoded()):
                    self.report("E411", file_name(CHECKPOINT, generation), "not the state of its generation")
            top = self.dismiss(k)
            commit, place, after = self.choose(k, generation, previous, k <= top, sure)
            if commit:
                self.hashes[k], self.newest, previous, self.state = commit.hash, commit, commit.hash, after
                if place:
                    self.journal.choose(commit, place)
            elif k > top:
                break
            else:
                self.report("E408", f"generation {k}", "no copy is left")
                sure = False
            generation = k
        self.generation, self.head = generation, self.newest.hash if self.newest else previous

    def choose(self, k, generation, previous, vouched, sure):
        """The commit of a generation, its place in the journal if it has one, and the state after it. Of a generation
        that a head vouches for also from heads, other places of the journal, segments; the first that obeys."""
        found, fault = self.journal.candidates(k), None
        for commit, place in found:
            try:
                return commit, place, follow(self.state, commit, generation, previous, place[0])
            except Fault as error:
                fault = fault or error
        if not vouched:
            return None, None, None
        if sure or not found:
            self.report(fault.code if fault else "E408", f"generation {k}", fault or "not in the journal")
        others = [head for head in self.counting() if head.generation == k]
        others += self.journal.elsewhere(k)
        others += self.spares(k)
        for commit in others:
            try:
                return commit, found[0][1] if found else None, follow(self.state, commit, generation, previous)
            except Fault:
                pass

        def note(condition, code, text=""):
            if not condition and sure:
                self.report(code, f"generation {k}", text)
        for commit, place in found + [(commit, None) for commit in others]:
            if not is_void(commit, self.state):
                after = follow(self.state, commit, generation, previous, need=note)
                if root_of(after.encoded()) != commit.body[8]:
                    for change in commit.body[7]:
                        name = change[1], change[2]
                        if change[0] == 5 and name in self.state.files:
                            after.files[name], after.packed[name] = self.state.files[name], self.state.packed[name]
                return commit, place, after
        return None, None, None

    def spares(self, k):
        """Copies S of generation k, looked for at every page of every segment."""
        for (kind, _), name in sorted(item for item in self.directory.numbered.items() if item[0][0] == SEGMENT):
            with self.directory.open(name) as stream:
                for at in range(0, os.fstat(stream.fileno()).st_size, PAGE):
                    stream.seek(at)
                    raw = stream.read(128)
                    try:
                        if raw[:8] == b"PARCHREC" and Record.parse(raw).kind == Record.COMMIT:
                            commit = Commit.padded(raw + stream.read(BLOCK - 128), self.keys)
                            if commit.generation == k:
                                yield commit
                    except Fault:
                        pass

    def check_header(self):
        if not self.headers or not self.newest:
            return
        sequence, expected = self.newest.body[3], self.newest.body[4]
        if self.headers[0].sequence != sequence:
            self.report("E102" if self.headers[0].sequence < sequence else "W702", "header", f"commit names {sequence}")
        elif expected not in [header.hash for header in self.headers]:
            self.report("E103", "header", "of another hash than the newest commit names")

    def verify(self):
        """What F 7.8 calls keyless verification, after `open(full=True)`."""
        self.journal.report_debris(self.state.debris, self.report)
        if self.headers:
            for key, name, limit in (7, "readme.txt", BLOCK), (8, "spec.md", MIB):
                raw = self.directory.bytes(name, limit)
                if raw is None or len(raw) > limit or root_of(raw) != self.headers[0].body[key]:
                    self.report("W709", name, "absent or changed")
        for name, entry in sorted(self.state.files.items()):
            try:
                self.check_file(entry)
            except Fault as fault:
                self.report(fault.code, file_name(*name), fault.text)
        for name in sorted(set(self.directory.numbered) - set(self.state.files), key=str):
            if name[0] not in ("journal", "sidecar") and file_name(*name) not in self.directory.replaced:
                self.report("W707", file_name(*name), "no commit names it")

    def check_file(self, entry):
        place, length = file_name(entry[0], entry[1]), entry[2]
        stream = self.directory.open(place)
        need(stream, "E501", "missing")
        faults = []
        with stream:
            check_live(stream, entry, lambda *fault: faults.append(fault), self.copy_of(entry))
        need(place not in self.directory.replaced or "E503" not in dict(faults), "E501", "its .new is not it")
        for code, text in faults:
            self.report(code, place, text)

    def copy_of(self, entry):
        """Copy J, padded, of the generation that the state gives for a segment; None if the journal has it no more."""
        if entry[4] not in (OPEN, SEALED) or entry[6] not in self.journal.chosen:
            return None
        raw = self.journal.commit(entry[6], self.journal.chosen[entry[6]]).raw
        return raw + bytes(-len(raw) % PAGE)


def check_live(stream, entry, report, copy):
    """A live file against its entry in the state (F 6)."""
    size, end = os.fstat(stream.fileno()).st_size, entry[2]
    need(size >= end, "E502", f"{size} bytes of {end}")
    if tree_root(stream, end) != entry[3]:
        report("E503", "other bytes than committed")
    if entry[4] in (OPEN, SEALED):
        tail = stream.read(PAGE * entry[5])
        if copy is not None and tail != copy:
            report("W705", "copy of the commit")
    elif entry[4] == CLOSED and (size - end, tree_root(stream, size - end)) != (entry[9], entry[10]):
        report("W706", "debris is not what was closed")
    if entry[4] != CLOSED and size > end + PAGE * entry[5]:
        report("W706", f"{size - end - PAGE * entry[5]} bytes of debris")


# ---- Records inside the encryption (F 8)

OBJECTS, INDEX, MANIFEST, RUN = 1, 2, 3, 4
CONTENT, PART, BLOB = 1, 2, 3


def parse_objects(data):
    """The objects of a group as (kind, position, size)."""
    count = int.from_bytes(data[:4], "little")
    at = 4 + 5 * count
    need(len(data) >= 4 and 1 <= count <= 1_000_000 and at <= len(data), "E607", "count")
    objects = []
    for kind, size in struct.iter_unpack("<BI", data[4:at]):
        need(1 <= kind <= 3, "E607", "kind")
        objects.append((kind, at, size))
        at += size
    need(at == len(data), "E607", "sizes")
    return objects


def parse_index(data):
    """The entries of an index as (id, kind, segment, offset, position, size)."""
    n = int.from_bytes(data[:4], "little")
    need(len(data) == 4 + 49 * n, "E607", "length")
    ids, kinds = data[4:4 + 32 * n], data[4 + 32 * n:4 + 33 * n]
    columns = [struct.unpack_from(f"<{n}I", data, 4 + 33 * n + 4 * n * i) for i in range(4)]
    last = b""
    for i in range(n):
        name = ids[32 * i:32 * i + 32] + kinds[i:i + 1]
        need(name > last and 1 <= kinds[i] <= 3 and 1 <= columns[0][i] <= 99_999_999, "E607", "order or kind")
        last = name
        yield name[:32], kinds[i], columns[0][i], columns[1][i] * 64, columns[2][i], columns[3][i]


def base64_lines(pieces, width, ending):
    """Base64 of joined pieces in lines of `width` characters, or in one line (F 8.2)."""
    unit, waiting, started = width // 4 * 3 or 3, b"", False

    def lines(data):
        text = base64.b64encode(data)
        return ending.join(text[i:i + width] for i in range(0, len(text), width)) if width else text
    for piece in pieces:
        waiting += piece
        whole = len(waiting) // unit * unit
        if whole:
            yield (ending if started and width else b"") + lines(waiting[:whole])
            waiting, started = waiting[whole:], True
    if waiting:
        yield (ending if started and width else b"") + lines(waiting)


def rebuild(content, part):
    """The pieces of the message in a content object (F 8.2); `part` gives the bytes of (id, size)."""
    length = int.from_bytes(content[:4], "little")
    need(len(content) >= 4 + length and len(content) >= 4 and length <= MIB, "E603", "shorter than its recipe")
    literal, at = content[4 + length:], 0
    steps = decode(content[4:4 + length]) if length else [len(literal)]
    for step in steps if isinstance(steps, list) else []:
        known = not (isinstance(step, list) and step and type(step[0]) is int) or step[0] in (1, 2)
        need(known, "E604", f"step {step!r:.20}")
    SCHEMA.rules["recipe"](steps)
    for step in steps:
        if isinstance(step, int):
            need(at + step <= len(literal), "E603", "more literal bytes than there are")
            yield literal[at:at + step]
            at += step
        elif step[0] == 2:
            yield from (part(*item) for item in step[1])
        else:
            need(step[2] % 4 == 0, "E603", "length of lines")
            yield from base64_lines((part(*item) for item in step[1]), step[2], (b"\n", b"\r\n", b"\r")[step[3]])
    need(at == len(literal), "E603", "literal bytes left over")


def check_message(pieces, identity, size, content_id_key, sink):
    """Writes a message piece by piece; its size (None: any) and its id must be right."""
    state, total = hashlib.blake2b(digest_size=32, key=content_id_key), 0
    for piece in pieces:
        total += len(piece)
        need(total <= (2 ** 40 if size is None else size), "E606")
        state.update(piece)
        sink.write(piece)
    need(size in (None, total), "E603", f"{total} bytes in place of {size}")
    need(state.digest() == identity, "E602")


class Nowhere:
    """A sink for a message that is only checked."""

    def write(self, data):
        pass

    def seek(self, at):
        pass

    truncate = seek


class Catalogue:
    """The messages of an opened archive, and where their bytes stand."""
    CACHED = 4  # decoded records, of 16 MiB at most

    def __init__(self, archive, secrets):
        self.archive, self.secrets, self.report = archive, secrets, archive.report
        self.keys, self.cache, self.faults = {}, OrderedDict(), {}
        self.listed = {}    # segment: {(type, offset divided by 64, stored length)} of the pointer blobs
        self.places = {}    # kind and id of an object: [(segment, offset, position, size)]
        self.messages = {}  # content id: [size, placements as (mailbox, path), envelope]
        self.manifests = []  # where they stand
        self.segments = {number: entry for (kind, number), entry in archive.state.files.items() if kind == SEGMENT}
        for number in sorted(self.segments):
            self.load(number, self.segments[number])

    def attempt(self, place, action, *arguments):
        """What the action gives; a fault becomes a finding, and gives None."""
        try:
            return action(*arguments)
        except Fault as fault:
            self.report(fault.code, place, fault.text)

    def load(self, number, entry):
        name, identity = file_name(SEGMENT, number), self.archive.keys.archive_id
        if 7 not in entry or name not in self.archive.directory.files:
            return
        self.keys[number] = key = self.attempt(name, self.secrets.segment_key, entry[7], identity, number)
        self.listed[number] = set()
        for generation, blob in entry[8] if key else []:
            place = f"{name} generation {generation}"
            data = self.attempt(place, open_pointers, blob, key, identity, number, generation)
            pointers = [tuple(pointer) for pointer in decode(data)] if data else []
            self.listed[number].update(pointers)
            for kind, offset, _ in pointers:
                if kind in (INDEX, MANIFEST):
                    self.attempt(f"{name}+{offset * 64}", self.take, number, offset * 64, kind)

    def take(self, segment, offset, expected):
        kind, data = self.record(segment, offset)
        need(kind == expected, "E312", f"type {kind} in place of {expected}")
        if kind == INDEX:
            for identity, kind, *place in parse_index(data):
                self.places.setdefault(bytes([kind]) + identity, []).append(tuple(place))
            return
        item = cbor(data, "manifest")
        self.manifests.append((segment, offset))
        for entry in item[3]:
            message = self.messages.setdefault(entry[0], [entry[1], [], {}])
            message[2] = message[2] or entry.get(3, {})
            for placement in entry[2]:
                need(placement[0] < len(item[0]) and placement[1] < len(item[1]), "E607", "run or folder")
                message[1].append(item[1][placement[1]][:2])

    def joined(self):
        """All manifests as one, with the runs by their ids in place of positions (F 8.4)."""
        whole = {0: [], 1: [], 2: [], 3: [], 4: []}
        for place in self.manifests:
            item, shift = decode(self.record(*place)[1]), len(whole[0])
            moved = [placement for entry in item[3] for placement in entry[2]] + item[2] + item[4]
            for entry in moved:
                entry[0] += shift
            for key in whole:
                whole[key] += item[key]
        return whole

    def record(self, segment, offset):
        """Type and decoded bytes of a data record. A fault of it is raised anew each time, and reported once."""
        place = segment, offset
        if place in self.faults:
            raise self.faults[place]
        if place not in self.cache:
            try:
                self.cache[place] = self.read(segment, offset)
            except Fault as fault:
                self.faults[place] = fault
                raise
            while len(self.cache) > self.CACHED:
                self.cache.popitem(last=False)
        self.cache.move_to_end(place)
        return self.cache[place]

    def read(self, segment, offset):
        need(self.keys.get(segment), "E506")
        with self.archive.directory.open(file_name(SEGMENT, segment)) as stream:
            found = Record.read(stream, self.archive.keys.archive_id, segment, offset, self.segments[segment][2])
        return open_data(*found, self.keys[segment])

    def object_at(self, place):
        """The bytes of an object; None where the record cannot be had (which is reported once, as the record's)."""
        segment, offset, position, size = place
        if not self.keys.get(segment):
            return None
        found = self.attempt(f"{file_name(SEGMENT, segment)}+{offset}", self.record, segment, offset)
        if not found:
            return None
        need(found[0] == OBJECTS and position + size <= len(found[1]), "E607", "an entry points outside")
        return found[1][position:position + size]

    def fetch(self, kind, identity, accept):
        """Tries each place of an object until `accept` raises no fault (F 8.3)."""
        for place in self.places.get(bytes([kind]) + identity, []):
            try:
                data = self.object_at(place)
                if data is not None:
                    return accept(data)
            except Fault as fault:
                self.report(fault.code, f"object {kind} {identity.hex()}", fault.text)
        raise Fault("E601", f"object {kind} {identity.hex()}")

    def plain_object(self, kind, identity, size=None):
        def accept(data):
            need(H(data, key=self.secrets.content_id_key) == identity, "E602")
            return data
        data = self.fetch(kind, identity, accept)
        need(size in (None, len(data)), "E603", "size of a part")
        return data

    def message(self, identity, size, sink):
        def accept(content):
            sink.seek(0)
            sink.truncate(0)
            part = lambda identity, size: self.plain_object(PART, identity, size)
            check_message(rebuild(content, part), identity, size, self.secrets.content_id_key, sink)
        self.fetch(CONTENT, identity, accept)

    def verify(self):
        """Keyed verification (F 7.8), beyond the keyless one."""
        for number, entry in sorted(self.segments.items()):
            if self.keys.get(number):
                self.check_segment(number, entry)
        wanted = {bytes([CONTENT]) + identity: message[0] for identity, message in self.messages.items()}
        order = sorted(self.places, key=lambda name: self.places[name][0])
        for name in order + [name for name in wanted if name not in self.places]:
            place = f"object {name[0]} {name[1:].hex()}"
            if name[0] == CONTENT:
                self.attempt(place, self.message, name[1:], wanted.get(name), Nowhere())
            else:
                self.attempt(place, self.plain_object, name[0], name[1:])

    def check_segment(self, number, entry):
        """Every record of a segment (F 5, F 5.3), and the pointers to them (F 7.5), if no record is in the way."""
        name, records, found, failed, at = file_name(SEGMENT, number), [], set(), set(), 0
        with self.archive.directory.open(name) as stream:
            while at < entry[2]:
                try:
                    record, raw, body = Record.read(stream, self.archive.keys.archive_id, number, at, entry[2])
                except Fault as fault:
                    self.report(fault.code, f"{name}+{at}", fault.text)
                    failed.add(at // 64)
                    at = next_record(stream, at + 64, entry[2], resync=True)
                    continue
                kind = self.attempt(f"{name}+{at}", self.check_record, record, body, entry, None if failed else records)
                if record.kind == Record.DATA and kind is None:
                    failed.add(at // 64)
                elif kind not in (None, OBJECTS):
                    found.add((kind, at // 64, record.length))
                records.append(record)
                try:
                    at = next_record(stream, at + 128 + record.length, entry[2])
                except Fault as fault:
                    self.report(fault.code, f"{name}+{at + 128 + record.length}", fault.text)
                    at = next_record(stream, at + 128 + record.length, entry[2], resync=True)
        if entry[4] == SEALED and (not records or records[-1].kind != Record.FOOTER) and not failed:
            self.report("E508", name, "no footer at the end")
        if found != self.listed[number] and not failed:
            self.report("E507", name, "pointers are not those of the records")

    def check_record(self, record, body, entry, before):
        """The type of a data record, or None. `before` are the records before it, None if not all of them are known."""
        opening = record.kind == Record.OPENING
        need(opening == (record.offset == 0), "E505", "no opening record, or one too many")
        if opening:
            check_opening(body)
            need(body == entry[7], "E505", "another envelope than the commit names")
        elif record.kind == Record.FOOTER:
            need(entry[4] in (SEALED, CLOSED), "E508", "in a segment that is not sealed")
            if before is not None:
                check_footer(body, entry[7], before)
        elif record.kind == Record.COMMIT:
            Commit(record_bytes(record, body), self.archive.keys)
        elif record.kind == Record.TABLE:
            check_table(body)
        else:
            kind, data = self.record(record.segment, record.offset)
            if kind == OBJECTS:
                parse_objects(data)
            elif kind == RUN:
                cbor(data, "run")
            elif kind not in (INDEX, MANIFEST):  # those were checked when they were loaded
                need(kind >= 128, "E312", f"type {kind}")
                self.report("W714", f"{file_name(SEGMENT, record.segment)}+{record.offset}", f"type {kind}")
            return kind


def record_bytes(record, body):
    return Record.LAYOUT.pack(*record) + body


def check_table(body):
    """F 5.4."""
    need(16 < len(body) <= 16 + 8 * MIB, "E509")
    generation, index, count = struct.unpack("<QII", body[:16])
    need(generation and index < count, "E509")


def next_record(stream, at, end, resync=False):
    """Where the next record begins; only zero bytes may stand before it, unless a bad record is passed over."""
    while at < end:
        stream.seek(at)
        chunk = stream.read(min(BLOCK + -at % 64, end - at))
        if not chunk:
            return end
        if resync:
            start = chunk.find(b"PARCHREC")
            while start >= 0 and ((at + start) % 64 or zlib.crc32(chunk[start:start + 124]).to_bytes(4, "little") !=
                                  chunk[start + 124:start + 128]):
                start = chunk.find(b"PARCHREC", start + 1)
            if start >= 0:
                return at + start
            at += max(64, len(chunk) - 192) // 64 * 64
        else:
            used = chunk.lstrip(b"\0")
            if used:
                start = at + len(chunk) - len(used)
                need(start % 64 == 0, "E309", "padding")
                return start
            at += len(chunk)
    return end


# ---- The command line

def read_secret_files(options):
    """What `open_slot` takes, and the root secret of a recovery code."""
    def text(path):
        return Path(path).read_text("utf-8") if path else None
    passphrase = text(options.passphrase_file)
    return ({"passphrase": passphrase and re.split("\r?\n", passphrase)[0],
             "key_file": options.key_file and from_key_text(text(options.key_file), "key"),
             "identity": options.identity_file and from_key_text(text(options.identity_file), "identity")},
            options.recovery_file and from_recovery_code(text(options.recovery_file)))


def unlock(archive, given, recovery):
    if recovery:
        secrets = Secrets(recovery)
        need(secrets.fits(archive.keys), "E004", "the recovery code is not of this archive")
        return secrets
    for slot in archive.headers[0].body[4] if archive.headers else []:
        try:
            return open_slot(slot, archive.keys, **given)[0]
        except Fault as fault:
            need(fault.code == "E004", fault.code, fault.text)
    raise Fault("E004")


def printable(data):
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def run(options):
    """Does what the command line asks for; gives the archive with its findings."""
    given, recovery = read_secret_files(options)
    keyed, verifying = recovery or any(value is not None for value in given.values()), options.command == "verify"
    need(keyed or verifying, "E004", "give a secret")
    try:
        archive = Archive(options.archive, recovery)
    except Fault as fault:
        return None, [(fault.code, options.archive, fault.text)]
    try:
        for operation, name, asked in (0, "read", keyed), (1, "verify", verifying):
            for header in archive.headers[:1] if asked else []:
                header.demand(operation, name)
        secrets = unlock(archive, given, recovery) if keyed else None
        archive.open(full=verifying)
        if verifying:
            archive.verify()
        archive.catalogue = catalogue = Catalogue(archive, secrets) if keyed else None
        if keyed and verifying:
            catalogue.verify()
        if options.command == "list" and not getattr(options, "quiet", False):
            for identity, (size, folders, envelope) in catalogue.messages.items():
                places = sorted({printable(b"/".join([mailbox, *path])) for mailbox, path in folders})
                print(identity.hex(), size, "; ".join(places), printable(envelope.get(4, b"")), sep="\t")
        elif options.command == "export":
            export(catalogue, Path(options.destination))
    except Fault as fault:
        archive.report(fault.code, options.archive, fault.text)
    return archive, archive.findings


def export(catalogue, destination):
    need(not destination.exists() or not any(destination.iterdir()), "E013", str(destination))
    destination.mkdir(parents=True, exist_ok=True)
    for identity, (size, _, _) in catalogue.messages.items():
        unfinished = destination / "unfinished"
        with open(unfinished, "wb") as sink:
            place = f"object {CONTENT} {identity.hex()}"
            done = catalogue.attempt(place, lambda: catalogue.message(identity, size, sink) or True)
        if done:
            unfinished.rename(destination / f"{identity.hex()}.eml")
        else:
            unfinished.unlink()


def exit_status(findings, strict=False):
    codes = [code for code, _, _ in findings]
    if any(code < "E100" for code in codes):
        return 3
    return 2 if any(code < "W" for code in codes) else 1 if codes and strict else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verify, list or export a portable-archive.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in "verify", "list", "export":
        command = commands.add_parser(name)
        command.add_argument("archive")
        if name == "export":
            command.add_argument("destination")
        for secret in "passphrase-file", "recovery-file", "key-file", "identity-file":
            command.add_argument("--" + secret)
        command.add_argument("--json", action="store_true")
        command.add_argument("--strict", action="store_true", help="warnings give exit status 1")
    command = commands.add_parser("part", help="check one part alone, with the context of a test vector")
    command.add_argument("kind")
    command.add_argument("file")
    command.add_argument("--context", default="{}", help="JSON, or @FILE")
    commands.add_parser("vectors", help="check every test vector").add_argument("directory")
    options = parser.parse_args(arguments)
    if options.command in ("part", "vectors"):
        import run_vectors
        return run_vectors.main(options)
    archive, findings = None, []
    try:
        archive, findings = run(options)
    except Fault as fault:
        findings = [(fault.code, options.archive, fault.text)]
    except (OSError, UnicodeDecodeError) as error:
        findings = [("E005", options.archive, str(error))]
    head = archive.head.hex() if hasattr(archive, "head") else None
    if options.json:
        keys = getattr(archive, "keys", None)
        print(json.dumps({"archive_id": keys and keys.archive_id.hex(), "head": head, "findings": findings,
                          "generation": getattr(archive, "generation", None)}))
    else:
        for finding in findings:
            print(*finding, file=sys.stdout if options.command == "verify" else sys.stderr)
    return exit_status(findings, options.strict)


if __name__ == "__main__":
    sys.exit(main())
