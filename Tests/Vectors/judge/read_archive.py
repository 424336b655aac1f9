#!/usr/bin/env python3
"""Verifies, lists or exports an archive, and never writes into it: with the exact code of all that is wrong."""
import argparse
import base64
import hashlib
import json
import struct
import sys
from functools import lru_cache
from pathlib import Path

from archive import DATA, FOOTER, MAGIC, MIB, OPENING, SEALED, SEGMENT, TABLE, Archive, Findings, Record
from archive import file_name, number
from basics import (Fault, H, Secrets, attempt, decode, failing, from_key_text, from_recovery_code, label, need,
                    open_slot, parse, unseal)

OBJECTS, INDEX, MANIFEST, RUN = 1, 2, 3, 4
CONTENT, PART, BLOB = 1, 2, 3

def open_pointers(blob, key, archive_id, segment, generation):
    place = label("pointers") + archive_id + struct.pack("<IQ", segment, generation)
    plain = unseal("E507", key, blob[:24], blob[24:], place)
    end = 4 + number(plain, 0)
    need(E507=len(plain) == -(-end // 64) * 64 and not any(plain[end:]))
    with failing("E507", Fault):
        return [tuple(pointer) for pointer in parse(plain[4:end], "pointers")]

def check_footer(records, envelope):
    """Refuses the records of a sealed segment unless the last is a footer that lists the others."""
    entries = [struct.pack("<IIB3x", record.at // 64, len(record.body), record.kind) for record in records[:-1]]
    listed = envelope + struct.pack("<II", len(entries), 0) + b"".join(entries)
    need(E508=records and (records[-1].kind, records[-1].body) == (FOOTER, listed))

def check_table(body):
    generation, index, pieces = number(body, 0, 8), number(body, 8), number(body, 12)
    need(E509=16 < len(body) <= 16 + 8 * MIB and generation and index < pieces)

def objects_in(data):
    """Position, kind and size of each object of a group."""
    count, table = number(data, 0), []
    at = 4 + 5 * count
    need(E607=1 <= count <= 1_000_000 and at <= len(data))
    for kind, size in struct.iter_unpack("<BI", data[4:at]):
        table.append((at, kind, size))
        at += size
    need(E607=at == len(data) and {kind for _, kind, _ in table} <= {CONTENT, PART, BLOB})
    return table

def entries_in(data):
    """The entries of an index as ((id, kind), (segment, offset / 64, position, size))."""
    count = number(data, 0)
    need(E607=len(data) >= 4 and len(data) == 4 + 49 * count)
    kinds, columns = data[4 + 32 * count:4 + 33 * count], struct.unpack(f"<{4 * count}I", data[4 + 33 * count:])
    names = [(data[4 + 32 * i:36 + 32 * i], kinds[i]) for i in range(count)]
    need(E607=names == sorted(set(names)) and set(kinds) <= {CONTENT, PART, BLOB})
    return zip(names, zip(*(columns[i * count:(i + 1) * count] for i in range(4))))

def base64_lines(pieces, width, line_end):
    """The joined pieces as base64, in lines of some letters or in one."""
    size, between, rest = (width // 4 * 3, (b"\n", b"\r\n", b"\r")[line_end], b"") if width else (3 << 16, b"", b"")
    for piece in pieces:
        rest += piece
        end = (len(rest) - 1) // size * size
        yield from (base64.b64encode(rest[at:at + size]) + between for at in range(0, end, size))
        rest = rest[end:]
    yield base64.b64encode(rest)

def joined(parts, find):
    for identity, size in parts:
        data = find(identity)
        need(E603=len(data) == size)
        yield data

def rebuild(content, find):
    """The message of a content, piece by piece; `find` gives the part of an id (format.md, 8.2)."""
    at = 4 + number(content, 0)
    need(E603=4 <= at <= min(len(content), 4 + MIB))
    if at > 4:
        steps = decode(content[4:at])
        codes = [step[0] for step in steps if type(step) is list and step] if type(steps) is list else []
        need(E604=all(type(code) is not int or code in (1, 2) for code in codes))
    for step in parse(content[4:at], "recipe") if at > 4 else [len(content) - 4]:
        if type(step) is int:
            need(E603=step <= len(content) - at)
            yield content[at:at + step]
            at += step
        else:
            pieces = joined(step[1], find)
            need(E603=step[0] == 2 or step[2] % 4 == 0)
            yield from pieces if step[0] == 2 else base64_lines(pieces, step[2], step[3])
    need(E603=at == len(content))

def checked(pieces, size, identity, key):
    """Passes on the pieces of a message, which must have this size and id."""
    digest, total = hashlib.blake2b(digest_size=32, key=key), 0
    for piece in pieces:
        total += len(piece)
        need(E606=total <= size)
        digest.update(piece)
        yield piece
    need(E603=total == size, E602=digest.digest() == identity)

def next_record(file, at, end):
    """Where the next record begins: behind zero bytes only, at a multiple of 64."""
    while at < end:
        block = file[at:min(at - at % 64 + 64, end)]
        if any(block) or not block:
            need(E309=not block or at % 64 == 0 and block[0])
            return at
        at += len(block)
    return end


class Catalogue:
    """All that the live segments hold: each record is opened once, an object again when it is needed."""

    def __init__(self, archive, secrets):
        self.archive_id, self.findings, self.secrets = archive.keys.archive_id, archive.findings, secrets
        self.segments, self.places, self.messages, self.group = {}, {}, {}, lru_cache(4)(self.group)
        self.blobs = set()
        for (kind, segment), entry in sorted(archive.state.files.items()):
            if kind == SEGMENT and 7 in entry:
                with self.findings.noting(file_name(kind, segment)):
                    self.load(archive.directory.open(kind, segment), segment, entry)

    def load(self, file, number, entry):
        need(E501=file is not None)
        before, key = len(self.findings), self.secrets.segment_key(entry[7], self.archive_id, number)
        self.segments[number] = file, entry[2], key
        listed, records, met = set(), [], set()
        for generation, blob in entry.get(8, []):
            with self.findings.noting(f"{file_name(SEGMENT, number)}, pointers of generation {generation}"):
                listed.update(open_pointers(blob, key, self.archive_id, number, generation))
        for record in self.records(file, entry[2], number):
            records.append(record)
            with self.findings.noting(f"{file_name(SEGMENT, number)}, byte {record.at}"):
                opening = record.kind == OPENING
                need(E303=opening == (record.at == 0), E505=not opening or record.body == entry[7])
                if record.kind == TABLE:
                    check_table(record.body)
                if record.kind == DATA:
                    kind, data = record.open(key)
                    pointer = kind, record.at // 64, len(record.body)
                    met |= {pointer} if kind != OBJECTS else set()
                    if kind == OBJECTS or pointer in listed:
                        self.take(kind, data)
        if len(self.findings) == before:
            need(E507=met == listed)
            if entry[4] == SEALED:
                check_footer(records, entry[7])

    def records(self, file, end, number):
        """All records of a segment; behind a bad one reading goes on where the next magic stands."""
        at = 0
        while at < end:
            try:
                record = Record.read(file, at, min(len(file), end), self.archive_id, number)
                yield record
                at = next_record(file, record.end, end)
            except Fault as fault:
                self.findings.report(fault.code, f"{file_name(SEGMENT, number)}, byte {at}")
                at = next((each for each in range(at - at % 64 + 64, end, 64) if file[each:each + 8] == MAGIC), end)

    def take(self, kind, data):
        """Takes in a data record by its type."""
        need(W714=kind < 128, E312=kind <= RUN)
        if kind == OBJECTS:
            objects_in(data)
        if kind == INDEX:
            for name, place in entries_in(data):
                self.places.setdefault(name, []).append(place)
        if kind == RUN:
            parse(data, "run")
        if kind == MANIFEST:
            self.add(parse(data, "manifest"))

    def add(self, manifest):
        runs, folders, files, messages, rejects = (manifest[key] for key in range(5))
        used = [(each[0], 0) for each in files if folders] + [(each[0], each[8]) for each in rejects]
        for message in messages:
            size, places, envelope = self.messages.get(message[0], (message[1], {}, {}))
            used += [(each[0], each[1]) for each in message[2]]
            for each in message[2]:
                if each[1] < len(folders):
                    item = [runs[each[0]], each[5][0], each[5][1]] if 5 in each and each[0] < len(runs) else len(places)
                    places[repr((item, folders[each[1]][:2]))] = folders[each[1]]
                self.blobs.update(identity for identity, _ in each.get(6, []))
            self.messages[message[0]] = size, places, envelope or message.get(3, {})
        self.blobs.update(identity for each in rejects for identity, _ in each[7])
        need(E607=all(run < len(runs) and folder < len(folders) for run, folder in used))

    def group(self, segment, at):
        """The objects of a record, and where they stand."""
        file, end, key = self.segments[segment]
        record = Record.read(file, at, min(len(file), end), self.archive_id, segment)
        need(E303=record.kind == DATA)
        kind, data = record.open(key)
        need(E312=kind == OBJECTS)
        return data, objects_in(data)

    def copies(self, kind, identity):
        """The bytes at each place where an object should be, right or wrong."""
        for segment, block, position, size in self.places.get((identity, kind), []):
            with self.findings.noting(f"{file_name(SEGMENT, segment)}, byte {block * 64}"):
                if segment in self.segments:
                    data, table = self.group(segment, block * 64)
                    need(E607=(position, kind, size) in table)
                    yield data[position:position + size]

    def find(self, kind, identity):
        """A part or a blob."""
        for data in self.copies(kind, identity):
            if H(data, key=self.secrets.content_id_key) == identity:
                return data
            self.findings.report("E602", f"object {identity.hex()}")
        raise Fault("E601", f"object {identity.hex()}")

    def message(self, identity, write, every=False):
        """Hands the pieces of a message to `write`, again for each copy until one is right, or for every copy."""
        right = False
        for content in self.copies(CONTENT, identity):
            with self.findings.noting(f"message {identity.hex()}"):
                pieces = rebuild(content, lambda part: self.find(PART, part))
                write(checked(pieces, self.messages[identity][0], identity, self.secrets.content_id_key))
                right = True
            if right and not every:
                return True
        if not right:
            self.findings.report("E601", f"message {identity.hex()}")
        return right

    def verify(self):
        """Rebuilds every message and reads every other object, each copy by itself."""
        for identity in self.messages:
            self.message(identity, lambda pieces: all(True for _ in pieces), every=True)
        for identity, kind in self.places:
            if kind != CONTENT:
                right = [H(data, key=self.secrets.content_id_key) == identity for data in self.copies(kind, identity)]
                for code, found in ("E602", not all(right)), ("E601", not any(right)):
                    if found:
                        self.findings.report(code, f"object {identity.hex()}")
        for identity in self.blobs:
            if (identity, BLOB) not in self.places:
                self.findings.report("E601", f"object {identity.hex()}")

SECRETS = ("passphrase", "recovery", "key", "identity")

def read_secrets(options):
    """The secrets of a recovery code, and what else may open a slot."""
    paths = {name: getattr(options, name + "_file") for name in SECRETS}
    with failing("E015", UnicodeDecodeError):
        texts = {name: Path(path).read_text("utf-8") for name, path in paths.items() if path}
    given = {name: from_key_text(texts[name], name) for name in ("key", "identity") if name in texts}
    if "passphrase" in texts:
        given["passphrase"] = texts["passphrase"].split("\n")[0].removesuffix("\r")
    return Secrets(from_recovery_code(texts["recovery"])) if "recovery" in texts else None, given

def unlock(header, given):
    results = [attempt(open_slot, slot, header.keys, given) for slot in (header.slots if header else [])]
    opened = [result for result in results if result]
    if not opened:
        raise max(results, key=lambda fault: fault.code, default=Fault("E004", "no slot"))
    return opened[0]

def run(options, findings):
    """Does a command; gives the archive and its catalogue, as far as they are read."""
    recovery, given = read_secrets(options)
    keyed, verifying = bool(recovery or given), options.command == "verify"
    need(E004=keyed or verifying)
    archive = Archive(options.archive, findings, recovery and recovery.keys)
    for operation, asked in enumerate((keyed, verifying)):
        if asked and archive.header:
            archive.header.demand(operation)
    secrets = recovery.check(archive.keys) if recovery else unlock(archive.header, given) if keyed else None
    archive.read()
    if verifying:
        archive.verify()
    catalogue = Catalogue(archive, secrets) if keyed else None
    if catalogue:
        {"verify": verify, "list": show, "export": export}[options.command](catalogue, options)
    return archive, catalogue

def verify(catalogue, _):
    catalogue.verify()

def printable(text):
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text))

def show(catalogue, _):
    for identity, (size, folders, envelope) in catalogue.messages.items():
        paths = {b"/".join([folder[0], *folder[1]]).decode("utf-8", "backslashreplace") for folder in folders.values()}
        subject = envelope.get(4, b"").decode("utf-8", "backslashreplace")
        print(identity.hex(), size, printable("; ".join(sorted(paths))), printable(subject), sep="\t")

def export(catalogue, options):
    destination = Path(options.destination)
    need(E013=not destination.exists() or not any(destination.iterdir()))
    destination.mkdir(parents=True, exist_ok=True)
    unfinished = destination / "unfinished"

    def write(pieces):
        with open(unfinished, "wb") as sink:
            sink.writelines(pieces)

    for identity in catalogue.messages:
        if catalogue.message(identity, write):
            unfinished.rename(destination / f"{identity.hex()}.eml")
    unfinished.unlink(missing_ok=True)

def exit_status(codes, strict):
    worst = min(codes, default="")
    return 0 if not worst else 3 if worst < "E1" else 2 if worst < "W" else int(strict)

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["verify", "list", "export"])
    parser.add_argument("archive")
    parser.add_argument("destination", nargs="?", help="of export: a folder, new or empty")
    for secret in SECRETS:
        parser.add_argument(f"--{secret}-file")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--strict", action="store_true", help="warnings give exit status 1")
    options, findings, archive = parser.parse_args(), Findings(), None
    with findings.noting(options.archive):
        archive, _ = run(options, findings)
    if options.json:
        known = {"generation": archive.state.generation, "head": archive.state.hash.hex()} if archive else {}
        print(json.dumps({"findings": [[*name, str(cause)] for name, cause in findings.items()], **known}))
    for (code, place), cause in () if options.json else findings.items():
        print(code, printable(place), printable(cause), file=sys.stdout if options.command == "verify" else sys.stderr)
    return exit_status({code for code, _ in findings}, options.strict)

if __name__ == "__main__":
    sys.exit(main())
