"""Faults, CBOR (format.md, section 3, and schema.cddl), hashes, keys, slots and signatures (cryptography.md)."""
import hashlib
import re
import struct
import unicodedata
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

import cddl_verifier
from nacl import bindings as sodium, exceptions, pwhash

SCHEMA = cddl_verifier.Validator((Path(__file__).resolve().parents[3] / "Spec/schema.cddl").read_text())
TIMES = {"header": 3, "commit": 2, "certificate": 4, "revocation": 2}
SIMPLE = {20: False, 21: True, 22: None}
PRIME = 2**255 - 19
MAX_MEMORY, MAX_PASSES = 1 << 20, 10
SLOT = struct.Struct("<BBHIII16s32s32s24s48s104sIQI")
Slot = namedtuple("Slot", "kind rights zero memory passes threads salt point commitment nonce sealed "
                          "label id time tail")


class Fault(Exception):
    """What is wrong: a code of errors.md, perhaps a cause. As a result of something it counts as false."""
    code = property(lambda fault: fault.args[0])

    def __bool__(self):
        return False

def need(**conditions):
    """Conditions by the code of the fault if they do not hold; the first one counts."""
    for code, holds in conditions.items():
        if not holds:
            raise Fault(code)

def attempt(function, *arguments):
    """What the function gives, or the fault that it meets."""
    try:
        return function(*arguments)
    except Fault as fault:
        return fault

@contextmanager
def failing(code, *errors):
    """Makes a fault of these errors."""
    try:
        yield
    except errors as error:
        raise Fault(code, error) from None

def read_item(data, at, depth=0):
    """The CBOR item at a place, and where it ends."""
    need(E202=at < len(data))
    major, argument, at = data[at] >> 5, data[at] & 31, at + 1
    need(E201=argument < 28, E209=major < 6 or major == 7 and argument in SIMPLE)
    if argument >= 24:
        least, end = (24, 1 << 8, 1 << 16, 1 << 32)[argument - 24], at + (1 << argument - 24)
        need(E202=end <= len(data))
        argument, at = int.from_bytes(data[at:end], "big"), end
        need(E201=argument >= least)
    if major in (0, 1, 7):
        need(E209=argument < 1 << 63)
        return SIMPLE[argument] if major == 7 else -1 - argument if major else argument, at
    need(E205=argument <= (len(data) - at) // (2 if major == 5 else 1))
    if major < 4:
        with failing("E208", UnicodeDecodeError):
            string = data[at:at + argument]
            return string.decode() if major == 3 else string, at + argument
    need(E204=depth < 16)
    items, starts = [], []
    for _ in range(argument * (major - 3)):
        starts.append(data[at:at + 1])
        item, at = read_item(data, at, depth + 1)
        items.append(item)
    if major == 4:
        return items, at
    keys, starts = items[::2], starts[::2]
    need(E206=all(type(key) is int and key >= -24 for key in keys))
    need(E207=max(keys, default=0) < 24, E201=starts == sorted(set(starts)))
    return dict(zip(keys, items[1::2])), at

def decode(data):
    value, end = read_item(bytes(data), 0)
    need(E203=end == len(data))
    return value

def is_fixed(fault):
    """Whether a fault of the schema is too many items for an array of fixed length: none there is longer than 5."""
    most = re.search(r"expected at most (\d+) element", fault.message)
    return bool(most) and int(most[1]) <= 5

def parse(data, rule):
    """The CBOR item that the bytes are, which has to match a rule of schema.cddl."""
    value = decode(data)
    for fault in SCHEMA.validate(bytes(data), root_type=rule).diagnostics:
        while fault.alternatives:
            fault = max(fault.alternatives, key=lambda each: (not is_fixed(each), each.offset))
        over = str(fault.actual).isdigit() and "at most" in fault.expected and not is_fixed(fault)
        raise Fault("E207" if fault.category == "unknown" else "E205" if over else "E206", fault.message)
    need(E206=rule not in TIMES or value[TIMES[rule]] % 60 == 0)
    return value

def H(*parts, key=b"", size=32):
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key).digest()

def root(data, start=0, end=None):
    """The tree hash (format.md, section 2) of the bytes from start to end."""
    end = len(data) if end is None else end
    blocks = (data[at:min(at + 65536, end)] for at in range(start, end, 65536))
    return H(b"\1", (end - start).to_bytes(8, "little"), *(H(b"\0", block) for block in blocks))

def label(name):
    return b"portable-archive/1 " + name.encode() + b"\0"

def derive(key, name, *message, size=32):
    return H(label(name), *message, key=key, size=size)

def unseal(code, key, nonce, sealed, additional):
    with failing(code, exceptions.CryptoError):
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, additional, nonce, key)

def exchange(code, secret, point):
    """X25519, which must not give zero."""
    with failing(code, exceptions.CryptoError):
        return sodium.crypto_scalarmult(secret, point)

def check_signing_key(code, key):
    """Refuses a key that is not canonical or of small order: then X25519 gives zero for the same point."""
    y = int.from_bytes(key, "little") % 2**255
    need(**{code: y < PRIME})
    exchange(code, bytes(32), ((1 + y) * pow(1 - y, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))

def check_envelope(envelope):
    need(E505=len(envelope) == 176 and envelope[:8] == b"\1" + bytes(7))


class Keys(namedtuple("Keys", "signing content")):
    """The root public keys of an archive."""
    archive_id = property(lambda keys: H(label("archive-id"), *keys))

    def verify(self, code, name, body, signature, signer=None):
        with failing(code, exceptions.CryptoError):
            sodium.crypto_sign_open(signature + label(name) + self.archive_id + body, signer or self.signing)

    def open_signed(self, rule, signed):
        """What stands in a certificate or a revocation."""
        with failing("E402", Fault):
            body = parse(signed[:-64], rule)
        need(E402=(body[1], body[2] if rule == "certificate" else self.content) == self)
        self.verify("E402", rule, signed[:-64], signed[-64:])
        return body


class Secrets:
    """All that follows from the root secret or, for reading only, from the read secret."""

    def __init__(self, secret, read_only=False):
        read = secret if read_only else derive(secret, "read")
        signing = None if read_only else sodium.crypto_sign_seed_keypair(derive(secret, "root-signing"))[0]
        self.content_secret, self.psk = derive(read, "content-key"), derive(read, "psk")
        self.content_id_key = derive(read, "content-id")
        self.keys = Keys(signing, sodium.crypto_scalarmult_base(self.content_secret))

    def check(self, keys):
        need(E004=self.keys.content == keys.content and self.keys.signing in (None, keys.signing))
        return self

    def segment_key(self, envelope, archive_id, segment):
        check_envelope(envelope)
        writer, point, nonce, sealed = envelope[8:40], envelope[40:72], envelope[72:96], envelope[96:144]
        place, shared = archive_id + segment.to_bytes(4, "little"), exchange("E506", self.content_secret, point)
        wrapping = derive(self.psk, "segment-key", shared, point, self.keys.content, place, writer)
        key = unseal("E506", wrapping, nonce, sealed, place + envelope[:4] + writer + point)
        need(E506=derive(key, "segment-commitment", place) == envelope[144:])
        return key

def check_slots(slots):
    slots = [Slot(*SLOT.unpack(slot)) for slot in slots]
    for slot in slots:
        argon = 8 <= slot.memory <= 1 << 20 and 1 <= slot.passes <= 10 and slot.threads == 1
        costs = argon if slot.kind in (1, 3) else not (slot.memory or slot.passes or slot.threads)
        unused = any(slot.salt if slot.kind == 4 else slot.point) or slot.zero or slot.tail
        need(E118=1 <= slot.kind <= 4 and slot.rights <= 1 and costs and not unused and slot.time % 60 == 0)
    need(E118=len({slot.id for slot in slots}) == len(slots) and sum(slot.kind in (1, 3) for slot in slots) <= 8)

def slot_key(slot, archive_id, given):
    """The 64 bytes of a slot that follow from what is given: "passphrase", "key" or "identity"."""
    wanted = {1: {"passphrase"}, 2: {"key"}, 3: {"passphrase", "key"}, 4: {"identity"}}[slot.kind]
    need(E004=given.keys() >= wanted, E011=slot.memory <= MAX_MEMORY and slot.passes <= MAX_PASSES)
    if slot.kind == 4:
        public = sodium.crypto_scalarmult_base(given["identity"])
        shared = exchange("E004", given["identity"], slot.point)
        return derive(shared, "slot-recipient", slot.point, public, archive_id, size=64)
    if slot.kind == 2:
        return derive(given["key"], "slot-key-file", slot.salt, archive_id, size=64)
    text = unicodedata.normalize("NFC", given["passphrase"]).encode()
    stretched = pwhash.argon2id.kdf(64, text, slot.salt, opslimit=slot.passes, memlimit=slot.memory * 1024)
    return stretched if slot.kind == 1 else derive(given["key"], "slot-both", stretched, size=64)

def open_slot(raw, keys, given):
    slot = Slot(*SLOT.unpack(raw))
    key = slot_key(slot, keys.archive_id, given)
    need(E004=sodium.sodium_memcmp(key[32:], slot.commitment))
    secret = unseal("E004", key[:32], slot.nonce, slot.sealed, keys.archive_id + raw[:64] + raw[272:])
    return Secrets(secret, read_only=slot.rights == 1).check(keys)

def from_words(text):
    """The bytes that words of five letters stand for."""
    bits, words = 0, re.findall(r"[^\s-]+", text.lower())
    for word in words:
        need(E015=re.fullmatch("[bdfghjklmnprstvz]([aiou][bdfghjklmnprstvz]){2}", word))
        for alphabet, letter in zip(["bdfghjklmnprstvz", "aiou"] * 3, word):
            bits = bits * len(alphabet) + alphabet.index(letter)
    return bits.to_bytes(2 * len(words), "big")

def from_recovery_code(text):
    code = from_words(text)
    need(E015=len(code) == 36 and H(label("recovery"), code[:32])[:4] == code[32:])
    return code[:32]

def from_key_text(text, kind):
    """The 32 bytes in the text form of a key file, an identity or a recipient."""
    prefix = f"portable-archive-{kind}-1:"
    match = re.fullmatch(prefix + r"([0-9a-f]{72})\r?\n?", text)
    data = bytes.fromhex(match[1]) if match else b""
    need(E015=match and H(label("text"), prefix.encode(), data[:32])[:4] == data[32:])
    return data[:32]
