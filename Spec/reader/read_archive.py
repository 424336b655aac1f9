#!/usr/bin/env python3
"""Verifies, lists or exports an archive, and never writes into it: format.md, cryptography.md, schema.cddl."""
import argparse
import base64
import hashlib
import mmap
import os
import re
import struct
import sys
import unicodedata
import zlib
from collections import defaultdict, namedtuple
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import cbor2
import cddl_verifier
import zstandard
from nacl import bindings as sodium, exceptions, pwhash

OPENING, DATA, FOOTER, COMMIT, TABLE = ADD, EXTEND, SEAL, CLOSE, REMOVE = range(1, 6)
SIDECAR, JOURNAL, SEGMENT, CHECKPOINT, DERIVED = range(-1, 4)
OPEN, SEALED, CLOSED, PLAIN = range(1, 5)
OBJECTS, INDEX, MANIFEST, RUN, CONTENT, PART, BLOB = *range(1, 5), *range(1, 4)
MIB, PAGE, MAX_MEMORY, MAX_PASSES, LABEL = 1 << 20, 4096, 1 << 20, 10, b"portable-archive/1 %s\0"
HEADERS, HEADS = ("header.a", "parity/header.b", "segments/header.c"), ("head.a", "journal/head.b")
PLACES = {JOURNAL: ("journal", "jnl"), SEGMENT: ("segments", "seg"), CHECKPOINT: ("journal", "tab"),
          DERIVED: ("derived", "der"), SIDECAR: ("parity", "par")}
KNOWN = re.compile(r"(segments|journal|derived|parity|other/\d\d)(/\d{5})?|other|readme\.txt|spec\.md")
TIMES = {"header": 3, "commit": 2, "certificate": 4, "revocation": 2}
SCHEMA = cddl_verifier.Validator((Path(__file__).resolve().parents[1] / "schema.cddl").read_text())
RECORD, SLOT = struct.Struct("<8sBBBBI32sQII24s36sI"), struct.Struct("<BBHIII16s32s32s24s48s104sIQI")
Slot = namedtuple("Slot", "kind rights zero memory passes threads salt point commitment nonce sealed label id time end")
Piece = namedtuple("Piece", "journal start end commit")
SECRETS, unseal = ("passphrase", "recovery", "key", "identity"), sodium.crypto_aead_xchacha20poly1305_ietf_decrypt


class Damage(Exception):
    """What is wrong: a code of errors.md, or the two letters that begin all codes of a group. It counts as false."""
    def __bool__(self):
        return False


def need(**conditions):
    for code, holds in conditions.items():
        if not holds:
            raise Damage(code)


def attempt(function, *arguments):
    """What the function gives, or the damage that it meets; what fails in a library fails because of the data."""
    try:
        return function(*arguments)
    except Damage as damage:
        return damage
    except Exception as error:
        return Damage("E005" if isinstance(error, OSError) else "E3", error)


def check_item(item, depth=0):
    need(E209=type(item) in (type(None), bool, bytes, str, list, dict) or type(item) is int and -2**63 <= item < 2**63)
    if type(item) in (list, dict):
        need(E204=depth < 16, E206=type(item) is list or all(type(key) is int and -24 <= key < 24 for key in item))
        for each in item if type(item) is list else item.values():
            check_item(each, depth + 1)


def parse(data, rule=None):
    item = cbor2.loads(data)
    check_item(item)
    need(E201=cbor2.dumps(item, canonical=True) == data, E2=not rule or SCHEMA.validate(data, root_type=rule).valid)
    need(E206=rule not in TIMES or item[TIMES[rule]] % 60 == 0)
    return item


def number(data, at, size=4):
    return int.from_bytes(data[at:at + size], "little")


def H(*parts, key=b"", size=32):
    return hashlib.blake2b(b"".join(parts), digest_size=size, key=key).digest()


def root(data, start=0, end=None):
    """The tree hash (format.md, section 2) of the bytes from start to end."""
    end = len(data) if end is None else end
    blocks = (data[at:min(at + 65536, end)] for at in range(start, end, 65536))
    return H(b"\1", (end - start).to_bytes(8, "little"), *(H(b"\0", block) for block in blocks))


def file_name(kind, number):
    folder, ending = PLACES.get(kind, (f"other/{kind:02}", "bin"))
    return f"{folder}/{number // 1000:05}/{number:08}.{ending}"


class Keys(namedtuple("Keys", "signing content")):
    """The root public keys of an archive."""
    archive_id = property(lambda keys: H(LABEL % b"archive-id", *keys))

    def verify(self, name, body, signature, signer=None):
        sodium.crypto_sign_open(signature + LABEL % name.encode() + self.archive_id + body, signer or self.signing)

    def open_signed(self, rule, signed):
        body = parse(signed[:-64], rule)
        need(E402=(body[1], body[2] if rule == "certificate" else self.content) == self)
        self.verify(rule, signed[:-64], signed[-64:])
        return body


class Header:
    """A valid replica of the header (format.md, section 4)."""
    def __init__(self, file):
        need(W701=file is not None)
        raw, end = file[0:16385], 16 + number(file[0:16], 12)
        framed = raw[8:9] == b"\1" and not any(raw[10:12]) and 16 < end <= 16316 and not any(raw[end + 64:16380])
        need(E110=len(raw) == 16384, E111=raw[:8] == b"PARCHHDR", E112=zlib.crc32(raw[:16380]) == number(raw, 16380),
             E002=raw[8] < 2, E114=framed)
        self.raw, self.body, self.hash = raw, parse(raw[16:end], "header"), H(LABEL % b"header-hash", raw)
        self.sequence, self.slots, self.keys = self.body[2], self.body[4], Keys(self.body[0], self.body[1])
        sodium.crypto_scalarmult(bytes(32), self.keys.content)
        self.keys.verify("header", raw[:end], raw[end:end + 64])
        self.check_slots([Slot(*SLOT.unpack(slot)) for slot in self.slots])

    @staticmethod
    def check_slots(slots):
        for slot in slots:
            argon = 8 <= slot.memory <= 1 << 20 and 1 <= slot.passes <= 10 and slot.threads == 1
            costs = argon if slot.kind in (1, 3) else not (slot.memory or slot.passes or slot.threads)
            unused = any(slot.salt if slot.kind == 4 else slot.point) or slot.zero or slot.end or slot.time % 60
            need(E118=1 <= slot.kind <= 4 and slot.rights <= 1 and costs and not unused)
        need(E118=len({slot.id for slot in slots}) == len(slots) and sum(slot.kind in (1, 3) for slot in slots) <= 8)


class Record(namedtuple("Record", "at end raw kind codec segment offset nonce body")):
    """A record and the place where it was found; `raw` are its first 128 bytes (format.md, section 5)."""
    @classmethod
    def read(cls, data, at, limit, archive_id, segment=None):
        raw = data[at:min(at + 128, limit)]
        need(E306=len(raw) == 128, E301=raw[:8] == b"PARCHREC", E302=zlib.crc32(raw[:124]) == number(raw, 124))
        _, major, _, kind, codec, place, archive, offset, length, zero, nonce, zeros, _ = RECORD.unpack(raw)
        step, longest = (PAGE, 65408) if kind == COMMIT else (64, 18 * MIB)
        right = major and OPENING <= kind <= TABLE and codec <= (2 if kind == DATA else 0) and 1 <= place < 10**8
        right = right and offset in range(0, 2**28 + 2**16, step) and not any(zeros if kind == DATA else nonce + zeros)
        need(E002=major < 2, E303=right and not zero, E304=1 <= length <= longest, E306=at + 128 + length <= limit,
             E305=(archive, place, offset) == (archive_id, segment or place, offset if segment is None else at))
        body = data[at + 128:at + 128 + length]
        need(E505=kind != OPENING or length == 176 and body[:8] == b"\1" + bytes(7),
             E509=kind != TABLE or 16 < length <= 16 + 8 * MIB and any(body[:8]) and number(body, 8) < number(body, 12))
        return cls(at, at + 128 + length, raw, kind, codec, place, offset, nonce, body)

    def open(self, key):
        plain = unseal(self.body, self.raw, self.nonce, key)
        end, size, data = 16 + number(plain, 4), number(plain, 8), plain[16:16 + number(plain, 4)]
        padding = -end % (1 << end.bit_length() - 1 - (end.bit_length() - 1).bit_length())
        need(E308=1 <= size <= 16 * MIB and end <= 16 + 16 * MIB and len(plain) == end + padding
             and not any(plain[1:4] + plain[12:16]), E309=not any(plain[end:]))
        if self.codec == 1:
            stream = zlib.decompressobj()
            data = stream.decompress(data, size + 1)
            need(E310=len(data) > size or stream.eof and not stream.unused_data)
        if self.codec == 2:
            frame = zstandard.get_frame_parameters(data)
            need(E310=frame.content_size == size and frame.window_size <= 8 * MIB and not frame.dict_id)
            data = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
        need(E311=len(data) == size)
        return plain[0], data


class Commit:
    """A valid commit record (format.md, 7.1), with zero bytes behind it up to a multiple of `span`."""
    def __init__(self, data, at, keys, span=PAGE):
        need(E409=data is not None and (span < 65536 or len(data) == 65536))
        record = Record.read(data, at, len(data), keys.archive_id)
        self.raw, self.segment, self.offset = record.raw + record.body, record.segment, record.offset
        padded = self.raw + bytes(-len(self.raw) % span)
        need(E303=record.kind == COMMIT, E309=data[at:at + len(padded)] == padded)
        self.body, self.hash = parse(record.body[:-64], "commit"), H(LABEL % b"commit-hash", self.raw)
        self.generation, self.padded = self.body[0], self.raw + bytes(-len(self.raw) % PAGE)
        signed = [self.body[5], *self.body.get(10, [])]
        self.writers = list(zip(signed, (keys.open_signed("certificate", each) for each in signed)))
        self.revoked = {keys.open_signed("revocation", signed)[0] for signed in self.body.get(11, [])}
        self.writer, capabilities = self.writers[0][1][0], self.writers[0][1][3]
        keys.verify("commit", self.raw[:-64], self.raw[-64:], self.writer)
        needed = [8 if change[1] >= DERIVED else 4 if change[0] == REMOVE else 1 for change in self.body[7]]
        self.is_capable = all(capabilities & each for each in needed)


class State:
    """What is live after a commit (format.md, 7.2); behind lost commits it is not known wholly."""
    def __init__(self, generation=0, commit_hash=bytes(32), body={0: [], 1: [], 2: []}, known=True):
        self.generation, self.hash, self.known, self.debris = generation, commit_hash, known, body[2]
        self.files = {(entry[0], entry[1]): entry for entry in body[0]}
        self.writers = {parse(signed[:-64])[0]: [signed, revoked] for signed, revoked in body[1]}

    def body(self):
        files, writers = ([each[key] for key in sorted(each)] for each in (self.files, self.writers))
        return {0: files, 1: writers, 2: self.debris}

    def allows_writer(self, commit):
        return commit.is_capable and not self.writers.get(commit.writer, [b"", False])[1]

    def after(self, commit, journal=None):
        """The state after a commit, and the code of what is wrong with it; `journal`: the file in which it stands."""
        body, state, written = commit.body, State(commit.generation, commit.hash, self.body()), []
        names = [(change[1], change[2]) for change in body[7]]
        rules = [not journal or body[6] <= journal, names == sorted(set(names))]
        for op, kind, change in ((change[0], change[1], change) for change in body[7]):
            name, length, blob = (kind, change[2]), change.get(3, 0), [[commit.generation, change.get(6)]]
            old, greatest = self.files.get(name, {}), max((n for of, n in self.files if of == kind), default=0)
            is_new, is_open, is_segment = not old and change[2] > greatest, old.get(4) == OPEN, kind == SEGMENT
            grows = is_open and length >= old[2] + PAGE * old[5] and change.get(5) == old.get(7)
            closes = not old or is_open or old[4] == SEALED and old[6] == self.generation
            fields = {CLOSE: {7, 8}, REMOVE: set()}.get(op, {3, 4, 5, 6} if is_segment else {3, 4})
            rules += [
                {key for key in change if key > 2} == fields and length <= (2**40 if kind >= DERIVED else 2**28),
                {ADD: is_new, EXTEND: grows, SEAL: grows or is_new, CLOSE: closes, REMOVE: old}[op],
                is_segment or op == REMOVE or op == ADD and (kind != CHECKPOINT or change[2] == self.generation)]
            new = {0: kind, 1: change[2], 2: length, 3: change.get(4, root(b"")), 4: PLAIN, 5: 0, 6: commit.generation}
            if is_segment and op <= SEAL:
                written.append((change[2], length, change.get(5, b"")[:40]))
                new |= {4: SEALED if op == SEAL else OPEN, 5: len(commit.padded) // PAGE, 7: change.get(5),
                        8: old.get(8, []) + blob}
            if op == CLOSE:
                new = (old or new) | {4: CLOSED, 5: 0, 9: change.get(7), 10: change.get(8)}
            if rules[-3] and state.files.pop(name, True) and op != REMOVE:
                state.files[name] = new
        for signed, certificate in commit.writers:
            state.writers.setdefault(certificate[0], [signed, False])
        state.writers |= {key: [state.writers[key][0], True] for key in state.writers.keys() & commit.revoked}
        state.debris = self.debris + body.get(12, [])
        state.known = root(cbor2.dumps(state.body(), canonical=True)) == body[8]
        tables = [[entry[1], entry[2], entry[3]] for (kind, _), entry in state.files.items() if kind == CHECKPOINT]
        rules += [body[9] == max(tables, default=None),
                  self.generation % 256 > 0 or self.generation == 0 or (CHECKPOINT, self.generation) in names,
                  written == [(commit.segment, commit.offset, b"\1" + bytes(7) + commit.writer)],
                  state.writers.keys() >= commit.revoked and len(state.writers) <= 4096]
        faults = {"E403": not self.allows_writer(commit), "E404": commit.generation != self.generation + 1,
                  "E405": self.hash not in (None, body[1]), "E412": self.known and not all(rules),
                  "E410": self.known and not state.known}
        fault = next((code for code in faults if faults[code]), None)
        if fault and not state.known:
            state.files, state.known = self.files | state.files, True
        return state, fault


def check_live(file, entry, spare):
    length, tail = entry[2], PAGE * entry[5]
    if file is None or len(file) < length:
        return ["E501" if file is None else "E502"]
    behind, known = (len(file) - length, root(file, length)), (entry.get(9), entry.get(10))
    debris = behind != known if entry[4] == CLOSED else behind[0] > tail
    cut = tail and spare and file[length:length + tail] != spare.padded
    codes = {"E503": root(file, 0, length) != entry[3], "W705": cut, "W706": debris}
    return [code for code in codes if codes[code]]


class Archive:
    """An archive: first its directory, then its header, its newest commit, and what is live by it."""
    def __init__(self, path):
        self.findings, self.pieces, self.followed, self.h, self.state = {}, defaultdict(list), {}, 0, State()
        self.header, self.keys, self.heads, self.paths, self.numbered = None, None, {}, {}, set()
        for folder, folders, names in os.walk(path, lambda error: self.report("E005", error.filename, error)):
            for full in (os.path.join(folder, name) for name in folders + names):
                written = os.path.relpath(full, path).replace(os.sep, "/")
                name, number = written.lower(), int(written[-12:-4]) if written[-12:-4].isdecimal() else 0
                kind = next((each for each in range(-1, 100) if number and file_name(each, number) == name), None)
                plain = not os.path.islink(full) and (os.path.isfile(full) or os.path.isdir(full))
                if plain and (name not in self.paths or written in (name, "README.TXT", "SPEC.md")):
                    self.paths[name] = full
                if plain and kind is not None:
                    self.numbered.add((kind, number))
                elif not plain or not KNOWN.fullmatch(name) and name not in HEADERS + HEADS:
                    self.report("W711" if plain and name.endswith((".new", ".bad")) else "W710", name)

    def open(self, *name):
        name = file_name(*name) if len(name) == 2 else name[0]
        path = self.paths.get(name) or self.paths.get(name + ".new")
        with open(path or os.devnull, "rb") as file:
            filled = path and os.path.getsize(path)
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if filled else b"" if path else None

    def report(self, code, place, cause="", when=True):
        if when:
            self.findings.setdefault((code, place), cause)

    def note(self, place, function, *arguments):
        result = attempt(function, *arguments)
        if isinstance(result, Damage):
            self.report(result.args[0], place, result.args[-1])
        return result

    def choose_header(self, recovered=None):
        replicas = {name: attempt(lambda: Header(self.open(name))) for name in HEADERS}
        valid, codes = list(filter(None, replicas.values())), {each.args[0] for each in replicas.values() if not each}
        need(E001=any(name in HEADERS + HEADS or name.endswith(".jnl") for name in self.paths),
             E002=valid or codes - {"W701"} != {"E002"}, E101=valid or recovered)
        self.header = best = max(valid, key=lambda header: header.sequence, default=None)
        self.keys = self.header.keys if valid else recovered
        for name, found in replicas.items():
            older = not found or found.sequence < self.header.sequence
            self.report("W701" if valid else "E101", name, "" if found else found.args[0], when=older)
            self.report("E103", name, when=found and (found.keys != self.keys or not older and found.raw != best.raw))

    def read(self):
        for kind, number in sorted(each for each in self.numbered if each[0] in (JOURNAL, SEGMENT)):
            self.note(file_name(kind, number), self.scan, kind, number)
        self.heads = {name: attempt(lambda: Commit(self.open(name), 0, self.keys, 65536)) for name in HEADS}
        for head in filter(None, self.heads.values()):
            self.pieces[head.generation].append(Piece(None, 0, 0, head))
        self.follow()
        generation, counting, header = self.state.generation, any(self.heads.values()), self.header
        self.report("E407", HEADS[0], when=not counting)
        self.report("W703", HEADS[0], when=generation > self.h)
        for name, head in self.heads.items():
            self.report("W704", name, when=counting and generation == self.h and (not head or head.generation < self.h))
            self.report("E406", name, when=head and self.followed.get(head.generation, head).hash != head.hash)
        if header and generation in self.followed:
            ahead, named = header.sequence - self.followed[generation].body[3], self.followed[generation].body[4]
            code = "E102" if ahead < 0 else "W702" if ahead else "E103"
            self.report(code, HEADERS[0], when=ahead or header.hash != named)

    def scan(self, kind, number):
        file, at = self.open(kind, number), 0
        while at < len(file):
            commit = attempt(Commit, file, at, self.keys, PAGE if kind == JOURNAL else 1) or None
            end = min(at + (len(commit.padded) if commit else PAGE), len(file))
            if commit or kind == JOURNAL:
                self.pieces[commit and commit.generation].append(Piece(kind == JOURNAL and number, at, end, commit))
            at = end

    def follow(self):
        after = self.state
        while after:
            self.state, generation = after, after.generation + 1
            for name, head in self.heads.items():
                if head and head.generation >= generation and not self.state.allows_writer(head):
                    self.heads[name] = self.note(name, lambda: need(E403=False))
            self.h = max((head.generation for head in self.heads.values() if head), default=0)
            there = [piece for piece in self.pieces[generation] if piece.journal or generation <= self.h]
            tried = [(*self.state.after(piece.commit, piece.journal), piece) for piece in there]
            after, _, piece = next((each for each in tried if not each[1]), (None, None, None))
            if generation <= self.h and not (piece and piece.journal):
                self.report(tried[0][1] if tried and there[0].journal else "E408", f"generation {generation}")
                lawful = [each for each in tried if each[1] != "E403"]
                later = sorted(each for each in self.pieces if each and each > generation and self.pieces[each])
                lost = State(later[0] - 1, None, self.state.body(), known=False) if later else None
                after, piece = (after, piece) if piece else lawful[0][::2] if lawful else (lost, None)
            if piece:
                self.followed[generation] = piece.commit
                self.pieces[generation].remove(piece)

    def verify(self):
        for key, name in ((7, "readme.txt"), (8, "spec.md")) if self.header else ():
            self.report("W709", name, when=attempt(lambda: root(self.open(name) or b"")) != self.header.body[key])
        for name, entry in self.state.files.items():
            spare = self.followed.get(entry[6])
            for code in self.note(file_name(*name), lambda: check_live(self.open(*name), entry, spare)) or ():
                self.report(code, file_name(*name))
        for kind, number in self.numbered - self.state.files.keys():
            self.report("W707", file_name(kind, number), when=kind not in (JOURNAL, SIDECAR))
        known = [(number, start, start + length) for number, start, length, expected in self.state.debris
                 if attempt(lambda: root((self.open(JOURNAL, number) or b"")[start:start + length])) == expected]
        for piece in (piece for pieces in self.pieces.values() for piece in pieces if piece.journal):
            listed = [start <= piece.start and piece.end <= end for file, start, end in known if file == piece.journal]
            self.report("W708", file_name(JOURNAL, piece.journal), when=not any(listed))


class Secrets:
    """All that follows from the root secret or, for reading only, from the read secret (cryptography.md, section 2)."""
    def __init__(self, secret, keys=None, read_only=False):
        self.secret, read = secret, secret if read_only else H(LABEL % b"read", key=secret)
        signing = None if read_only else sodium.crypto_sign_seed_keypair(H(LABEL % b"root-signing", key=secret))[0]
        names = b"content-key", b"psk", b"content-id"
        self.content_secret, self.psk, self.content_id_key = (H(LABEL % name, key=read) for name in names)
        self.keys = Keys(signing, sodium.crypto_scalarmult_base(self.content_secret))
        need(E004=not keys or self.keys.content == keys.content and signing in (None, keys.signing))

    @classmethod
    def from_slot(cls, raw, keys, given):
        slot, key = Slot(*SLOT.unpack(raw)), b""
        wanted = {1: {"passphrase"}, 2: {"key"}, 3: {"passphrase", "key"}, 4: {"identity"}}[slot.kind]
        need(E004=given.keys() >= wanted, E011=slot.memory <= MAX_MEMORY and slot.passes <= MAX_PASSES)
        if slot.kind in (1, 3):
            text = unicodedata.normalize("NFC", given["passphrase"]).encode()
            key = pwhash.argon2id.kdf(64, text, slot.salt, opslimit=slot.passes, memlimit=slot.memory * 1024)
        if slot.kind in (2, 3):
            message = (b"slot-both", key) if slot.kind == 3 else (b"slot-key-file", slot.salt, keys.archive_id)
            key = H(LABEL % message[0], *message[1:], key=given["key"], size=64)
        if slot.kind == 4:
            point, public = slot.point, sodium.crypto_scalarmult_base(given["identity"])
            shared = sodium.crypto_scalarmult(given["identity"], point)
            key = H(LABEL % b"slot-recipient", point, public, keys.archive_id, key=shared, size=64)
        need(E004=sodium.sodium_memcmp(key[32:], slot.commitment))
        secret = unseal(slot.sealed, keys.archive_id + raw[:64] + raw[272:], slot.nonce, key[:32])
        return cls(secret, keys, slot.rights == 1)

    def segment_key(self, envelope, archive_id, segment):
        need(E505=len(envelope) == 176 and envelope[:8] == b"\1" + bytes(7))
        writer, point, nonce, sealed = envelope[8:40], envelope[40:72], envelope[72:96], envelope[96:144]
        shared, place = sodium.crypto_scalarmult(self.content_secret, point), archive_id + segment.to_bytes(4, "little")
        wrapping = H(LABEL % b"segment-key", shared, point, self.keys.content, place, writer, key=self.psk)
        key = unseal(sealed, place + envelope[:4] + writer + point, nonce, wrapping)
        need(E506=H(LABEL % b"segment-commitment", place, key=key) == envelope[144:])
        return key


def from_text(name, text):
    if name == "passphrase":
        return text.split("\n")[0].removesuffix("\r")
    letters, consonants, prefix = re.sub(r"[\s-]", "", text.lower()), "bdfghjklmnprstvz", f"portable-archive-{name}-1:"
    words, form = f"([{consonants}][aiou][{consonants}][aiou][{consonants}]){{18}}", prefix + r"([0-9a-f]{72})\r?\n?"
    need(E015=re.fullmatch(words, letters) if name == "recovery" else re.fullmatch(form, text))
    bits = [f"{consonants.find(each):04b}" if each in consonants else f"{'aiou'.find(each):02b}" for each in letters]
    data = int("".join(bits), 2).to_bytes(36, "big") if name == "recovery" else bytes.fromhex(text[len(prefix):])
    checked = LABEL % b"recovery" if name == "recovery" else LABEL % b"text" + prefix.encode()
    need(E015=H(checked, data[:32])[:4] == data[32:])
    return data[:32]


def open_pointers(blob, key, archive_id, segment, generation):
    place = archive_id + struct.pack("<IQ", segment, generation)
    plain = unseal(blob[24:], LABEL % b"pointers" + place, blob[:24], key)
    end = 4 + number(plain, 0)
    need(E507=len(plain) == -(-end // 64) * 64 and not any(plain[end:]) and parse(plain[4:end], "pointers") is not None)
    return plain[4:end]


def check_footer(records, envelope):
    entries = [struct.pack("<IIB3x", record.at // 64, len(record.body), record.kind) for record in records[:-1]]
    listed = envelope + struct.pack("<II", len(entries), 0) + b"".join(entries)
    need(E508=records and (records[-1].kind, records[-1].body) == (FOOTER, listed))


def objects_in(data):
    table = list(struct.iter_unpack("<BI", data[4:4 + 5 * number(data, 0)]))
    ends = list(accumulate((size for _, size in table), initial=4 + 5 * number(data, 0)))
    need(E607=1 <= len(table) <= 10**6 and ends[-1] == len(data) and {kind for kind, _ in table} <= {1, 2, 3})
    return [(start, kind, size) for start, (kind, size) in zip(ends, table)]


def entries_in(data):
    count = number(data, 0)
    need(E607=len(data) >= 4 and len(data) == 4 + 49 * count)
    kinds, columns = data[4 + 32 * count:4 + 33 * count], struct.unpack(f"<{4 * count}I", data[4 + 33 * count:])
    names = [(data[4 + 32 * i:36 + 32 * i], kinds[i]) for i in range(count)]
    need(E607=names == sorted(set(names)) and set(kinds) <= {CONTENT, PART, BLOB})
    return list(zip(names, zip(*(columns[i * count:(i + 1) * count] for i in range(4)))))


def rebuild(content, size, find):
    at, message = 4 + number(content, 0), b""
    need(E603=4 <= at <= min(len(content), 4 + MIB))
    for step in parse(content[4:at], "recipe") if at > 4 else [len(content) - 4]:
        if type(step) is int:
            need(E603=step <= len(content) - at)
            data, at = content[at:at + step], at + step
        else:
            need(E606=sum(length for _, length in step[1]) <= size)
            data, sizes = [find(identity) for identity, _ in step[1]], [length for _, length in step[1]]
            need(E603=[len(part) for part in data] == sizes and (step[0] == 2 or step[2] % 4 == 0))
            data = b"".join(data) if step[0] == 2 else base64.b64encode(b"".join(data))
            if step[0] == 1 and step[2]:
                lines = (data[start:start + step[2]] for start in range(0, len(data), step[2]))
                data = (b"\n", b"\r\n", b"\r")[step[3]].join(lines)
        message += data
        need(E606=len(message) <= size)
    need(E603=at == len(content) and len(message) == size)
    return message


class Catalogue:
    """All that the live segments hold: each record is opened once, an object again when it is needed."""
    def __init__(self, archive, secrets):
        self.archive, self.secrets, self.archive_id = archive, secrets, archive.keys.archive_id
        self.segments, self.places, self.messages, self.table = {}, defaultdict(list), {}, lru_cache(4)(objects_in)
        self.data = lru_cache(4)(lambda key, *place: Record.read(*place).open(key))
        for (kind, segment), entry in sorted(archive.state.files.items()):
            if kind == SEGMENT and 7 in entry:
                archive.note(file_name(kind, segment), self.load, segment, entry, file_name(kind, segment))

    def load(self, segment, entry, name):
        file, before, note = self.archive.open(SEGMENT, segment), len(self.archive.findings), self.archive.note
        key, end = self.secrets.segment_key(entry[7], self.archive_id, segment), min(len(file), entry[2])
        self.segments[segment] = file, end, key
        listed, met, records, behind, sound = set(), set(), [], 0, True
        for generation, blob in entry.get(8, []):
            pointers = note(name, open_pointers, blob, key, self.archive_id, segment, generation)
            listed |= set(map(tuple, parse(pointers))) if pointers else set()
        for at in range(0, end, 64):
            block, behind = file[behind:at + 64] if behind <= at else b"", max(behind, at + 64)
            if any(block) and (sound or block[-64:].startswith(b"PARCHREC")):
                self.archive.report("E309", f"{name}, byte {at}", when=any(block[:-64]))
                sound = note(f"{name}, byte {at}", Record.read, file, at, end, self.archive_id, segment)
                if sound:
                    behind = sound.end
                    records.append(sound)
                    note(f"{name}, byte {at}", self.take, sound, entry, key, listed, met)
        need(E507=met == listed or len(self.archive.findings) > before)
        if entry[4] == SEALED and len(self.archive.findings) == before:
            check_footer(records, entry[7])

    def take(self, record, entry, key, listed, met):
        opening = record.kind == OPENING
        need(E303=opening == (record.at == 0), E505=not opening or record.body == entry[7])
        kind, data = record.open(key) if record.kind == DATA else (None, b"")
        pointer = kind, record.at // 64, len(record.body)
        met |= {pointer} if kind not in (None, OBJECTS) else set()
        need(W714=pointer not in listed or kind < 128, E312=pointer not in listed or kind <= RUN)
        if kind == OBJECTS:
            objects_in(data)
        for name, place in entries_in(data) if kind == INDEX and pointer in listed else ():
            self.places[name].append(place)
        if kind == RUN and pointer in listed:
            parse(data, "run")
        if kind == MANIFEST and pointer in listed:
            runs, folders, files, messages, rejects = map(parse(data, "manifest").get, range(5))
            used = [(each[0], 0) for each in files if folders] + [(each[0], each[8]) for each in rejects]
            for message in messages:
                size, places, envelope = self.messages.get(message[0], (message[1], [], {}))
                used += [(each[0], each[1]) for each in message[2]]
                places = places + [folders[each[1]] for each in message[2] if each[1] < len(folders)]
                self.messages[message[0]] = size, places, envelope or message.get(3, {})
            need(E607=all(run < len(runs) and folder < len(folders) for run, folder in used))

    def copy(self, kind, identity, segment, block, position, size):
        file, end, key = self.segments[segment]
        of, data = self.data(key, file, block * 64, end, self.archive_id, segment)
        need(E312=of == OBJECTS, E607=(position, kind, size) in self.table(data))
        data = data[position:position + size]
        if kind == CONTENT:
            data = rebuild(data, self.messages[identity][0], lambda part: self.find(PART, part))
        need(E602=H(data, key=self.secrets.content_id_key) == identity)
        return data

    def find(self, kind, identity, every=False):
        found = None
        for place in self.places.get((identity, kind), []):
            if found is None or every:
                where = f"{file_name(SEGMENT, place[0])}, object {identity.hex()}"
                copy = self.archive.note(where, self.copy, kind, identity, *place)
                found = copy if isinstance(copy, bytes) else found
        need(E601=found is not None)
        return found


def run(archive, options):
    paths = {name: Path(getattr(options, name)) for name in SECRETS if getattr(options, name)}
    given = {name: from_text(name, path.read_text("utf-8", "replace")) for name, path in paths.items()}
    need(E004=given or options.command == "verify")
    secrets = Secrets(given["recovery"]) if "recovery" in given else None
    archive.choose_header(secrets and secrets.keys)
    flags = archive.header.body[9] if archive.header else {}
    need(E003=not (given and 0 in flags or options.command == "verify" and 1 in flags))
    if given and not secrets:
        opened = (attempt(Secrets.from_slot, slot, archive.keys, given) for slot in archive.header.slots)
        secrets = next(filter(None, opened), None)
    need(E004=not given or secrets and secrets.keys.content == archive.keys.content)
    archive.read()
    if options.command == "verify":
        archive.verify()
    catalogue = Catalogue(archive, secrets) if secrets else None
    for identity, kind in sorted(catalogue.places) if catalogue and options.command == "verify" else ():
        if kind != CONTENT:
            archive.note(f"object {identity.hex()}", catalogue.find, kind, identity, True)
    if options.command == "export":
        need(E013=not os.path.exists(options.destination) or not os.listdir(options.destination))
        os.makedirs(options.destination, exist_ok=True)
    for identity, (size, folders, envelope) in catalogue.messages.items() if catalogue else ():
        if options.command == "list":
            paths = sorted({b"/".join([folder[0], *folder[1]]).decode("utf-8", "replace") for folder in folders})
            print(identity.hex(), size, ascii(paths), ascii(envelope.get(4, b"").decode("utf-8", "replace")), sep="\t")
            continue
        every, place = options.command == "verify", f"object {identity.hex()}"
        message = archive.note(place, catalogue.find, CONTENT, identity, every)
        if options.command == "export" and isinstance(message, bytes):
            Path(options.destination, f"{identity.hex()}.eml").write_bytes(message)
    return catalogue


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["verify", "list", "export"])
    parser.add_argument("archive")
    parser.add_argument("destination", nargs="?", help="of export: a folder, new or empty")
    for secret in SECRETS:
        parser.add_argument(f"--{secret}-file", dest=secret)
    parser.add_argument("--strict", action="store_true", help="warnings give exit status 1")
    options = parser.parse_args()
    archive = Archive(options.archive)
    archive.note(options.archive, run, archive, options)
    for (code, place), cause in archive.findings.items():
        print(code, ascii(place), ascii(str(cause)), file=sys.stdout if options.command == "verify" else sys.stderr)
    worst = min((code for code, _ in archive.findings), default="")
    return 0 if not worst else 3 if worst < "E1" else 2 if worst < "W" else int(options.strict)


if __name__ == "__main__":
    sys.exit(main())
