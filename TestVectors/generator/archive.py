"""A small writer of whole archives, after Spec/format.md. All files are kept in memory: Archive.files is {path: bytes}."""
import base64
import hashlib
import struct
import zlib

import keys as k
from cbor import encode
from keys import H, Keys, Signer, Stream, derive, label, root, seal

PAGE = 4096
README = b"This is an encrypted mail archive, made for tests. SPEC.md says how it is read.\n"
SPEC = b"# Stand-in for the Spec\nThe archives of TestVectors carry this short text in its place.\n"
MINUTE = k.MINUTE
OBJECTS, INDEX, MANIFEST, RUN = 1, 2, 3, 4
OPENING, DATA, FOOTER, COMMIT, TABLE = 1, 2, 3, 4, 5
ADDED, EXTENDED, SEALED, CLOSED, REMOVED = 1, 2, 3, 4, 5


def pad(data, size=PAGE):
    return data + bytes(-len(data) % size)


def padme(length):
    e = length.bit_length() - 1
    unit = 1 << (e - e.bit_length())
    return -(-length // unit) * unit


def record_header(archive_id, cls, segment, offset, stored, codec=0, nonce=bytes(24), magic=b"PARCHREC", major=1, minor=0,
                  zero60=0, zero88=bytes(36), crc=None):
    data = struct.pack("<8sBBBBI", magic, major, minor, cls, codec, segment) + archive_id
    data += struct.pack("<QII", offset, stored, zero60) + nonce + zero88
    return data + struct.pack("<I", zlib.crc32(data) if crc is None else crc)


def inner(type, encoded, decoded_length, zero1=bytes(3), zero12=0, e=None, fill=b"", length=None):
    """The plaintext of a data record, format.md 5.2."""
    data = struct.pack("<B3sIII", type, zero1, len(encoded) if e is None else e, decoded_length, zero12) + encoded + fill
    return data.ljust(padme(16 + len(encoded)) if length is None else length, b"\0")


def data_record(archive_id, segment, offset, key, nonce, plain, codec=0, **header):
    head = record_header(archive_id, DATA, segment, offset, len(plain) + 16, codec, nonce, **header)
    return head + seal(key, nonce, plain, head)


def objects_group(items, count=None):
    """items: (kind, bytes)."""
    head = struct.pack("<I", len(items) if count is None else count)
    return head + b"".join(struct.pack("<BI", kind, len(b)) for kind, b in items) + b"".join(b for _, b in items)


def index_record(entries, count=None, ordered=True):
    """entries: (id, kind, segment, offset, position, size)."""
    if ordered:
        entries = sorted(entries)
    n = struct.pack("<I", len(entries) if count is None else count)
    u32 = lambda i, f=lambda x: x: b"".join(struct.pack("<I", f(e[i])) for e in entries)
    return (n + b"".join(e[0] for e in entries) + bytes(e[1] for e in entries) + u32(2) + u32(3, lambda x: x // 64)
            + u32(4) + u32(5))


def content_object(literal, steps=None):
    recipe = encode(steps) if steps else b""
    return struct.pack("<I", len(recipe)) + recipe + literal


def base64_lines(data, width, end):
    text = base64.b64encode(data)
    if width == 0:
        return text
    return end.join(text[i:i + width] for i in range(0, len(text), width))


def pointer_blob(keys, segment, generation, key, nonce, pointers, body=None):
    text = encode(pointers)
    plain = pad(struct.pack("<I", len(text)) + text, 64) if body is None else body
    ad = label("pointers") + keys.archive_id + struct.pack("<IQ", segment, generation)
    return nonce + seal(key, nonce, plain, ad)


def table_body(generation, index, count, piece):
    return struct.pack("<QII", generation, index, count) + piece


def path_of(kind, number):
    folder, name = f"{number // 1000:05d}", f"{number:08d}"
    known = {1: f"segments/{folder}/{name}.seg", 2: f"journal/{folder}/{name}.tab", 3: f"derived/{folder}/{name}.der"}
    return known.get(kind, f"other/{kind:02d}/{folder}/{name}.bin")


def journal_path(number):
    return f"journal/{number // 1000:05d}/{number:08d}.jnl"


HEADERS = ("header.a", "parity/header.b", "segments/header.c")
HEADS = ("head.a", "journal/head.b")


class Message:
    """A message as it comes out of the archive; steps and parts when leaves are cut out of it."""

    def __init__(self, raw, literal=None, steps=None, parts=()):
        self.raw, self.literal, self.steps, self.parts = raw, raw if literal is None else literal, steps, list(parts)


class Writer:
    def __init__(self, archive, seed, capabilities=15, created=MINUTE, cert=None):
        self.signer = Signer(seed)
        self.public, self.capabilities = self.signer.public, capabilities
        self.cert = cert or k.certificate(archive.keys, self.public, capabilities, created)


class Archive:
    def __init__(self, name, slots=None, flags=None, header_extra=None, readme=README, spec=SPEC, keys=None):
        self.name, self.rand = name, Stream("archive " + name)
        self.keys = keys or Keys(self.rand(32))
        self.files = {}
        self.secrets = {"recovery": k.recovery_code(self.keys.root_secret)}
        if slots is None:
            slots = [self.slot(1, passphrase="correct horse", text="tests")]
        self.slots = slots
        self.flags, self.header_extra = flags, header_extra or {}
        self.readme, self.spec = readme, spec
        self.files["README.TXT"], self.files["SPEC.md"] = readme, spec
        self.sequence = 0
        self.new_header()
        self.live, self.writers, self.debris = {}, {}, []
        self.generation, self.head_hash = 0, bytes(32)
        self.journal, self.records = 1, {}
        self.checkpoint = None
        self.highest = {}
        self.root_writer = Writer(self, self.keys.root_writer_seed)
        self.time = MINUTE
        self.messages, self.lost, self.originals = {}, [], []
        self.segment_keys = {}
        self.index_all = {}

    def slot(self, kind, passphrase=None, key_file=None, recipient=None, rights=0, text="", slot_id=1, **more):
        return k.Slot(self.keys, self.rand, kind, rights, text, slot_id, passphrase, key_file, recipient, **more).build()

    def new_header(self, **changes):
        """Makes the header of the next sequence and writes its three replicas."""
        self.sequence += 1
        item = k.header_map(self.keys, self.slots, root(self.readme), root(self.spec), self.sequence, flags=self.flags)
        item.update(self.header_extra)
        self.header = k.header_file(self.keys, item, **changes)
        for path in HEADERS:
            self.files[path] = self.header

    # -- state

    def state(self, live, writers, debris):
        entries = []
        for (kind, number) in sorted(live):
            entries.append(live[kind, number])
        return encode({0: entries, 1: [[writers[w][0], writers[w][1]] for w in sorted(writers)], 2: debris})

    def state_bytes(self):
        return self.state(self.live, self.writers, self.debris)

    def after(self, item, generation, tail_pages, writer, changes, cert_list, revocations, debris):
        live, writers = dict(self.live), {w: list(v) for w, v in self.writers.items()}
        for c in changes:
            op, kind, number = c[0], c[1], c[2]
            old = live.get((kind, number))
            if op == REMOVED:
                live.pop((kind, number), None)
                continue
            if op == CLOSED:
                e = dict(old) if old else {0: kind, 1: number, 2: 0, 3: root(b""), 6: generation}
                e.update({4: 3, 5: 0, 9: c[7], 10: c[8]})
            else:
                e = {0: kind, 1: number, 2: c[3], 3: c[4], 4: 4, 5: 0, 6: generation}
                if kind == 1:
                    e[4] = 2 if op == SEALED else 1
                    e[5] = tail_pages
                    e[7] = c[5]
                    e[8] = (old[8] if old else []) + [[generation, c[6]]]
            live[kind, number] = e
        for cert in [writer.cert] + cert_list:
            writers.setdefault(cert_key(cert), [cert, False])
        for r in revocations:
            key = cert_key(r)
            if key in writers:
                writers[key][1] = True
        return live, writers, self.debris + debris

    # -- commits

    def commit(self, session, op, *, others=(), certificates=(), revocations=(), debris=(), checkpoint=None, writer=None,
               change=None, tamper=None, signer=None, journal=True, spare=True, heads="next", wrong_state=None, pointers=None,
               extension=None, header=None):
        """Barrier 1 to 3. change(item) alters the commit before its state is made, tamper(item) after it, both before it is signed."""
        writer = writer or session.writer
        segment = session.number
        session.pad()
        body = bytes(session.data)
        generation = self.generation + 1
        nonce = self.rand(24)
        blob = pointer_blob(self.keys, segment, generation, session.key, nonce, session.pointers if pointers is None else pointers)
        entry = {0: op, 1: 1, 2: segment, 3: len(body), 4: root(body), 5: session.envelope, 6: blob}
        changes = sorted([entry, *others], key=lambda c: (c[1], c[2]))
        if checkpoint:
            self.checkpoint = checkpoint
        item = {0: generation, 1: self.head_hash, 2: self.time, 3: self.sequence, 4: k.header_hash(self.header),
                5: writer.cert, 6: self.journal, 7: changes, 8: bytes(32), 9: self.checkpoint}
        if certificates:
            item[10] = list(certificates)
        if revocations:
            item[11] = list(revocations)
        if debris:
            item[12] = list(debris)
        if extension:
            item.update(extension)
        if change:
            change(item)
        pages = 1
        while True:
            live, writers, all_debris = self.after(item, generation, pages, writer, item[7], list(certificates), list(revocations), list(debris))
            item[8] = wrong_state or root(self.state(live, writers, all_debris))
            if tamper:
                tamper(item)
            record = self.commit_record(item, segment, len(body), signer or writer.signer, **(header or {}))
            if -(-len(record) // PAGE) == pages:
                break
            pages = -(-len(record) // PAGE)
        self.live, self.writers, self.debris = live, writers, all_debris
        self.generation = generation
        self.head_hash = commit_hash(record)
        self.last, self.last_item = record, item
        self.records[generation] = (record, segment, len(body), self.journal)
        self.files[path_of(1, segment)] = body
        if spare:
            session.data += pad(record)
            session.marks.append((COMMIT, len(body), len(record) - 128))
            self.files[path_of(1, segment)] = bytes(session.data)
        if journal:
            path = journal_path(self.journal)
            self.files[path] = self.files.get(path, b"") + pad(record)
        if heads == "next":
            self.write_head(HEADS[(generation + 1) % 2])
        elif heads == "both":
            self.write_head(HEADS[0])
            self.write_head(HEADS[1])
        self.time += 60
        session.pointers = []
        return record

    def commit_record(self, item, segment, offset, signer, **header):
        text = item if isinstance(item, bytes) else encode(item)
        head = record_header(self.keys.archive_id, COMMIT, segment, offset, len(text) + 64, **header)
        return head + text + signer.sign(label("commit") + self.keys.archive_id + head + text)

    def write_head(self, path, record=None):
        self.files[path] = (record or self.last).ljust(65536, b"\0")

    def write_heads(self):
        for path in HEADS:
            self.write_head(path)

    def session(self, writer=None, number=None, **more):
        highest = max([n for kind, n in self.live if kind == 1] + [self.highest.get(1, 0)])
        return Session(self, writer or self.root_writer, number or highest + 1, **more)

    def checkpoint_file(self):
        """The checkpoint of the newest generation: bytes, reference, change."""
        g = self.generation
        data = b"PARCHTAB" + encode({0: g, 1: self.head_hash, 2: self.records[g][3],
                                     3: {0: [self.live[key] for key in sorted(self.live)],
                                         1: [self.writers[w] for w in sorted(self.writers)], 2: self.debris}})
        self.files[path_of(2, g)] = data
        return data, [g, len(data), root(data)], {0: ADDED, 1: 2, 2: g, 3: len(data), 4: root(data)}

    def add_file(self, kind, number, data):
        """The change that adds a file of another kind."""
        self.files[path_of(kind, number)] = data
        return {0: ADDED, 1: kind, 2: number, 3: len(data), 4: root(data)}


def cert_key(signed):
    """The writer key of a certificate or revocation: key 0 is the first of its map, 32 bytes."""
    return signed[4:36]


def commit_hash(record):
    return H(label("commit-hash") + record)


class Session:
    """One segment and what one session puts in it."""

    def __init__(self, archive, writer, number, envelope=None):
        self.archive, self.writer, self.number = archive, writer, number
        self.key = archive.rand(32)
        archive.segment_keys[number] = self.key
        archive.highest[1] = max(number, archive.highest.get(1, 0))
        self.envelope = envelope(self) if envelope else k.envelope(archive.keys, archive.rand, number, writer.public, self.key)
        self.data, self.marks, self.pointers = bytearray(), [], []
        self.index = {}
        self.append(OPENING, self.envelope)

    def pad(self, size=PAGE):
        self.data += bytes(-len(self.data) % size)

    def append(self, cls, body, header=None, **more):
        self.pad(64)
        offset = len(self.data)
        self.data += (header or record_header(self.archive.keys.archive_id, cls, self.number, offset, len(body), **more)) + body
        self.marks.append((cls, offset, len(body)))
        return offset

    def add(self, type, decoded, codec=0, encoded=None, point=True, plain=None, at=None, key=None, pointed_type=None, **header):
        """A data record; at makes its header name another offset. Gives the offset where it stands."""
        self.pad(64)
        offset = len(self.data)
        a = self.archive
        encoded = decoded if encoded is None else encoded
        plain = inner(type, encoded, len(decoded)) if plain is None else plain
        record = data_record(a.keys.archive_id, self.number, offset if at is None else at, key or self.key, a.rand(24), plain, codec, **header)
        self.data += record
        self.marks.append((DATA, offset, len(record) - 128))
        if type != OBJECTS and point or pointed_type:
            self.pointers.append([pointed_type or type, offset // 64, len(record) - 128])
        return offset

    def footer(self, marks=None, envelope=None):
        marks = self.marks if marks is None else marks
        body = (envelope or self.envelope) + struct.pack("<II", len(marks), 0)
        body += b"".join(struct.pack("<IIB3x", offset // 64, stored, cls) for cls, offset, stored in marks)
        self.append(FOOTER, body)

    # -- mail

    def objects(self, items, **more):
        """One objects record; items: (kind, bytes, id). Enters them in the index."""
        offset = self.add(OBJECTS, objects_group([(kind, b) for kind, b, _ in items]), **more)
        self.enter(items, offset)
        return offset

    def enter(self, items, offset):
        """Index entries of a group; a position is the offset of the object's first byte in the decoded record."""
        position = 4 + 5 * len(items)
        for kind, b, id in items:
            self.index[id, kind] = (id, kind, self.number, offset, position, len(b))
            position += len(b)

    def message_items(self, message):
        keys = self.archive.keys
        items = []
        for p in message.parts:
            if (keys.object_id(p), 2) not in self.archive.index_all and (keys.object_id(p), 2) not in self.index:
                items.append((2, p, keys.object_id(p)))
        items.append((1, content_object(message.literal, message.steps), keys.object_id(message.raw)))
        return items

    def put_index(self, entries=None):
        entries = list(self.index.values()) if entries is None else entries
        if entries:
            self.add(INDEX, index_record(entries))
        self.archive.index_all.update(self.index)
        self.index = {}


def run_map(run_id, name=b"mail", kind=2, complete=True, counts=(0, 0, 0, 0, 0), folders=None, start=MINUTE):
    item = {0: run_id, 1: name, 2: kind, 3: start, 5: complete, 6: list(counts)}
    if complete:
        item[4] = start + 60
    if folders:
        item[7] = folders
    return item


def import_mail(archive, session, run_id, placed, *, files=(), rejects=(), name=b"mail", kind=2, complete=True, groups=None,
                mailbox=b"me@example.org", objects=None, manifest=None, expected=True, object_options=None, skip=(), records=(), run=None):
    """Writes objects, manifest, run and index of one import in one go.

    placed: (Message, [(path, placement extras)]). skip: messages whose objects are not written again. records: further blobs.
    run: further keys of the run. A file whose bytes are None is not made again."""
    keys = archive.keys
    paths = []
    for _, places in placed:
        for path, _ in places:
            if path not in paths:
                paths.append(path)
    for r in rejects:
        if r["path"] not in paths:
            paths.append(r["path"])
    entries, items = [], []
    for message, places in placed:
        if message not in skip:
            items += [i for i in session.message_items(message) if i[2] not in [x[2] for x in items if x[0] == i[0]]]
        id = keys.object_id(message.raw)
        entries.append({0: id, 1: len(message.raw), 2: [{0: 0, 1: paths.index(path), **extra} for path, extra in places],
                        3: mail_envelope(message.raw)})
        if expected:
            m = archive.messages.setdefault(id, {"raw": message.raw, "folders": []})
            m["folders"] += [[mailbox, list(path)] for path, _ in places]
    reject_entries = []
    for r in rejects:
        blobs = []
        for b in r["blobs"]:
            items.append((3, b, keys.object_id(b)))
            blobs.append([keys.object_id(b), len(b)])
        reject_entries.append({0: 0, 1: r["file"], 2: r["ordinal"], 3: r["offset"], 4: sum(len(b) for b in r["blobs"]),
                               5: r["reason"], 6: r["words"], 7: blobs, 8: paths.index(r["path"]), **r.get("extra", {})})
    items += [(3, b, keys.object_id(b)) for b in records]
    if objects:
        objects(session, items)
    elif items:
        session.objects(items, **(object_options or {}))
    item = {0: [run_id], 1: [[mailbox, list(p)] for p in paths], 2: [], 3: entries, 4: reject_entries}
    for f in files:
        entry = {0: 0, 1: f["file"], 2: f["path"], 5: f["kind"], 7: f["pieces"]}
        if f["bytes"] is not None:
            entry[3] = len(f["bytes"])
            archive.originals.append((run_id, f["file"], f["path"], f["bytes"]))
        if f.get("hash", True):
            entry[4] = keys.object_id(root(f["bytes"]))
        entry.update(f.get("extra", {}))
        item[2].append(entry)
    if manifest:
        manifest(item)
    session.add(MANIFEST, encode(item))
    rejected = sum(r["reason"] != 7 for r in rejects)
    found = sum(len(p) for _, p in placed) + rejected
    counts = [found, len(placed), found - len(placed) - rejected, rejected, sum(len(m.raw) for m, _ in placed)]
    session.add(RUN, encode({**run_map(run_id, name, kind, complete, counts), **(run or {})}))
    session.put_index()


def mail_envelope(raw):
    """A few fields for the list; the exact bytes behind the name, as far as the line goes."""
    out = {}
    names = {b"from": 1, b"to": 2, b"cc": 3, b"subject": 4, b"message-id": 5, b"in-reply-to": 6}
    for line in raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and name.lower() in names:
            out[names[name.lower()]] = value.strip()[:998]
    return out
