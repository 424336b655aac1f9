#!/usr/bin/env python3
"""Runs the reader beside it over the test vectors: `run_vectors.py TestVectors`.

A vector is a JSON file: `part` says what its input is, `context` what a check of it must know, `expect` is "ok" or a
code (for some parts a list of codes), `released` the hash of what a reader may hand out.
"""
import io, json, os, re, sys, tempfile
from pathlib import Path
from types import SimpleNamespace
import read_archive as reader
from read_archive import Fault, H, Keys, Record, Secrets, cbor, decode, encode, need


class Context(dict):
    """The context of a vector: strings of hexadecimal digits as bytes."""

    def __getattr__(self, name):
        value = self.get(name)
        return bytes.fromhex(value) if isinstance(value, str) and re.fullmatch("([0-9a-f]{2})*", value) else value

    def keys(self):
        return Keys(self.root_signing_public, self.content_public)


class Holder(Secrets):
    """Only those secrets that a context names."""

    def __init__(self, context):
        self.content_secret, self.content_public = context.content_secret, context.content_public
        self.psk, self.content_id_key = context.psk, context.content_id_key


def part_cbor(data, context):
    cbor(data, context["schema"])
    need(encode(decode(data)) == data, "E201", "does not encode to the same bytes")
    return H(data)


def part_tree(_, context):
    data = (bytes(range(251)) * (context["length"] // 251 + 1))[:context["length"]]
    need(reader.root_of(data) == context.root, "E503")
    return context.root


def part_keys(_, context):
    secrets = Secrets(context.root_secret)
    keys = Keys(secrets.root_public, secrets.content_public)
    read = reader.derive(context.root_secret, "read")
    writer = reader.derive(context.root_secret, "root-writer")
    got = {"root_signing_seed": reader.derive(context.root_secret, "root-signing"),
           "root_signing_public": secrets.root_public, "root_writer_seed": writer, "read_secret": read,
           "root_writer_public": reader.sodium.crypto_sign_seed_keypair(writer)[0],
           "content_secret": secrets.content_secret, "content_public": secrets.content_public,
           "content_id_key": secrets.content_id_key, "psk": secrets.psk, "label_key": secrets.label_key,
           "catalogue_key": reader.derive(read, "catalogue"), "archive_id": keys.archive_id,
           "credential_commitment": H(reader.label("credential"), secrets.psk, secrets.content_id_key)}
    wrong = [name for name in got if name in context and got[name] != bytes.fromhex(context[name])]
    if "archive_id_words" in context and reader.from_words(context["archive_id_words"]) != keys.archive_id[:16]:
        wrong.append("archive_id_words")
    if "recovery_code" in context and reader.from_recovery_code(context["recovery_code"]) != context.root_secret:
        wrong.append("recovery_code")
    need(not wrong, "differs", wrong)


def part_text(data, context):
    try:
        text, kind = data.decode("ascii"), context["kind"]
    except UnicodeDecodeError:
        raise Fault("E015") from None
    if kind == "recovery":
        return H(reader.from_recovery_code(text))
    if kind != "credential":
        return H(reader.from_key_text(text, kind))
    prefix = "portable-archive-credential-1:"
    match = re.fullmatch(prefix + "((?:[0-9a-f]{2})+)([0-9a-f]{8})\r?\n?", text)
    need(match, "E015")
    item = bytes.fromhex(match[1])
    need(H(reader.label("text"), prefix.encode(), item)[:4].hex() == match[2], "E015")
    cbor(item, "credential")
    return H(item)


def part_header(data, context):
    header = reader.Header(data)
    operation = context.get("operation", "read")
    header.demand(("read", "verify", "append", "sync", "repair").index(operation), operation)
    return H(data[16:16 + int.from_bytes(data[12:16], "little")])


def part_slot(data, context):
    secret = context["secret"]
    hexed = Context(secret)
    opened, wrapped = reader.open_slot(
        data, context.keys(), secret.get("passphrase"), hexed.key_file, hexed.identity,
        context.get("max_memory_kib", 1 << 20), context.get("max_passes", 10))
    if context.get("label") is not None:
        plain = reader.unseal(opened.label_key, data[168:192], data[192:272],
                              reader.label("slot-label") + context.keys().archive_id + data[:168] + data[272:])
        need(plain and plain.rstrip(b"\0").decode() == context["label"], "differs", "label")
    return H(wrapped)


def signed_part(rule):
    def check(data, context):
        signed = context.signed or data
        reader.check_signed(signed, rule, context.keys())
        return H(signed[:-64])
    return check


def part_envelope(data, context):
    return H(Holder(context).segment_key(data, context.archive_id, context["segment"]))


def part_record(data, context):
    """One record that is looked for at a place. Zero bytes stand in for the segment before it."""
    place, wanted = context["offset"], context.get("class")
    stream = SimpleNamespace(at=0)
    inner = io.BytesIO(data)
    stream.seek, stream.read = lambda at: inner.seek(at - place), inner.read
    record, raw, body = Record.read(stream, context.archive_id, context["segment"], place, place + len(data))
    need(wanted in (None, record.kind), "E303", f"class {record.kind}")
    if record.kind == Record.OPENING:
        reader.check_opening(body)
    if record.kind == Record.TABLE:
        reader.check_table(body)
    if record.kind != Record.DATA:
        return H(body)
    kind, decoded = reader.open_data(record, raw, body, context.segment_key)
    need(context.get("type") in (None, kind), "E312")
    need(1 <= kind <= 4, "E312" if kind < 128 else "W714")
    return H(decoded)


def part_pointers(data, context):
    place = context.archive_id, context["segment"], context["generation"]
    return H(reader.open_pointers(data, context.segment_key, *place))


def part_objects(data, context):
    return H(*[data[at:at + size] for _, at, size in reader.parse_objects(data)])


def part_index(data, context):
    list(reader.parse_index(data))
    return H(data)


def part_content(data, context):
    def part(identity, size):
        found = context["parts"].get(identity.hex())
        need(found is not None, "E601")
        found = bytes.fromhex(found)
        need(H(found, key=context.content_id_key) == identity, "E602")
        need(len(found) == size, "E603", "size of a part")
        return found
    sink = io.BytesIO()
    reader.check_message(reader.rebuild(data, part), context.id, context["size"], context.content_id_key, sink)
    return H(sink.getvalue())


def cbor_part(rule):
    return lambda data, context: (cbor(data, rule), H(data))[1]


def quoted(message, origin):
    """The bytes of a message as its MBOX file had them (format.md, 8.4)."""
    mode = origin.get(4, 0)
    if not mode:
        return message
    start = rb"(?:\A|(?<=\n)|(?<=\r)(?!\n))" if origin.get(6) else rb"(?:\A|(?<=\n))"
    counted, spared, last = iter(range(len(message) + 1)), set(origin.get(5, [])), origin.get(7, len(message) + 1)

    def mark(match):
        number = next(counted)
        return match[0] if number in spared or number >= last else b">" + match[0]
    return re.sub(start + (rb">*From " if mode == 2 else rb"From "), mark, message)


def make_original(manifest, run, number, message, blob, content_id_key):
    """An imported source file from its pieces (format.md, 8.4)."""
    files = [f for f in manifest[2] if manifest[0][f[0]] == run and f[1] == number]
    need(files, "E608", "no such file")
    pieces = {}
    for entry in manifest[3]:
        for placement in entry[2]:
            origin = placement.get(5)
            if origin and manifest[0][placement[0]] == run and origin[0] == number:
                body = quoted(message(entry[0]), origin)
                pieces[origin[1]] = origin.get(2, b"") + body + origin.get(3, b""), entry[0]
    for reject in manifest[4]:
        if manifest[0][reject[0]] == run and reject[1] == number:
            blobs = [blob(identity) for identity, _ in reject[7]]
            pieces[reject[2]] = b"".join(blobs), None
    need(sorted(pieces) == list(range(files[0][7])), "E608", "pieces are missing")
    whole = b"".join(pieces[i][0] for i in sorted(pieces)) + files[0].get(8, b"")
    need(len(whole) == files[0][3], "E608", "size")
    need(4 in files[0] or len(pieces) == 1, "E608", "no hash")
    expected = files[0].get(4) or pieces[0][1] or H(whole, key=content_id_key)
    need(H(whole, key=content_id_key) == expected, "E608", "hash")
    return whole


def part_original(data, context):
    manifest = cbor(data, "manifest")

    def known(table):
        def find(identity):
            need(identity.hex() in context[table], "E608", "a piece is missing")
            return bytes.fromhex(context[table][identity.hex()])
        return find
    return H(make_original(manifest, context.run, context["file"], known("messages"), known("blobs"),
                           context.content_id_key))


def part_commit(data, context):
    commit, before = reader.Commit(data, context.keys()), context.get("before")
    need(len(commit.raw) == len(data), "E203", "bytes behind the record")
    if before:
        state = reader.State(cbor(bytes.fromhex(before["state"]), "state"))
        reader.follow(state, commit, before["generation"], bytes.fromhex(before["hash"]), context.get("journal"))
    return H(data[128:len(commit.raw) - 64])


def part_head(data, context):
    return H(reader.Commit.head(data, context.keys()).raw[128:-64])


def part_checkpoint(data, context):
    reader.parse_checkpoint(data, [context["generation"], context["length"], context.root])
    return H(data[8:])


def part_footer(data, context):
    """A whole segment: its last record must be a footer that lists those before."""
    records, at, stream, end = [], 0, io.BytesIO(data), context["length"]
    while at < end:
        record, _, body = Record.read(stream, context.archive_id, context["segment"], at, end)
        records.append(record)
        at = reader.next_record(stream, at + 128 + record.length, end)
    need(records and records[-1].kind == Record.FOOTER, "E508", "no footer at the end")
    reader.check_footer(body, context.envelope, records[:-1])
    return H(body)


def part_segment(data, context, report):
    state = {"open": 1, "sealed": 2, "closed": 3}.get(context["state"], context["state"])
    entry = {0: 1, 1: context["segment"], 2: context["length"], 3: context.root, 4: state,
             5: context.get("tail_pages") or 0, 9: context.get("debris_length"), 10: context.debris_root}
    with tempfile.TemporaryFile() as stream:
        stream.write(data)
        stream.seek(0)
        reader.check_live(stream, entry, report, context.copy)
    return context.root


def part_journal(inputs, context, report):
    """Journal files alone, with neither header nor heads."""
    with tempfile.TemporaryDirectory() as folder:
        for number, data in inputs:
            path = Path(folder, reader.file_name("journal", number))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        archive = reader.Archive.__new__(reader.Archive)
        archive.findings, archive.seen, archive.headers, archive.keys = [], set(), [], context.keys()
        archive.state, archive.directory = reader.State(), reader.Directory(folder, archive.report)
        archive.journal = reader.Journal(archive.directory, archive.keys)
        archive.heads, archive.vouched = {}, context["h"]
        archive.walk(0, reader.ZERO, None)
        if archive.generation > context["h"]:
            report("W703", "")
        archive.journal.report_debris(archive.state.debris, archive.report)
        for finding in archive.findings:
            report(finding[0], finding[2])
    return archive.head, sorted(archive.hashes)


PARTS = {name[5:]: function for name, function in list(globals().items()) if name.startswith("part_")}
PARTS.update({"certificate": signed_part("certificate"), "revocation": signed_part("revocation"), "table": part_record,
              "manifest": cbor_part("manifest"), "run": cbor_part("run"), "opening": part_record, "data": part_record,
              "recipe": cbor_part("recipe")})
Context.copy = property(lambda self: bytes.fromhex(self["copy"]) if self.get("copy") else None)


def outcome(vector, folder):
    """What the reader makes of a part: codes with their texts, the released hash, the generations of a journal."""
    context, faults, released, generations = Context(vector.get("context") or {}), [], None, None

    def report(code, text):
        faults.append((code, text))
    data = (folder / vector["input"]).read_bytes() if "input" in vector else b""
    try:
        if vector["part"] == "journal":
            inputs = [(item["number"], (folder / item["file"]).read_bytes()) for item in vector["inputs"]]
            released, generations = part_journal(inputs, context, report)
        elif vector["part"] == "segment":
            released = part_segment(data, context, report)
        else:
            released = PARTS[vector["part"]](data, context)
    except Fault as fault:
        faults.append((fault.code, fault.text))
    return faults, released and released.hex(), generations


def differences(vector, folder):
    """What of a vector of a part is not as expected, in words; an empty list if all is."""
    faults, released, generations = outcome(vector, folder)
    expect, wrong, codes = vector["expect"], [], [code for code, _ in faults]
    if isinstance(expect, list):
        right = sorted(set(codes)) == sorted(set(expect))
    else:
        right = (codes or ["ok"])[0] in [expect] + vector.get("also", [])
    if not right:
        wrong.append(f"expected {expect}, got {faults or 'ok'}")
    if "released" in vector and released != vector["released"]:
        wrong.append(f"released {released}, expected {vector['released']}")
    if generations is not None and vector.get("generations", generations) != generations:
        wrong.append(f"generations {generations}")
    return wrong


def archive_differences(vector, folder):
    """The same for a whole archive: without a key, and with each of its secrets."""
    wrong, secrets, path = [], vector.get("secrets", {}), str(folder / vector.get("archive", vector["name"]))
    options = {"archive": path, "passphrase_file": None, "recovery_file": None, "key_file": None, "identity_file": None}
    with tempfile.TemporaryDirectory() as temporary:
        def hold(name, text):
            Path(temporary, name).write_text(text, "utf-8")
            return str(Path(temporary, name))

        def run(command, **more):
            given = SimpleNamespace(command=command, **{**options, **more})
            try:
                return reader.run(given)
            except Fault as fault:
                return None, [(fault.code, path, fault.text)]

        def compare(what, expected, findings, status=True):
            got, wanted, may = {f[0] for f in findings}, set(expected["codes"]), set(expected.get("may", []))
            if not wanted <= got <= wanted | may:
                wrong.append(f"{what}: expected {sorted(wanted)}, got {sorted(got)}")
            if status and expected.get("exit", 0) != reader.exit_status(findings, strict=True) and not (got - wanted):
                wrong.append(f"{what}: exit {reader.exit_status(findings, strict=True)}, expected {expected['exit']}")
        if "keyless" in vector:
            archive, findings = run("verify")
            compare("keyless", vector["keyless"], findings)
            for name in "generation", "head":
                found = getattr(archive, name, None)
                found = found.hex() if isinstance(found, bytes) else found
                if vector.get(name) is not None and found is not None and found != vector[name]:
                    wrong.append(f"{name} {found}, expected {vector[name]}")
        ways = {name: {option: hold(name, secrets[name])} for name, option in
                (("passphrase", "passphrase_file"), ("recovery", "recovery_file"), ("key_file", "key_file"),
                 ("read_only_passphrase", "passphrase_file"), ("identity", "identity_file")) if name in secrets}
        if "both" in secrets:
            ways["both"] = {"passphrase_file": hold("both", secrets["both"][0]),
                            "key_file": hold("both2", secrets["both"][1])}
        for number, (name, given) in enumerate(ways.items()):
            compare(f"keyed by {name}", vector["keyed"], run("verify", **given)[1])
            if number == 0 and vector.get("messages") is not None and vector.get("read", True):
                out = Path(temporary, "out")
                run("export", destination=str(out), **given)
                got = {file.stem: H(file.read_bytes()).hex() for file in out.glob("*.eml")} if out.exists() else {}
                wanted = {message["id"]: message["hash"] for message in vector["messages"]}
                if got != wanted:
                    wrong.append(f"exported {len(got)} messages of {len(wanted)}, "
                                 f"{sum(got.get(i) == h for i, h in wanted.items())} right")
                wrong.extend(catalogue_differences(vector, run("list", quiet=True, **given)[0]))
    return wrong


def catalogue_differences(vector, archive):
    """Placements and imported files."""
    wrong, catalogue = [], archive and getattr(archive, "catalogue", None)
    if not catalogue:
        return wrong
    for message in vector["messages"]:
        size, folders, _ = catalogue.messages.get(bytes.fromhex(message["id"]), (None, [], {}))
        got = sorted([mailbox.hex(), [name.hex() for name in path]] for mailbox, path in folders)
        if "folders" in message and (size, got) != (message["size"], sorted(message["folders"])):
            wrong.append(f"size or folders of {message['id'][:16]}")

    def message(identity):
        sink = io.BytesIO()
        catalogue.message(identity, None, sink)
        return sink.getvalue()
    for original in vector.get("originals", []):
        try:
            whole = make_original(catalogue.joined(), bytes.fromhex(original["run"]), original["file"], message,
                                  lambda identity: catalogue.plain_object(reader.BLOB, identity),
                                  catalogue.secrets.content_id_key)
            need(H(whole).hex() == original["hash"], "differs")
        except Fault as fault:
            wrong.append(f"original {original['file']}: {fault}")
    return wrong


def check(path):
    vector = json.loads(path.read_text())
    return (archive_differences if vector["part"] == "archive" else differences)(vector, path.parent)


def main(options):
    if options.command == "part":
        text = options.context
        context = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
        vector = {"part": options.kind, "input": os.path.abspath(options.file), "context": context.get("context", context)}
        faults, released, _ = outcome(vector, Path("/"))
        for code, text in faults or [("ok", released or "")]:
            print(code, options.file, text)
        return reader.exit_status([(code, "", "") for code, _ in faults])
    base = Path(options.directory)
    failed, paths = 0, sorted(base.glob("*/*.json")) or sorted(base.glob("*/*/*.json"))
    for path in paths:
        for difference in check(path):
            print(f"{path.parent.name}/{path.stem}: {difference}")
            failed += 1
    print(f"{len(paths)} vectors, {failed} differences")
    return 2 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(SimpleNamespace(command="vectors", directory=sys.argv[1])))
