#!/usr/bin/env python3
"""The judge over the test vectors, with the exact code of each: `run_vectors.py TestVectors`.

A vector is a JSON file (TestVectors/README.md): `part` says what its input is, `context` what a check of it must know,
`expect` is "ok", a code, or a list of all codes; `released` is the hash of what a reader may hand out.
"""
import json
import re
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import cbor2  # noqa: E402
from nacl import bindings as sodium  # noqa: E402

import archive as archives  # noqa: E402
import basics as cbor  # noqa: E402
import basics as keys  # noqa: E402
import read_archive  # noqa: E402
from basics import Fault, H, Keys, Secrets, derive, label, need  # noqa: E402
from originals import make_original  # noqa: E402

OPERATIONS = ("read", "verify", "append", "sync", "repair")


class Context(dict):
    """The context of a vector: strings of hexadecimal digits as bytes."""

    def __getattr__(self, name):
        value = self.get(name)
        return bytes.fromhex(value) if isinstance(value, str) and re.fullmatch("([0-9a-f]{2})*", value) else value

    def keys(self):
        return Keys(self.root_signing_public, self.content_public)


def part_cbor(data, context):
    cbor.decode(data) if context["schema"] == "any" else cbor.parse(data, context["schema"])
    need(E201=cbor2.dumps(cbor.decode(data), canonical=True) == data)
    return H(data)


def part_tree(_, context):
    data = (bytes(range(251)) * (context["length"] // 251 + 1))[:context["length"]]
    need(E503=keys.root(data) == context.root)
    return context.root


def part_keys(_, context):
    secrets = Secrets(context.root_secret)
    read, writer = derive(context.root_secret, "read"), derive(context.root_secret, "root-writer")
    got = {"root_signing_seed": derive(context.root_secret, "root-signing"), "root_writer_seed": writer,
           "root_signing_public": secrets.keys.signing, "read_secret": read,
           "root_writer_public": sodium.crypto_sign_seed_keypair(writer)[0], "content_secret": secrets.content_secret,
           "content_public": secrets.keys.content, "content_id_key": secrets.content_id_key, "psk": secrets.psk,
           "label_key": derive(read, "slot-label"), "catalogue_key": derive(read, "catalogue"),
           "archive_id": secrets.keys.archive_id,
           "credential_commitment": H(label("credential"), secrets.psk, secrets.content_id_key)}
    wrong = [name for name in got if name in context and got[name] != bytes.fromhex(context[name])]
    if "archive_id_words" in context and keys.from_words(context["archive_id_words"]) != got["archive_id"][:16]:
        wrong.append("archive_id_words")
    if "recovery_code" in context and keys.from_recovery_code(context["recovery_code"]) != context.root_secret:
        wrong.append("recovery_code")
    need(differs=not wrong)


def part_text(data, context):
    kind, text = context["kind"], data.decode("latin-1")
    if kind == "recovery":
        return H(keys.from_recovery_code(text))
    if kind != "credential":
        return H(keys.from_key_text(text, kind))
    prefix = "portable-archive-credential-1:"
    match = re.fullmatch(prefix + "((?:[0-9a-f]{2})+)([0-9a-f]{8})\r?\n?", text)
    need(E015=match)
    item = bytes.fromhex(match[1])
    need(E015=H(label("text"), prefix.encode(), item)[:4].hex() == match[2])
    cbor.parse(item, "credential")
    return H(item)


def part_header(data, context):
    header = archives.Header(data)
    header.demand(OPERATIONS.index(context.get("operation", "read")))
    return H(data[16:16 + int.from_bytes(data[12:16], "little")])


def part_slot(data, context):
    keys.check_slots([data])
    secret, hexed = context["secret"], Context(context["secret"])
    given = {"passphrase": secret.get("passphrase"), "key": hexed.key_file, "identity": hexed.identity}
    keys.MAX_MEMORY, keys.MAX_PASSES = context.get("max_memory_kib", 1 << 20), context.get("max_passes", 10)
    opened, wrapped = [], Secrets.__init__

    def watched(secrets, value, read_only=False):
        opened.append(value)
        wrapped(secrets, value, read_only)

    Secrets.__init__ = watched
    try:
        keys.open_slot(data, context.keys(), {name: value for name, value in given.items() if value is not None})
    finally:
        Secrets.__init__ = wrapped
        keys.MAX_MEMORY, keys.MAX_PASSES = 1 << 20, 10
    if context.get("label") is not None:
        read = derive(opened[0], "read") if data[1] == 0 else opened[0]
        additional = label("slot-label") + context.keys().archive_id + data[:168] + data[272:]
        plain = keys.unseal("differs", derive(read, "slot-label"), data[168:192], data[192:272], additional)
        need(differs=plain.rstrip(b"\0").decode() == context["label"])
    return H(opened[0])


def signed_part(rule):
    def check(data, context):
        signed = context.signed or data
        context.keys().open_signed(rule, signed)
        return H(signed[:-64])
    return check


def part_envelope(data, context):
    holder = SimpleNamespace(content_secret=context.content_secret, psk=context.psk, keys=context.keys())
    return H(Secrets.segment_key(holder, data, context.archive_id, context["segment"]))


class Shifted:
    """The bytes of a vector as if they stood at a place in a file."""

    def __init__(self, data, place):
        self.data, self.place = data, place

    def __getitem__(self, part):
        return self.data[part.start - self.place:part.stop - self.place]


def part_record(data, context):
    """One record that is looked for at a place."""
    place, wanted = context["offset"], context.get("class")
    file, end = Shifted(data, place), place + len(data)
    record = archives.Record.read(file, place, end, context.archive_id, context["segment"])
    need(E303=wanted in (None, record.kind))
    if record.kind == archives.OPENING:
        keys.check_envelope(record.body)
    if record.kind == archives.TABLE:
        read_archive.check_table(record.body)
    if record.kind != archives.DATA:
        return H(record.body)
    kind, decoded = record.open(context.segment_key)
    need(E312=context.get("type") in (None, kind))
    need(W714=kind < 128, E312=1 <= kind <= 4)
    return H(decoded)


def part_pointers(data, context):
    place = context.archive_id, context["segment"], context["generation"]
    read_archive.open_pointers(data, context.segment_key, *place)
    plain = keys.unseal("E507", context.segment_key, data[:24], data[24:], label("pointers") + place[0]
                        + place[1].to_bytes(4, "little") + place[2].to_bytes(8, "little"))
    return H(plain[4:4 + archives.number(plain, 0)])


def part_objects(data, context):
    return H(*[data[at:at + size] for at, _, size in read_archive.objects_in(data)])


def part_index(data, context):
    list(read_archive.entries_in(data))
    return H(data)


def part_content(data, context):
    def part(identity):
        found = context["parts"].get(identity.hex())
        need(E601=found is not None)
        need(E602=H(bytes.fromhex(found), key=context.content_id_key) == identity)
        return bytes.fromhex(found)
    pieces = read_archive.rebuild(data, part)
    return H(*read_archive.checked(pieces, context["size"], context.id, context.content_id_key))


def cbor_part(rule):
    return lambda data, context: (cbor.parse(data, rule), H(data))[1]


def part_original(data, context):
    def known(table):
        def find(identity):
            need(E608=identity.hex() in context[table])
            return bytes.fromhex(context[table][identity.hex()])
        return find
    manifests = [cbor.parse(data, "manifest")]
    return H(make_original(manifests, context.run, context["file"], known("messages"), known("blobs"),
                           context.content_id_key))


def part_commit(data, context):
    commit, before = archives.Commit(data, 0, context.keys()), context.get("before")
    need(E203=len(commit.raw) == len(data))
    if before:
        body = cbor.parse(bytes.fromhex(before["state"]), "state")
        state = archives.State(before["generation"], bytes.fromhex(before["hash"]), body)
        state.follow(commit, context.get("journal"))
    return H(commit.raw[128:-64])


def part_head(data, context):
    return H(archives.Commit.in_head(data, context.keys()).raw[128:-64])


def part_checkpoint(data, context):
    directory = SimpleNamespace(open=lambda kind, number: data)
    archives.read_checkpoint(directory, context["generation"], context["length"], context.root)
    return H(data[8:])


def part_footer(data, context):
    """A whole segment: its last record must be a footer that lists those before."""
    found, at = [], 0
    while at < context["length"]:
        found.append(archives.Record.read(data, at, context["length"], context.archive_id, context["segment"]))
        at = read_archive.next_record(data, found[-1].end, context["length"])
    read_archive.check_footer(found, context.envelope)
    return H(found[-1].body)


def part_segment(data, context, report):
    state = {"open": 1, "sealed": 2, "closed": 3}.get(context["state"], context["state"])
    entry = {0: 1, 1: context["segment"], 2: context["length"], 3: context.root, 4: state,
             5: context.get("tail_pages") or 0, 9: context.get("debris_length"), 10: context.debris_root}
    copy = context.get("copy") and bytes.fromhex(context["copy"])
    copy = copy and SimpleNamespace(padded=copy + bytes(-len(copy) % 4096))
    codes = archives.check_live(data, entry, copy)
    for code in codes:
        report(code, "")
    return None if "E502" in codes else context.root


def part_journal(inputs, context, report):
    """Journal files alone, with neither header nor heads."""
    findings = archives.Findings()
    with tempfile.TemporaryDirectory() as folder:
        for number, data in inputs:
            path = Path(folder, archives.file_name(archives.JOURNAL, number))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        archive = archives.Archive.__new__(archives.Archive)
        archive.findings, archive.report, archive.keys = findings, findings.report, context.keys()
        archive.directory, archive.state = archives.Directory(folder, findings), archives.State()
        archive.pieces, archive.copies, archive.heads, archive.h = [], {}, {}, context["h"]
        archive.read_journal()
        archive.follow()
        for code, place in archive.faults:
            findings.report(code, place)
        archive.report_debris()
        state = archive.state
        if state.generation > context["h"]:
            findings.report("W703", "")
    for (code, _), text in findings.items():
        report(code, text)
    return state.hash, list(range(1, state.generation + 1))


PARTS = {name[5:]: function for name, function in list(globals().items()) if name.startswith("part_")}
PARTS.update({"certificate": signed_part("certificate"), "revocation": signed_part("revocation"), "table": part_record,
              "manifest": cbor_part("manifest"), "run": cbor_part("run"), "opening": part_record, "data": part_record,
              "recipe": cbor_part("recipe")})


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
        faults.append((fault.code, fault.args[-1]))
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


def run(command, path, destination=None, **files):
    """What the command line does, without its output."""
    options = SimpleNamespace(command=command, archive=path, destination=destination, strict=True,
                              **{f"{name}_file": files.get(name) for name in read_archive.SECRETS})
    findings, archive = archives.Findings(), None
    with findings.noting(path), redirect_stdout(StringIO()):
        archive, archives.catalogue = read_archive.run(options, findings)
    return archive, findings


def archive_differences(vector, folder):
    """The same for a whole archive: without a key, and with each of its secrets."""
    wrong, secrets, path = [], vector.get("secrets", {}), str(folder / vector.get("archive", vector["name"]))
    with tempfile.TemporaryDirectory() as temporary:
        def hold(name, text):
            Path(temporary, name).write_text(text, "utf-8")
            return str(Path(temporary, name))

        def compare(what, expected, findings):
            got, wanted, may = {code for code, _ in findings}, set(expected["codes"]), set(expected.get("may", []))
            if not wanted <= got <= wanted | may:
                wrong.append(f"{what}: expected {sorted(wanted)}, got {dict(findings)}")
            status = read_archive.exit_status(got, strict=True)
            if expected.get("exit", 0) != status and not got - wanted:
                wrong.append(f"{what}: exit {status}, expected {expected['exit']}")

        if "keyless" in vector:
            archive, findings = run("verify", path)
            compare("keyless", vector["keyless"], findings)
            for name, found in archive and (("generation", archive.state.generation), ("head", archive.state.hash.hex())) or ():
                if vector.get(name) not in (None, found):
                    wrong.append(f"{name} {found}, expected {vector[name]}")
        names = {"passphrase": "passphrase", "recovery": "recovery", "key_file": "key", "identity": "identity",
                 "read_only_passphrase": "passphrase"}
        ways = {name: {names[name]: hold(name, text)} for name, text in secrets.items() if name in names}
        if "both" in secrets:
            ways["both"] = {"passphrase": hold("both", secrets["both"][0]), "key": hold("both2", secrets["both"][1])}
        for number, (name, files) in enumerate(ways.items()):
            compare(f"keyed by {name}", vector["keyed"], run("verify", path, **files)[1])
            if number == 0 and vector.get("messages") is not None and vector.get("read", True):
                out = Path(temporary, "out")
                run("export", path, str(out), **files)
                got = {file.stem: H(file.read_bytes()).hex() for file in out.glob("*.eml")} if out.exists() else {}
                wanted = {message["id"]: message["hash"] for message in vector["messages"]}
                if got != wanted:
                    wrong.append(f"exported {len(got)} messages of {len(wanted)}, "
                                 f"{sum(got.get(i) == h for i, h in wanted.items())} right")
                wrong.extend(catalogue_differences(vector, path, files))
    return wrong


def catalogue_differences(vector, path, files):
    """Placements and imported files."""
    wrong, manifests, add = [], [], read_archive.Catalogue.add

    def keeping(catalogue, manifest):
        manifests.append(manifest)
        add(catalogue, manifest)

    read_archive.Catalogue.add = keeping
    archive, _ = run("list", path, **files)
    read_archive.Catalogue.add = add
    catalogue = archive and archives.catalogue
    if not catalogue:
        return wrong
    for message in vector["messages"]:
        size, folders, _ = catalogue.messages.get(bytes.fromhex(message["id"]), (None, {}, {}))
        got = sorted([folder[0].hex(), [name.hex() for name in folder[1]]] for folder in folders.values())
        if "folders" in message and (size, got) != (message["size"], sorted(message["folders"])):
            wrong.append(f"size or folders of {message['id'][:16]}")

    def message(identity):
        pieces = []
        need(E601=catalogue.message(identity, pieces.extend))
        return b"".join(pieces)

    def blob(identity):
        return catalogue.find(read_archive.BLOB, identity)
    for original in vector.get("originals", []):
        try:
            whole = make_original(manifests, bytes.fromhex(original["run"]), original["file"], message, blob,
                                  catalogue.secrets.content_id_key)
            need(differs=H(whole).hex() == original["hash"])
        except Fault as fault:
            wrong.append(f"original {original['file']}: {fault}")
    return wrong


def check(path):
    vector = json.loads(path.read_text())
    return (archive_differences if vector["part"] == "archive" else differences)(vector, path.parent)


def main(directory):
    failed, paths = 0, sorted(Path(directory).glob("*/*.json")) or sorted(Path(directory).glob("*/*/*.json"))
    for path in paths:
        for difference in check(path):
            print(f"{path.parent.name}/{path.stem}: {difference}")
            failed += 1
    print(f"{len(paths)} vectors, {failed} differences")
    return 2 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
