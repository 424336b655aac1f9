"""An archive as it can be known without its secrets: header, records, commits, state (format.md, sections 1 to 7)."""
import os
import re
import struct
import zlib
from collections import namedtuple
from contextlib import contextmanager
from functools import cached_property

import cbor2
import zstandard

from basics import (Fault, H, Keys, attempt, check_envelope, check_signing_key, check_slots, decode, exchange, failing,
                    label, need, parse, root, unseal)

OPENING, DATA, FOOTER, COMMIT, TABLE = range(1, 6)
JOURNAL, SEGMENT, CHECKPOINT, DERIVED, SIDECAR = 0, 1, 2, 3, -1
OPEN, SEALED, CLOSED, PLAIN = 1, 2, 3, 4
ADD, EXTEND, SEAL, CLOSE, REMOVE = 1, 2, 3, 4, 5
MIB, PAGE, MAGIC, RECORD = 1 << 20, 4096, b"PARCHREC", struct.Struct("<8sBBBBI32sQII24s36sI")
HEADERS, HEADS = ("header.a", "parity/header.b", "segments/header.c"), ("head.a", "journal/head.b")
PLACES = {JOURNAL: ("journal", "jnl"), SEGMENT: ("segments", "seg"), CHECKPOINT: ("journal", "tab"),
          DERIVED: ("derived", "der"), SIDECAR: ("parity", "par")}
KINDS = {ending: kind for kind, (_, ending) in PLACES.items()}
NUMBERED = re.compile(r"[a-z]+(?:/(\d\d))?/\d{5}/(\d{8})\.([a-z]{3})")
OTHER = re.compile(r"(segments|journal|derived|parity|other/\d\d)(/\d{5})?|other|readme\.txt|spec\.md")
Piece = namedtuple("Piece", "index file start end commit put_back")

def number(data, at, size=4):
    return int.from_bytes(data[at:at + size], "little")

def file_name(kind, number):
    folder, ending = PLACES.get(kind, (f"other/{kind:02}", "bin"))
    return f"{folder}/{number // 1000:05}/{number:08}.{ending}"


class File:
    """A file whose bytes are read when they are asked for, as file[from:to]."""

    def __init__(self, path):
        self.stream = open(path, "rb")

    def __len__(self):
        return self.stream.seek(0, os.SEEK_END)

    def __getitem__(self, part):
        self.stream.seek(part.start)
        return self.stream.read(part.stop - part.start)


class Findings(dict):
    """What is wrong: the cause for each code and place."""

    def report(self, code, place, cause=""):
        self.setdefault((code, place), cause)

    @contextmanager
    def noting(self, place):
        try:
            with failing("E005", OSError):
                yield
        except Fault as fault:
            self.report(fault.code, place, fault.args[-1])


class Directory:
    """The files of an archive by their names in lower case, and the kinds and numbers among them."""

    def __init__(self, path, findings):
        self.paths, self.numbered = {}, set()
        for folder, folders, names in os.walk(path, lambda error: findings.report("E005", error.filename, error)):
            for full in (os.path.join(folder, name) for name in folders + names):
                written = os.path.relpath(full, path).replace(os.sep, "/")
                name = written.lower()
                is_plain = not os.path.islink(full) and (os.path.isfile(full) or os.path.isdir(full))
                match = is_plain and NUMBERED.fullmatch(name)
                if is_plain and (name not in self.paths or written in (name, "README.TXT", "SPEC.md")):
                    self.paths[name] = full
                file = match and (KINDS.get(match[3], int(match[1] or 0)), int(match[2]))
                if is_plain and name.endswith((".new", ".bad")):
                    findings.report("W711", name)
                elif match and file[1] and file_name(*file) == name:
                    self.numbered.add(file)
                elif not (is_plain and (OTHER.fullmatch(name) or name in HEADERS + HEADS)):
                    findings.report("W710", name)

    def open(self, *name):
        """The file of a name or of a kind and number, or the one that was to take its place; else None."""
        name = file_name(*name) if len(name) == 2 else name[0]
        path = self.paths.get(name) or self.paths.get(name + ".new")
        return File(path) if path else None

    def read(self, name, most):
        with failing("E005", OSError):
            file = self.open(name)
            return None if file is None else file[0:most]

    def numbers(self, kind):
        return sorted(number for each, number in self.numbered if each == kind)


class Header:
    """A valid replica of the header (format.md, section 4)."""

    def __init__(self, raw):
        need(W701=raw is not None)
        need(E110=len(raw) == 16384)
        end = 16 + number(raw, 12)
        framed = raw[8] == 1 and not any(raw[10:12]) and 16 < end <= 16316 and not any(raw[end + 64:16380])
        sound = zlib.crc32(raw[:16380]) == number(raw, 16380)
        need(E111=raw[:8] == b"PARCHHDR", E112=sound, E002=raw[8] < 2, E114=framed)
        self.raw, self.body, self.hash = raw, parse(raw[16:end], "header"), H(label("header-hash"), raw)
        self.sequence, self.slots, self.keys = self.body[2], self.body[4], Keys(self.body[0], self.body[1])
        check_signing_key("E117", self.keys.signing)
        exchange("E117", bytes(32), self.keys.content)
        self.keys.verify("E116", "header", raw[:end], raw[end:end + 64])
        check_slots(self.slots)

    def demand(self, operation):
        """Refuses an operation (0 read, 1 verify …) for which the header names a flag: version 1.0 knows none."""
        need(E003=operation not in self.body[9])


class Record(namedtuple("Record", "at end raw kind codec segment offset nonce body")):
    """A record and the place where it was found; `raw` are its first 128 bytes (format.md, section 5)."""

    @classmethod
    def read(cls, data, at, limit, archive_id, segment=None):
        """The record at a place of a segment; without a segment, a commit somewhere else."""
        raw = data[at:min(at + 128, limit)]
        need(E306=len(raw) == 128)
        magic, major, _, kind, codec, place, archive, offset, length, zero, nonce, zeros, crc = RECORD.unpack(raw)
        step, longest, end = *((PAGE, 65408) if kind == COMMIT else (64, 18 * MIB)), at + 128 + length
        right = major and OPENING <= kind <= TABLE and codec <= (2 if kind == DATA else 0)
        right = right and 1 <= place < 10**8 and offset in range(0, 2**28 + 2**16, step)
        need(E301=magic == MAGIC, E302=crc == zlib.crc32(raw[:124]), E002=major < 2, E303=right,
             E304=1 <= length <= longest)
        there = (archive_id, segment or place, offset if segment is None else at)
        need(E303=not (zero or any(zeros) or kind != DATA and any(nonce)), E305=(archive, place, offset) == there,
             E306=end <= limit)
        return cls(at, end, raw, kind, codec, place, offset, nonce, data[at + 128:end])

    def open(self, key):
        """Type and decoded bytes of a data record."""
        plain = unseal("E307", key, self.nonce, self.body, self.raw)
        need(E308=len(plain) >= 16)
        encoded, decoded, exponent = number(plain, 4), number(plain, 8), (16 + number(plain, 4)).bit_length() - 1
        padding = -(16 + encoded) % (1 << exponent - exponent.bit_length())
        right = 1 <= decoded <= 16 * MIB and encoded <= 16 * MIB and len(plain) == 16 + encoded + padding
        need(E308=right and not any(plain[1:4] + plain[12:16]), E309=not any(plain[16 + encoded:]))
        with failing("E310", zlib.error, zstandard.ZstdError):
            data = (stored, inflated, decompressed)[self.codec](plain[16:16 + encoded], decoded)
        need(E311=len(data) == decoded)
        return plain[0], data

def stored(data, _):
    return data

def inflated(data, size):
    stream = zlib.decompressobj()
    decoded = stream.decompress(data, size + 1)
    need(E310=len(decoded) > size or stream.eof and not stream.unused_data)
    return decoded

def decompressed(data, size):
    frame = zstandard.get_frame_parameters(data)
    stated = frame.content_size != zstandard.CONTENTSIZE_UNKNOWN
    need(E310=stated and frame.window_size <= 8 * MIB and not frame.dict_id, E311=frame.content_size == size)
    return zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)


class Commit:
    """A valid commit record (format.md, 7.1); `padded` are its bytes up to the next page."""

    def __init__(self, data, at, keys):
        record = Record.read(data, at, len(data), keys.archive_id)
        need(E303=record.kind == COMMIT)
        self.raw, self.segment, self.offset = record.raw + record.body, record.segment, record.offset
        self.body, self.hash = parse(record.body[:-64], "commit"), H(label("commit-hash"), self.raw)
        self.generation, self.padded = self.body[0], self.raw + bytes(-len(self.raw) % PAGE)
        certificates = [self.body[5], *self.body.get(10, [])]
        self.writers = [(signed, keys.open_signed("certificate", signed)) for signed in certificates]
        self.revoked = [keys.open_signed("revocation", signed)[0] for signed in self.body.get(11, [])]
        self.writer, capabilities = self.writers[0][1][0], self.writers[0][1][3]
        needed = [8 if change[1] >= DERIVED else 4 if change[0] == REMOVE else 1 for change in self.body[7]]
        self.is_capable = all(capabilities & each for each in needed)
        check_signing_key("E414", self.writer)
        keys.verify("E401", "commit", self.raw[:-64], self.raw[-64:], self.writer)

    @classmethod
    def in_journal(cls, data, at, keys):
        commit = cls(data, at, keys)
        need(E309=data[at:at + len(commit.padded)] == commit.padded)
        return commit

    @classmethod
    def in_head(cls, data, keys):
        need(E409=data is not None and len(data) == 65536)
        commit = cls(data, 0, keys)
        need(E409=not any(data[len(commit.raw):65536]))
        return commit


class State:
    """What is live after a commit (format.md, 7.2)."""

    def __init__(self, generation=0, commit_hash=bytes(32), body={0: [], 1: [], 2: []}, commit=None):
        self.generation, self.hash, self.debris, self.commit = generation, commit_hash, body[2], commit
        self.is_whole = True
        self.files = {(entry[0], entry[1]): entry for entry in body[0]}
        self.writers = {decode(signed[:-64])[0]: [signed, revoked] for signed, revoked in body[1]}

    def body(self):
        files, writers = ([each[key] for key in sorted(each)] for each in (self.files, self.writers))
        return {0: files, 1: writers, 2: self.debris}

    def after(self, commit):
        """The state after a commit, whether or not it keeps the rules."""
        state = State(commit.generation, commit.hash, self.body(), commit)
        for change in filter(has_its_fields, commit.body[7]):
            op, name = change[0], (change[1], change[2])
            old, new = state.files.pop(name, {}), {0: change[1], 1: change[2], 6: commit.generation}
            if op == CLOSE:
                new = (old or new | {2: 0, 3: root(b"")}) | {4: CLOSED, 5: 0, 9: change[7], 10: change[8]}
            elif op != REMOVE:
                new |= {2: change[3], 3: change[4], 4: PLAIN, 5: 0}
            if op <= SEAL and change[1] == SEGMENT:
                blobs, pages = old.get(8, []) + [[commit.generation, change[6]]], len(commit.padded) // PAGE
                new |= {4: SEALED if op == SEAL else OPEN, 5: pages, 7: change[5], 8: blobs}
            if op != REMOVE:
                state.files[name] = new
        for signed, certificate in commit.writers:
            state.writers.setdefault(certificate[0], [signed, False])
        for key in state.writers.keys() & set(commit.revoked):
            state.writers[key] = [state.writers[key][0], True]
        state.debris = self.debris + commit.body.get(12, [])
        return state

    def root(self):
        return root(cbor2.dumps(self.body(), canonical=True))

    def check_writer(self, commit):
        need(E403=commit.is_capable and not self.writers.get(commit.writer, [b"", False])[1])
        return True

    def follow(self, commit, journal=None):
        """The state after a commit that keeps the rules; `journal` is the number of the file in which it stands."""
        body, after, changes = commit.body, self.after(commit), commit.body[7]
        need(E404=commit.generation == self.generation + 1, E405=self.hash in (None, body[1]))
        self.check_writer(commit)
        if self.is_whole:
            names = [(change[1], change[2]) for change in changes]
            written = [(change[2], change.get(3)) for change in changes if change[0] <= SEAL and change[1] == SEGMENT]
            tables = [[entry[1], entry[2], entry[3]] for (kind, _), entry in after.files.items() if kind == CHECKPOINT]
            due = self.generation > 0 and self.generation % 256 == 0
            need(E412=all(self.allows(change) for change in changes) and names == sorted(set(names)))
            for change in changes:
                if 5 in change:
                    check_envelope(change[5])
                    need(E412=change[5][8:40] == commit.writer)
            need(E412=written == [(commit.segment, commit.offset)] and body[9] == max(tables, default=None)
                 and (journal is None or body[6] <= journal) and (not due or (CHECKPOINT, self.generation) in names)
                 and after.writers.keys() >= set(commit.revoked) and len(after.writers) <= 4096,
                 E410=after.root() == body[8])
        after.is_whole = self.is_whole or after.root() == body[8]
        return after

    def allows(self, change):
        """Whether the rules for its operation allow a file change."""
        op, kind, number, length = change[0], change[1], change[2], change.get(3, 0)
        old, newest = self.files.get((kind, number)), max((each for of, each in self.files if of == kind), default=0)
        if not has_its_fields(change) or length > (2**40 if kind >= DERIVED else 2**28):
            return False
        if op == REMOVE:
            return old is not None
        if kind != SEGMENT:
            return op == ADD and number > newest and (kind != CHECKPOINT or number == self.generation)
        if old is None:
            return op == CLOSE or op != EXTEND and number > newest
        if op == CLOSE:
            return old[4] == OPEN or old[4] == SEALED and old[6] == self.generation
        return op != ADD and old[4] == OPEN and length >= old[2] + PAGE * old[5] and change[5] == old.get(7)

    def follow_all_the_same(self, commit):
        """The state after a commit that breaks rules: what it removes stays, unless its state root holds."""
        after = self.after(commit)
        if after.root() != commit.body[8]:
            after.files = {name: entry for name, entry in self.files.items() if name not in after.files} | after.files
        return after

def has_its_fields(change):
    """Whether a file change has the keys that belong to its operation, and no others."""
    written = {3, 4, 5, 6} if change[1] == SEGMENT else {3, 4}
    return {key for key in change if key > 2} == {CLOSE: {7, 8}, REMOVE: set()}.get(change[0], written)

def has_root(file, start, length, expected):
    return file is not None and start + length <= len(file) and root(file, start, start + length) == expected

def read_checkpoint(directory, generation, length, expected):
    """The state in a checkpoint file, as a commit names it."""
    file = directory.open(CHECKPOINT, generation)
    need(E411=has_root(file, 0, length, expected) and file[0:8] == b"PARCHTAB")
    with failing("E411", Fault, KeyError, TypeError):
        body = parse(file[8:length], "checkpoint")
        need(E411=body[0] == generation)
        return State(generation, body[1], body[3])

def check_live(file, entry, spare):
    """The codes that a live file gets; `spare` is the commit that stands behind its committed length."""
    length, tail = entry[2], PAGE * entry[5]
    if file is None or len(file) < length:
        return ["E501" if file is None else "E502"]
    debris = len(file) > length + tail
    if entry[4] == CLOSED:
        debris = len(file) != length + entry.get(9, 0) or root(file, length) != entry.get(10)
    cut = tail and spare and file[length:length + tail] != spare.padded
    codes = {"E503": root(file, 0, length) != entry[3], "W705": cut, "W706": debris}
    return [code for code in codes if codes[code]]


class Archive:
    """An archive whose header, or recovery code, says its keys.

    The journal is kept in pieces: one for each valid commit and for each page without one, where `commit` is a fault.
    """

    def __init__(self, path, findings, recovered=None):
        self.findings, self.report, self.directory = findings, findings.report, Directory(path, findings)
        replicas = {name: attempt(Header, self.directory.read(name, 16385)) for name in HEADERS}
        valid, codes = list(filter(None, replicas.values())), {fault.code for fault in replicas.values() if not fault}
        need(E001=any(name in HEADERS + HEADS or name.endswith(".jnl") for name in self.directory.paths),
             E002=valid or codes - {"W701"} != {"E002"}, E101=valid or recovered)
        self.header = max(valid, key=lambda header: header.sequence, default=None)
        self.keys, self.pieces, self.copies = self.header.keys if valid else recovered, [], {}
        if not valid:
            self.report("E101", HEADERS[0], " ".join(sorted(codes)))
        for name, replica in replicas.items() if valid else ():
            older = not replica or replica.sequence < self.header.sequence
            if older:
                self.report("W701", name, "of a lower sequence" if replica else replica.code)
            if replica and (replica.keys != self.keys or not older and replica.raw != self.header.raw):
                self.report("E103", name)

    def read(self):
        """Finds the newest commit (format.md, 7.7)."""
        heads = {name: attempt(Commit.in_head, self.directory.read(name, 65537), self.keys) for name in HEADS}
        self.heads = {name: head if not head or head.is_capable else Fault("E403") for name, head in heads.items()}
        self.read_journal()
        void = True
        while void:
            self.h = max((head.generation for head in self.heads.values() if head), default=0)
            void = self.follow()
            self.heads |= {name: Fault("E403") for name in void}
        for code, place in self.faults:
            self.report(code, place)
        generation, newest = self.state.generation, self.state.commit
        if not any(self.heads.values()):
            self.report("E407", HEADS[0])
        if generation > self.h:
            self.report("W703", HEADS[0], f"the journal goes on to generation {generation}")
        for name, head in self.heads.items():
            if not head and head.code == "E403":
                self.report("E403", name)
            if any(self.heads.values()) and generation == self.h and (not head or head.generation < self.h):
                self.report("W704", name, f"generation {head.generation}" if head else head.code)
            if head and self.journal.get(head.generation, head).hash != head.hash:
                self.report("E406", name, f"generation {head.generation}")
            if head and head.generation == self.h and head.body[9]:
                with self.findings.noting(file_name(CHECKPOINT, head.body[9][0])):
                    read_checkpoint(self.directory, *head.body[9])
        if newest and self.header and (self.header.sequence, self.header.hash) != (newest.body[3], newest.body[4]):
            own, named = self.header.sequence, newest.body[3]
            self.report("E102" if own < named else "W702" if own > named else "E103", HEADERS[0])

    def read_journal(self):
        for number in self.directory.numbers(JOURNAL):
            with self.findings.noting(file_name(JOURNAL, number)):
                self.read_journal_file(self.directory.open(JOURNAL, number), number)

    def read_journal_file(self, file, number):
        at = 0
        while at < len(file):
            commit = attempt(Commit.in_journal, file, at, self.keys)
            end = at + len(commit.padded) if commit else min(at + PAGE, len(file))
            self.pieces.append(Piece(len(self.pieces), number, at, end, commit, commit and commit.body[6] < number))
            if commit:
                self.copies.setdefault(commit.generation, []).append(self.pieces[-1])
            at = end

    @cached_property
    def spares(self):
        """The valid commits at the pages of all segments: copies S are among them."""
        files = [self.directory.open(SEGMENT, number) for number in self.directory.numbers(SEGMENT)]
        places = ((file, at) for file in files for at in range(0, len(file), PAGE) if file[at:at + 8] == MAGIC)
        return list(filter(None, (attempt(Commit, file, at, self.keys) for file, at in places)))

    def follow(self):
        """Follows all commits; gives the names of heads that turn out not to count, and then stops."""
        self.state, self.faults, self.owned, self.journal, self.position, going_on = State(), [], set(), {}, -1, True
        while going_on:
            void = [name for name, head in self.heads.items() if head and head.generation > self.state.generation
                    and not attempt(self.state.check_writer, head)]
            if void:
                return void
            going_on = self.follow_one()
        return []

    def follow_one(self):
        """Follows one commit more; false if there is none."""
        generation, place = self.state.generation + 1, f"generation {self.state.generation + 1}"
        pieces = self.copies.get(generation, [])
        in_order = [piece for piece in pieces if piece.index > self.position and not piece.put_back]
        tried = [(piece, attempt(self.state.follow, piece.commit, piece.file))
                 for piece in in_order or pieces if in_order or piece.put_back]
        piece, after = next((each for each in tried if each[1]), tried[0] if tried else (None, Fault("E408")))
        if not after and generation > self.h:
            return False
        if piece:
            self.own(piece)
        if not after:
            self.faults.append((after.code, place))
            others = [each.commit for each, _ in tried] + [each.commit for each in pieces]
            others += [each for each in (*self.heads.values(), *self.spares) if each and each.generation == generation]
            after = next(filter(None, (attempt(self.state.follow, commit) for commit in others)), None)
            lawful = next((commit for commit in others if attempt(self.state.check_writer, commit)), None)
            after = after or lawful and self.state.follow_all_the_same(lawful)
        if not after:
            self.faults.append(("E408", place))
            after = self.resume()
        self.state = after or self.state
        return after is not None

    def own(self, piece):
        """Marks a piece as copy J of its commit."""
        self.owned.add(piece.index)
        self.journal[piece.commit.generation] = piece.commit
        self.position = self.position if piece.put_back else piece.index

    def resume(self):
        """The next checkpoint or, without one, the state before the next commit, as far as it is known."""
        commits = [piece.commit for piece in self.pieces] + [*self.heads.values(), *self.spares]
        commits = [commit for commit in commits if commit and attempt(self.state.check_writer, commit)]
        for name in sorted(commit.body[9] for commit in commits if commit.body[9] and commit.body[9][0] <= self.h):
            after = attempt(read_checkpoint, self.directory, *name)
            if after and after.generation > self.state.generation:
                for piece in self.pieces[self.position + 1:]:
                    if piece.commit and piece.commit.generation <= after.generation:
                        self.own(piece)
                return after
        following = [commit.generation for commit in commits if commit.generation > self.state.generation + 1]
        after = State(min(following) - 1, None, self.state.body()) if following else None
        if after:
            after.is_whole = False
        return after

    def verify(self):
        """Checks the files that are live, and what nothing names."""
        for key, name in ((7, "readme.txt"), (8, "spec.md")) if self.header else ():
            file = self.directory.open(name)
            if file is None or root(file) != self.header.body[key]:
                self.report("W709", name)
        for name, entry in self.state.files.items():
            with self.findings.noting(file_name(*name)):
                for code in check_live(self.directory.open(*name), entry, self.journal.get(entry[6])):
                    self.report(code, file_name(*name))
        for kind, number in self.directory.numbered - self.state.files.keys():
            if kind not in (JOURNAL, SIDECAR):
                self.report("W707", file_name(kind, number))
        self.report_debris()

    def report_debris(self):
        """What is neither a commit up to the newest nor known debris (format.md, 7.3)."""
        known = [entry for entry in self.state.debris if has_root(self.directory.open(JOURNAL, entry[0]), *entry[1:])]
        owned = [self.pieces[index] for index in sorted(self.owned)]
        order = [piece.commit.generation for piece in owned if not piece.put_back]
        put_back = [piece.commit.generation for piece in owned if piece.put_back]
        passed = 0
        for index, number, start, end, commit, _ in self.pieces:
            if index in self.owned:
                passed += not self.pieces[index].put_back
                continue
            before, after = order[passed - 1] if passed else 0, order[passed] if passed < len(order) else 0
            missing = after - before - 1 > sum(before < generation < after for generation in put_back)
            listed = any(entry[0] == number and entry[1] <= start and end <= entry[1] + entry[2] for entry in known)
            if not (missing or listed):
                self.report("W708", file_name(JOURNAL, number))
