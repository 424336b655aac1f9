#!/usr/bin/env python3
"""Verifies, lists or exports an archive, and never writes into it: format.md, cryptography.md, schema.cddl."""
import argparse
import base64
import hashlib
import io
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
from nacl import bindings as sodium, pwhash

OPENING, DATA, FOOTER, COMMIT, TABLE = ADD, EXTEND, SEAL, CLOSE, REMOVE = range(1, 6)
SIDECAR, JOURNAL, SEGMENT, CHECKPOINT, DERIVED = range(-1, 4)
OPEN, SEALED, CLOSED, PLAIN = range(1, 5)
OBJECTS, INDEX, MANIFEST, RUN, CONTENT, PART, BLOB = *range(1, 5), *range(1, 4)
MIB, PAGE, MAX_MEMORY, MAX_PASSES, LABEL = 1 << 20, 4096, 1 << 20, 10, b"portable-archive/1 %s\0"
HEADERS, HEADS = ("header.a", "parity/header.b", "segments/header.c"), ("head.a", "journal/head.b")
PLACES = {JOURNAL: ("journal", "jnl"), SEGMENT: ("segments", "seg"), CHECKPOINT: ("journal", "tab"),
          DERIVED: ("derived", "der"), SIDECAR: ("parity", "par")}
BITS = {letter: f"{at:04b}" for at, letter in enumerate("bdfghjklmnprstvz")} | dict(a="00", i="01", o="10", u="11")
CODE = re.compile("(CVCVC){18}".replace("C", "[bdfghjklmnprstvz]").replace("V", "[aiou]"))
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
    except Exception as error:
        return error if isinstance(error, Damage) else Damage("E005" if isinstance(error, OSError) else "E3", error)

def depth(item):
    inner = item if type(item) is list else item.values() if type(item) is dict else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)

def fits(rule, data):
    return SCHEMA.validate(data, root_type=rule).valid

def parse(data, rule="any-item"):
    item = cbor2.loads(data)
    need(E201=cbor2.dumps(item, canonical=True) == data, E204=depth(item) <= 16, E2=fits(rule, data))
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

def check_slots(slots):
    need(E118=all(fits("slot-fields", list(slot)) and slot.time % 60 == 0 for slot in slots))
    need(E118=len({slot.id for slot in slots}) == len(slots) and sum(slot.kind in (1, 3) for slot in slots) <= 8)


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
        need(E110=len(raw) == 16384, E111=raw[:8] == b"PARCHHDR", E112=zlib.crc32(raw[:16380]) == number(raw, 16380))
        need(E002=raw[8] < 2, E114=raw[8] and not any(raw[10:12] + raw[end + 64:16380]) and 16 < end <= 16316)
        self.raw, self.body, self.hash = raw, parse(raw[16:end], "header"), H(LABEL % b"header-hash", raw)
        self.sequence, self.slots, self.keys = self.body[2], self.body[4], Keys(self.body[0], self.body[1])
        sodium.crypto_scalarmult(bytes(32), self.keys.content)
        self.keys.verify("header", raw[:end], raw[end:end + 64])
        check_slots([Slot(*SLOT.unpack(slot)) for slot in self.slots])


class Record(namedtuple("Record", "at end raw kind codec segment offset nonce body")):
    """A record and the place where it was found; `raw` are its first 128 bytes (format.md, section 5)."""
    @classmethod
    def read(cls, data, at, limit, archive_id, segment=None):
        raw = data[at:min(at + 128, limit)]
        need(E306=len(raw) == 128, E301=raw[:8] == b"PARCHREC", E302=zlib.crc32(raw[:124]) == number(raw, 124))
        _, major, _, kind, codec, place, archive, offset, length, _, nonce, _, _ = fields = RECORD.unpack(raw)
        right = fits("record-fields", list(fields)) and offset % (PAGE if kind == COMMIT else 64) == 0
        need(E002=major < 2, E303=right, E306=at + 128 + length <= limit,
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
        self.writers = {cbor2.loads(signed[:-64])[0]: [signed, revoked] for signed, revoked in body[1]}

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
        for change, name in zip(body[7], names):
            op, kind, length, old = change[0], change[1], change.get(3, 0), self.files.get(name, {})
            is_new = not old and all(name > each for each in self.files if each[0] == kind)
            grows = old.get(4) == OPEN and length >= old[2] + PAGE * old[5] and change.get(5) == old.get(7)
            closes = not old or old[4] == OPEN or old[4] == SEALED and old[6] == self.generation
            is_complete = fits("complete-change", change)
            rules += [is_complete, kind != CHECKPOINT or op == REMOVE or name[1] == self.generation,
                      {ADD: is_new, EXTEND: grows, SEAL: grows or is_new, CLOSE: closes, REMOVE: old}[op]]
            new = {0: kind, 1: name[1], 2: length, 3: change.get(4, root(b"")), 4: PLAIN, 5: 0, 6: commit.generation}
            if kind == SEGMENT and op <= SEAL:
                written.append((name[1], length, change.get(5, b"")[:40]))
                blobs = old.get(8, []) + [[commit.generation, change.get(6)]]
                new |= {4: SEALED if op == SEAL else OPEN, 5: len(commit.padded) // PAGE, 7: change.get(5), 8: blobs}
            if op == CLOSE:
                new = (old or new) | {4: CLOSED, 5: 0, 9: change.get(7), 10: change.get(8)}
            state.files.pop(name, None)
            if is_complete and op != REMOVE:
                state.files[name] = new
        for signed, certificate in commit.writers:
            state.writers.setdefault(certificate[0], [signed, False])
        state.writers |= {key: [state.writers[key][0], True] for key in state.writers.keys() & commit.revoked}
        state.debris = self.debris + body.get(12, [])
        state.known = root(cbor2.dumps(state.body(), canonical=True)) == body[8]
        tables = [[entry[1], entry[2], entry[3]] for (kind, _), entry in state.files.items() if kind == CHECKPOINT]
        due = self.generation > 0 and self.generation % 256 == 0
        rules += [body[9] == max(tables, default=None), not due or (CHECKPOINT, self.generation) in names,
                  written == [(commit.segment, commit.offset, b"\1" + bytes(7) + commit.writer)],
                  state.writers.keys() >= commit.revoked and len(state.writers) <= 4096]
        faults = {"E403": not self.allows_writer(commit), "E404": commit.generation != self.generation + 1,
                  "E405": self.hash not in (None, body[1]), "E412": self.known and not all(rules),
                  "E410": self.known and not state.known}
        fault = next(filter(faults.get, faults), None)
        if fault and not state.known:
            state.files, state.known = self.files | state.files, True
        return state, fault

def read_checkpoint(file, generation, length, expected):
    """The state in a checkpoint file, as a commit names it (format.md, 7.6)."""
    need(E411=file is not None and file[0:8] == b"PARCHTAB" and root(file[0:length]) == expected)
    body = parse(file[8:length], "checkpoint")
    need(E411=body[0] == generation)
    return State(generation, body[1], body[3])

def check_live(file, entry, spare):
    length, tail = entry[2], PAGE * entry[5]
    if file is None or len(file) < length:
        return {"E501" if file is None else "E502": True}
    behind, known = (len(file) - length, root(file, length)), (entry.get(9), entry.get(10))
    debris = behind != known if entry[4] == CLOSED else behind[0] > tail
    cut = tail and spare and file[length:length + tail] != spare.padded
    return {"E503": root(file, 0, length) != entry[3], "W705": cut, "W706": debris}


class File(io.FileIO):
    def __len__(self):
        return os.fstat(self.fileno()).st_size

    def __getitem__(self, part):
        return os.pread(self.fileno(), max(min(part.stop, len(self)) - part.start, 0), part.start)


class Archive:
    """An archive: first its directory, then its header, its newest commit, and what is live by it."""
    def __init__(self, path):
        self.findings, self.pieces, self.followed, self.h, self.state = {}, defaultdict(list), {}, 0, State()
        self.header, self.keys, self.heads, self.paths, self.numbered = None, None, {}, {}, set()
        for folder, folders, names in os.walk(path, lambda error: self.report(error.filename, error, E005=True)):
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
                    self.report(name, **{"W711" if plain and name.endswith((".new", ".bad")) else "W710": True})

    def open(self, *name):
        name = file_name(*name) if len(name) == 2 else name[0]
        path = self.paths.get(name) or self.paths.get(name + ".new")
        return File(path) if path else None

    def report(self, place, cause="", **codes):
        for code in filter(codes.get, codes):
            self.findings.setdefault((code, place), cause)

    def note(self, place, function, *arguments):
        result = attempt(function, *arguments)
        if isinstance(result, Damage):
            self.report(place, result.args[-1], **{result.args[0]: True})
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
            differs = found and (found.keys != self.keys or not older and found.raw != best.raw)
            self.report(name, "" if found else found.args[0], W701=valid and older, E101=not valid, E103=differs)

    def read(self):
        for kind, number in sorted(each for each in self.numbered if each[0] in (JOURNAL, SEGMENT)):
            self.note(file_name(kind, number), self.scan, kind, number)
        self.heads = {name: attempt(lambda: Commit(self.open(name), 0, self.keys, 65536)) for name in HEADS}
        for head in filter(None, self.heads.values()):
            self.pieces[head.generation].append(Piece(None, 0, 0, head))
        self.follow()
        generation, counting, header = self.state.generation, any(self.heads.values()), self.header
        self.report(HEADS[0], E407=not counting, W703=generation > self.h)
        for name, head in self.heads.items():
            older = counting and generation == self.h and (not head or head.generation < self.h)
            self.report(name, W704=older, E406=head and self.followed.get(head.generation, head).hash != head.hash)
        if header and generation in self.followed:
            ahead, named = header.sequence - self.followed[generation].body[3], self.followed[generation].body[4]
            self.report(HEADERS[0], E102=ahead < 0, W702=ahead > 0, E103=ahead == 0 and header.hash != named)

    def scan(self, kind, number):
        file, at, journal = self.open(kind, number), 0, number if kind == JOURNAL else None
        while at < len(file):
            commit = attempt(Commit, file, at, self.keys, PAGE if journal else 1)
            end = min(at + (len(commit.padded) if commit else PAGE), len(file))
            if commit or journal:
                self.pieces[commit.generation if commit else 0].append(Piece(journal, at, end, commit))
            at = end

    def follow(self):
        after = self.state
        while after:
            self.state, generation = after, after.generation + 1
            for name, head in self.heads.items():
                if head and head.generation >= generation and not self.state.allows_writer(head):
                    self.heads[name] = self.note(name, lambda: need(E403=False))
            self.h = max((head.generation for head in self.heads.values() if head), default=0)
            tried = [(*self.state.after(piece.commit, piece.journal), piece)
                     for piece in self.pieces[generation] if piece.journal or generation <= self.h]
            found = next((each for each in tried if not each[1]), None)
            if generation <= self.h and not (found and found[2].journal):
                fault = tried[0][1] if tried and tried[0][2].journal else "E408"
                self.report(f"generation {generation}", **{fault: True})
                lawful = next((each for each in tried if each[1] != "E403"), None)
                found = found or lawful or (self.resume(), None, None)
            after, _, piece = found or (None, None, None)
            if piece:
                self.followed[generation] = piece.commit
                self.pieces[generation].remove(piece)

    def resume(self):
        """The state of the next checkpoint behind lost commits, or what is known of it before the next commit left."""
        lost = self.state.generation + 1
        later = sorted(each for each in self.pieces if lost < each <= self.h and self.pieces[each])
        commits = [piece.commit for each in later for piece in self.pieces[each]]
        named = sorted(each.body[9] for each in commits if each.body[9] and self.state.allows_writer(each))
        tables = (self.note(file_name(CHECKPOINT, tab[0]), lambda: read_checkpoint(self.open(CHECKPOINT, tab[0]), *tab))
                  for tab in named if tab[0] >= lost)
        before = State(later[0] - 1, None, self.state.body(), known=False) if later else None
        return next(filter(None, tables), before)

    def verify(self):
        for key, name in ((7, "readme.txt"), (8, "spec.md")) if self.header else ():
            self.report(name, W709=attempt(lambda: root(self.open(name) or b"")) != self.header.body[key])
        for name, live in self.state.files.items():
            codes = self.note(file_name(*name), lambda: check_live(self.open(*name), live, self.followed.get(live[6])))
            self.report(file_name(*name), **(codes or {}))
        for kind, number in self.numbered - self.state.files.keys():
            self.report(file_name(kind, number), W707=kind not in (JOURNAL, SIDECAR))
        known = [(number, start, start + length) for number, start, length, expected in self.state.debris
                 if attempt(lambda: root((self.open(JOURNAL, number) or b"")[start:start + length])) == expected]
        passed = {each for each in self.pieces if 0 < each < self.state.generation} - self.followed.keys()
        for piece in (piece for each in self.pieces.keys() - passed for piece in self.pieces[each] if piece.journal):
            listed = [start <= piece.start and piece.end <= end for file, start, end in known if file == piece.journal]
            self.report(file_name(JOURNAL, piece.journal), W708=not any(listed))


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
        need(E011=slot.memory <= MAX_MEMORY and slot.passes <= MAX_PASSES)
        if slot.kind in (1, 3):
            text = unicodedata.normalize("NFC", given["passphrase"]).encode()
            key = pwhash.argon2id.kdf(64, text, slot.salt, opslimit=slot.passes, memlimit=slot.memory * 1024)
        if slot.kind in (2, 3):
            message = (b"slot-both", key) if slot.kind == 3 else (b"slot-key-file", slot.salt, keys.archive_id)
            key = H(LABEL % message[0], *message[1:], key=given["key"], size=64)
        if slot.kind == 4:
            public = sodium.crypto_scalarmult_base(given["identity"])
            shared = sodium.crypto_scalarmult(given["identity"], slot.point)
            key = H(LABEL % b"slot-recipient", slot.point, public, keys.archive_id, key=shared, size=64)
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
    """The bytes that a text form stands for (cryptography.md, sections 2 to 4); of a passphrase its first line."""
    if name == "passphrase":
        return text.split("\n")[0].removesuffix("\r")
    if name == "recovery":
        letters, checked = re.sub(r"[\s-]", "", text.lower()), LABEL % b"recovery"
        data = int("".join(map(BITS.get, letters)) if CODE.fullmatch(letters) else "0", 2).to_bytes(36, "big")
    else:
        prefix = f"portable-archive-{name}-1:"
        form, checked = re.fullmatch(prefix + r"((?:[0-9a-f]{2})+)\r?\n?", text), LABEL % b"text" + prefix.encode()
        data = bytes.fromhex(form[1] if form else "")
    need(E015=H(checked, data[:-4])[:4] == data[-4:] and (len(data) == 36 or name == "credential"))
    need(E2=name != "credential" or parse(data[:-4], "credential"))
    return data[:-4]

def open_pointers(blob, key, archive_id, segment, generation):
    place = archive_id + struct.pack("<IQ", segment, generation)
    plain = unseal(blob[24:], LABEL % b"pointers" + place, blob[:24], key)
    end = 4 + number(plain, 0)
    need(E507=len(plain) == -(-end // 64) * 64 and not any(plain[end:]))
    return parse(plain[4:end], "pointers")

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
    need(E607=len(data) == 4 + 49 * count)
    kinds, columns = data[4 + 32 * count:4 + 33 * count], struct.unpack(f"<{4 * count}I", data[4 + 33 * count:])
    names = [(data[4 + 32 * i:36 + 32 * i], kinds[i]) for i in range(count)]
    need(E607=names == sorted(set(names)) and set(kinds) <= {CONTENT, PART, BLOB})
    return list(zip(names, zip(*(columns[i * count:(i + 1) * count] for i in range(4)))))

def rebuild(content, size, find):
    at, message = 4 + number(content, 0), b""
    need(E603=4 <= at <= min(len(content), 4 + MIB))
    for step in parse(content[4:at], "recipe") if at > 4 else [len(content) - 4]:
        if type(step) is int:
            data, at = content[at:at + step], at + step
        else:
            need(E606=sum(length for _, length in step[1]) <= size)
            parts = [find(identity) for identity, _ in step[1]]
            sizes = [length for _, length in step[1]]
            need(E603=[len(part) for part in parts] == sizes and (step[0] == 2 or step[2] % 4 == 0))
            data = b"".join(parts) if step[0] == 2 else base64.b64encode(b"".join(parts))
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
        self.archive, self.secrets, self.archive_id, self.blobs = archive, secrets, archive.keys.archive_id, set()
        self.segments, self.places, self.messages, self.table = {}, defaultdict(list), {}, lru_cache(4)(objects_in)
        self.data = lru_cache(4)(lambda key, *place: Record.read(*place).open(key))
        for (kind, segment), entry in sorted(archive.state.files.items()):
            if kind == SEGMENT and 7 in entry:
                archive.note(file_name(kind, segment), self.load, segment, entry, file_name(kind, segment))

    def load(self, segment, entry, name):
        file, before, note = self.archive.open(SEGMENT, segment), len(self.archive.findings), self.archive.note
        key, end = self.secrets.segment_key(entry[7], self.archive_id, segment), min(len(file), entry[2])
        self.segments[segment] = file, end, key
        listed, met, records, at, record = set(), set(), [], 0, True
        for generation, blob in entry.get(8, []):
            listed |= set(map(tuple, note(name, open_pointers, blob, key, self.archive_id, segment, generation) or ()))
        while at < end:
            magic, place, start, at = file[at:at + 64], f"{name}, byte {at}", at, at + 64
            if any(magic) and (record or magic.startswith(b"PARCHREC")):
                record = note(place, Record.read, file, start, end, self.archive_id, segment)
            if any(magic) and record:
                at = record.end + -record.end % 64
                self.archive.report(place, E309=any(file[record.end:at]))
                records.append(record)
                note(place, self.take, record, entry, key, listed, met)
        need(E507=met == listed or len(self.archive.findings) > before)
        if entry[4] == SEALED and len(self.archive.findings) == before:
            check_footer(records, entry[7])

    def take(self, record, entry, key, listed, met):
        """Takes in a record by its class and type, and its pointer into `met`; only what is listed counts."""
        opening = record.kind == OPENING
        need(E303=opening == (record.at == 0), E505=not opening or record.body == entry[7])
        kind, data = record.open(key) if record.kind == DATA else (None, b"")
        pointer = kind, record.at // 64, len(record.body)
        met |= {pointer} if kind not in (None, OBJECTS) else set()
        need(W714=pointer not in listed or kind < 128, E312=pointer not in listed or kind <= RUN)
        need(E607=kind != OBJECTS or objects_in(data), E2=pointer not in listed or kind != RUN or parse(data, "run"))
        for name, place in entries_in(data) if kind == INDEX and pointer in listed else ():
            self.places[name].append(place)
        if kind == MANIFEST and pointer in listed:
            runs, folders, files, messages, rejects = map(parse(data, "manifest").get, range(5))
            placed = [(message, each) for message in messages for each in message[2]]
            used = [(each[0], 0) for each in files if folders] + [(each[0], each[8]) for each in rejects]
            used += [(each[0], each[1]) for _, each in placed]
            blobs = [each[7] for each in rejects] + [each.get(6, []) for _, each in placed]
            self.blobs |= {(identity, BLOB) for several in blobs for identity, _ in several}
            for message, each in placed:
                _, places, envelope = self.messages.setdefault(message[0], (message[1], {}, {}))
                envelope.update({} if envelope else message.get(3, {}))
                item = [runs[each[0]:each[0] + 1], each[5][0], each[5][1]] if 5 in each else len(places)
                places |= {repr((item, folder[:2])): folder for folder in folders[each[1]:each[1] + 1]}
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

    def read_all(self, destination):
        """Rebuilds each message as a file in a folder or, without one, reads every copy of every object."""
        others = {} if destination else {name for name in self.places if name[1] != CONTENT} | self.blobs
        for identity, kind in [*((each, CONTENT) for each in self.messages), *others]:
            data = self.archive.note(f"object {identity.hex()}", self.find, kind, identity, not destination)
            if destination and isinstance(data, bytes):
                os.makedirs(destination, exist_ok=True)
                Path(destination, f"{identity.hex()}.eml").write_bytes(data)

    def show(self):
        for identity, (size, folders, envelope) in self.messages.items():
            paths = sorted({b"/".join([each[0], *each[1]]).decode("utf-8", "replace") for each in folders.values()})
            print(identity.hex(), size, ascii(paths), ascii(envelope.get(4, b"").decode("utf-8", "replace")), sep="\t")

def run(archive, options):
    files = {name: Path(getattr(options, name)) for name in SECRETS if getattr(options, name)}
    given = {name: from_text(name, file.read_text("utf-8", "replace")) for name, file in files.items()}
    verifying, destination = options.command == "verify", options.destination
    secrets = Secrets(given["recovery"]) if "recovery" in given else None
    archive.choose_header(secrets and secrets.keys)
    flags = archive.header.body[9] if archive.header else {}
    need(E003=not (given and 0 in flags or verifying and 1 in flags))
    if given and not secrets:
        opened = (attempt(Secrets.from_slot, slot, archive.keys, given) for slot in archive.header.slots)
        secrets = next(filter(None, opened), None)
    need(E004=secrets and secrets.keys.content == archive.keys.content or verifying and not given)
    archive.read()
    if verifying:
        archive.verify()
    catalogue = Catalogue(archive, secrets) if secrets else None
    if options.command == "list":
        catalogue.show()
    elif catalogue:
        need(E013=verifying or not os.path.exists(destination) or not os.listdir(destination))
        catalogue.read_all(None if verifying else destination)
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
