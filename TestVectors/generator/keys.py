"""Keys, slots, certificates and text forms of Spec/cryptography.md."""
import hashlib
import struct
import unicodedata

from nacl import bindings as sodium

from cbor import encode

HEADER_SIZE = 16384
MINUTE = 1_700_000_040 // 60 * 60


class Stream:
    """Fixed randomness: BLAKE2b over a name and a counter."""

    def __init__(self, name):
        self.name, self.counter = name.encode(), 0

    def __call__(self, size):
        out = b""
        while len(out) < size:
            out += hashlib.blake2b(struct.pack("<Q", self.counter) + self.name, person=b"parchive vectors").digest()
            self.counter += 1
        return out[:size]


def label(name):
    return b"portable-archive/1 " + name.encode() + b"\0"


def H(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def keyed(key, data, size=32):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def derive(key, name, message=b"", size=32):
    return keyed(key, label(name) + message, size)


def root(data):
    """The tree hash of format.md, section 2."""
    leaves = [H(b"\0" + data[i:i + 65536]) for i in range(0, len(data), 65536)]
    return H(b"\1" + struct.pack("<Q", len(data)) + b"".join(leaves))


def seal(key, nonce, plain, ad):
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, nonce, key)


def dh(secret, public):
    return sodium.crypto_scalarmult(secret, public)


class Signer:
    def __init__(self, seed):
        self.seed = seed
        self.public, self.secret = sodium.crypto_sign_seed_keypair(seed)

    def sign(self, message):
        return sodium.crypto_sign(message, self.secret)[:64]


class Keys:
    """All that follows from a root secret (cryptography.md, section 2)."""

    def __init__(self, root_secret):
        self.root_secret = root_secret
        self.root_signing = Signer(derive(root_secret, "root-signing"))
        self.root_writer_seed = derive(root_secret, "root-writer")
        self.read_secret = derive(root_secret, "read")
        self.content_secret = derive(self.read_secret, "content-key")
        self.content_public = sodium.crypto_scalarmult_base(self.content_secret)
        self.content_id_key = derive(self.read_secret, "content-id")
        self.psk = derive(self.read_secret, "psk")
        self.label_key = derive(self.read_secret, "slot-label")
        self.catalogue_key = derive(self.read_secret, "catalogue")
        self.archive_id = H(label("archive-id") + self.root_signing.public + self.content_public)
        self.credential_commitment = H(label("credential") + self.psk + self.content_id_key)

    def object_id(self, data):
        return keyed(self.content_id_key, data)


# ---- words and text forms

def words(data):
    con, vow = "bdfghjklmnprstvz", "aiou"
    out = []
    for (n,) in struct.iter_unpack(">H", data):
        out.append(con[n >> 12] + vow[n >> 10 & 3] + con[n >> 6 & 15] + vow[n >> 4 & 3] + con[n & 15])
    return "-".join(out)


def recovery_code(root_secret):
    return words(root_secret + H(label("recovery") + root_secret)[:4])


def key_text(kind, data):
    prefix = f"portable-archive-{kind}-1:"
    return prefix + (data + H(label("text") + prefix.encode() + data)[:4]).hex() + "\n"


# ---- slots

class Slot:
    """One slot. Every field can be changed before build() to make a wrong one."""

    def __init__(self, keys, rand, kind, rights=0, text="", slot_id=1, passphrase=None, key_file=None, recipient=None,
                 memory=8, passes=1, parallelism=1, created=MINUTE):
        self.keys, self.kind, self.rights, self.text, self.slot_id = keys, kind, rights, text, slot_id
        self.passphrase, self.key_file, self.recipient = passphrase, key_file, recipient
        argon = kind in (1, 3)
        self.memory, self.passes, self.parallelism = (memory, passes, parallelism) if argon else (0, 0, 0)
        self.created = created
        self.salt = rand(16) if kind != 4 else bytes(16)
        self.ephemeral_secret = rand(32)
        self.ephemeral = sodium.crypto_scalarmult_base(self.ephemeral_secret) if kind == 4 else bytes(32)
        self.nonce, self.label_nonce = rand(24), rand(24)
        self.secret = keys.root_secret if rights == 0 else keys.read_secret
        self.reserved, self.tail = 0, 0
        self.flip_commitment = False

    def argon2id(self):
        text = unicodedata.normalize("NFC", self.passphrase).encode()
        return sodium.crypto_pwhash_alg(64, text, self.salt, self.passes, self.memory * 1024,
                                        sodium.crypto_pwhash_ALG_ARGON2ID13)

    def stretched(self):
        if self.kind == 1:
            return self.argon2id()
        if self.kind == 2:
            return derive(self.key_file, "slot-key-file", self.salt + self.keys.archive_id, 64)
        if self.kind == 3:
            return derive(self.key_file, "slot-both", self.argon2id(), 64)
        shared = dh(self.ephemeral_secret, self.recipient)
        return derive(shared, "slot-recipient", self.ephemeral + self.recipient + self.keys.archive_id, 64)

    def build(self, stretched=None):
        first = struct.pack("<BBHIII", self.kind, self.rights, self.reserved, self.memory, self.passes, self.parallelism)
        first += self.salt + self.ephemeral
        last = struct.pack("<IQI", self.slot_id, self.created, self.tail)
        wrap = stretched or self.stretched()
        key, commitment = wrap[:32], wrap[32:]
        if self.flip_commitment:
            commitment = bytes([commitment[0] ^ 1]) + commitment[1:]
        sealed = seal(key, self.nonce, self.secret, self.keys.archive_id + first + last)
        body = first + commitment + self.nonce + sealed
        plain = self.text.encode().ljust(64, b"\0")
        ad = label("slot-label") + self.keys.archive_id + body + last
        return body + self.label_nonce + seal(self.keys.label_key, self.label_nonce, plain, ad) + last


# ---- certificates, revocations, credentials

def signed(keys, name, cbor_bytes, signer=None):
    signer = signer or keys.root_signing
    return cbor_bytes + signer.sign(label(name) + keys.archive_id + cbor_bytes)


def certificate_map(keys, writer_public, capabilities=15, created=MINUTE):
    return {0: writer_public, 1: keys.root_signing.public, 2: keys.content_public, 3: capabilities, 4: created}


def certificate(keys, writer_public, capabilities=15, created=MINUTE, signer=None, **changes):
    item = certificate_map(keys, writer_public, capabilities, created)
    item.update({int(k[1:]): v for k, v in changes.items()})
    return signed(keys, "certificate", encode(item), signer)


def writer_label(keys, writer_public, text, nonce):
    ad = label("writer-label") + keys.archive_id + writer_public
    return nonce + seal(keys.label_key, nonce, text.encode().ljust(64, b"\0"), ad)


def revocation(keys, writer_public, created=MINUTE + 600, signer=None):
    return signed(keys, "revocation", encode({0: writer_public, 1: keys.root_signing.public, 2: created}), signer)


def credential_cbor(keys, seed, cert):
    return encode({0: keys.content_public, 1: keys.psk, 2: keys.content_id_key, 3: seed, 4: cert})


def envelope(keys, rand, segment, writer_public, segment_key, epoch=1, reserved=0, bound_segment=None, commit_to=None):
    """The 176 bytes of cryptography.md, section 5. bound_segment and commit_to make wrong ones."""
    secret, nonce = rand(32), rand(24)
    e = sodium.crypto_scalarmult_base(secret)
    c, a = keys.content_public, keys.archive_id
    number = struct.pack("<I", bound_segment or segment)
    kek = derive(keys.psk, "segment-key", dh(secret, c) + e + c + a + number + writer_public)
    sealed = seal(kek, nonce, segment_key, a + number + struct.pack("<I", epoch) + writer_public + e)
    commitment = derive(commit_to or segment_key, "segment-commitment", a + number)
    return struct.pack("<II", epoch, reserved) + writer_public + e + nonce + sealed + commitment


# ---- the header file

def header_map(keys, slots, readme_root, spec_root, sequence=1, created=MINUTE, flags=None):
    return {0: keys.root_signing.public, 1: keys.content_public, 2: sequence, 3: created, 4: slots,
            5: keys.credential_commitment, 6: 1, 7: readme_root, 8: spec_root, 9: flags or {}}


def header_file(keys, body, signer=None, major=1, minor=0, magic=b"PARCHHDR", reserved=0, length=None, tail=b"",
                signature=None, crc=None):
    import zlib
    if isinstance(body, dict):
        body = encode(body)
    data = struct.pack("<8sBBHI", magic, major, minor, reserved, len(body) if length is None else length) + body
    data += signature or (signer or keys.root_signing).sign(label("header") + keys.archive_id + data)
    data = (data + tail).ljust(HEADER_SIZE - 4, b"\0")
    return data + struct.pack("<I", zlib.crc32(data) if crc is None else crc)


def header_hash(file):
    return H(label("header-hash") + file)
