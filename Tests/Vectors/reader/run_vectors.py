#!/usr/bin/env python3
"""The reader of Spec/reader over the test vectors: `run_vectors.py TestVectors`.

For each part of an archive: what is valid is taken, all else refused (or warned of), and what is released is as the vector
says. For each whole archive, without a key and with each of its secrets: exit status, generation, head, messages,
folders. Exact codes are not compared: the reader gives the code of a group where telling more would only make it longer;
Tests/Vectors/judge gives them all. Only the vectors of source files made again are left out.
"""
import json
import re
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import cbor2

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "Spec/reader"))
sys.dont_write_bytecode = True

import read_archive as reader  # noqa: E402
from read_archive import Damage, H, Keys, attempt, need  # noqa: E402

OPERATIONS = ("read", "verify", "append", "sync", "repair")
# What the reader leaves out: source files made again.
LEFT_OUT = "original_"


class Context(dict):
    """The context of a vector: strings of hexadecimal digits as bytes."""

    def __getattr__(self, name):
        value = self.get(name)
        return bytes.fromhex(value) if isinstance(value, str) and re.fullmatch("([0-9a-f]{2})*", value) else value

    def keys(self):
        return Keys(self.root_signing_public, self.content_public)


class Shifted:
    """The bytes of a vector as if they stood at a place in a file."""

    def __init__(self, data, place):
        self.data, self.place = data, place

    def __getitem__(self, part):
        return self.data[part.start - self.place:part.stop - self.place]


def part_cbor(data, context):
    reader.parse(data, "any-item" if context["schema"] == "any" else context["schema"])
    return H(data)


def part_tree(_, context):
    data = (bytes(range(251)) * (context["length"] // 251 + 1))[:context["length"]]
    need(E503=reader.root(data) == context.root)
    return context.root


def part_keys(_, context):
    secrets = reader.Secrets(context.root_secret)
    got = {"root_signing_public": secrets.keys.signing, "content_secret": secrets.content_secret,
           "content_public": secrets.keys.content, "content_id_key": secrets.content_id_key, "psk": secrets.psk,
           "archive_id": secrets.keys.archive_id}
    need(E004=all(value == bytes.fromhex(context[name]) for name, value in got.items() if name in context))
    if "recovery_code" in context:
        need(E015=reader.from_text("recovery", context["recovery_code"]) == context.root_secret)


def part_text(data, context):
    text = data.decode("latin-1")
    return H(reader.from_text(context["kind"], text))


def part_header(data, context):
    header = reader.Header(data)
    need(E003=OPERATIONS.index(context.get("operation", "read")) not in header.body[9])
    return H(data[16:16 + reader.number(data, 12)])


def part_slot(data, context):
    secret, hexed = context["secret"], Context(context["secret"])
    given = {"passphrase": secret.get("passphrase"), "key": hexed.key_file, "identity": hexed.identity}
    given = {name: value for name, value in given.items() if value is not None}
    reader.check_slots([reader.Slot(*reader.SLOT.unpack(data))])
    reader.MAX_MEMORY, reader.MAX_PASSES = context.get("max_memory_kib", 1 << 20), context.get("max_passes", 10)
    return H(reader.Secrets.from_slot(data, context.keys(), given).secret)


def signed_part(rule):
    def check(data, context):
        signed = context.signed or data
        context.keys().open_signed(rule, signed)
        return H(signed[:-64])
    return check


def part_envelope(data, context):
    holder = SimpleNamespace(content_secret=context.content_secret, psk=context.psk, keys=context.keys())
    return H(reader.Secrets.segment_key(holder, data, context.archive_id, context["segment"]))


def part_record(data, context):
    place, wanted = context["offset"], context.get("class")
    file, end = Shifted(data, place), place + len(data)
    record = reader.Record.read(file, place, end, context.archive_id, context["segment"])
    need(E303=wanted in (None, record.kind))
    if record.kind != reader.DATA:
        return H(record.body)
    kind, decoded = record.open(context.segment_key)
    need(E312=context.get("type") in (None, kind), W714=kind < 128)
    need(E312=1 <= kind <= 4)
    return H(decoded)


def part_pointers(data, context):
    place = context.archive_id, context["segment"], context["generation"]
    return H(cbor2.dumps(reader.open_pointers(data, context.segment_key, *place), canonical=True))


def part_objects(data, context):
    return H(*[data[at:at + size] for at, _, size in reader.objects_in(data)])


def part_index(data, context):
    reader.entries_in(data)
    return H(data)


def part_content(data, context):
    def part(identity):
        found = context["parts"].get(identity.hex())
        need(E601=found is not None)
        need(E602=H(bytes.fromhex(found), key=context.content_id_key) == identity)
        return bytes.fromhex(found)
    message = reader.rebuild(data, context["size"], part)
    need(E602=H(message, key=context.content_id_key) == context.id)
    return H(message)


def cbor_part(rule):
    return lambda data, context: (reader.parse(data, rule), H(data))[1]


def part_commit(data, context):
    commit, before = reader.Commit(data, 0, context.keys(), 1), context.get("before")
    need(E203=len(commit.raw) == len(data))
    if before:
        body = reader.parse(bytes.fromhex(before["state"]), "state")
        state = reader.State(before["generation"], bytes.fromhex(before["hash"]), body)
        _, fault = state.after(commit, context.get("journal"))
        need(E4=not fault)
    return H(commit.raw[128:-64])


def part_head(data, context):
    need(E409=len(data) == 65536)
    return H(reader.Commit(data, 0, context.keys(), 65536).raw[128:-64])


def part_checkpoint(data, context):
    reader.read_checkpoint(data, context["generation"], context["length"], context.root)
    return H(data[8:])


def part_footer(data, context):
    """A whole segment: its last record must be a footer that lists those before."""
    found, at = [], 0
    while at < context["length"] and any(data[at:context["length"]]):
        found.append(reader.Record.read(data, at, context["length"], context.archive_id, context["segment"]))
        at = found[-1].end + -found[-1].end % 64
    reader.check_footer(found, context.envelope)
    return H(found[-1].body)


def part_segment(data, context):
    """The codes of a live file, and what is released."""
    state = {"open": 1, "sealed": 2, "closed": 3}.get(context["state"], context["state"])
    entry = {0: 1, 1: context["segment"], 2: context["length"], 3: context.root, 4: state,
             5: context.get("tail_pages") or 0, 9: context.get("debris_length"), 10: context.debris_root}
    copy = context.get("copy") and bytes.fromhex(context["copy"])
    copy = copy and SimpleNamespace(padded=copy + bytes(-len(copy) % 4096))
    codes = [code for code, holds in reader.check_live(data, entry, copy).items() if holds]
    return codes, None if "E502" in codes else context.root


def part_journal(inputs, context):
    """The codes of journal files alone, with neither header nor heads, and the hash of the newest commit."""
    with tempfile.TemporaryDirectory() as folder:
        for number, data in inputs:
            path = Path(folder, reader.file_name(reader.JOURNAL, number))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        archive = reader.Archive(folder)
        head = SimpleNamespace(generation=context["h"], writer=b"", is_capable=True)
        archive.keys, archive.heads = context.keys(), {"head.a": head}
        for kind, number in sorted(archive.numbered):
            archive.scan(kind, number)
        archive.follow()
        archive.verify()
        codes = [code for code, _ in archive.findings if code != "E501"]
        return codes + ["W703"] * (archive.state.generation > context["h"]), archive.state.hash


PARTS = {name[5:]: function for name, function in list(globals().items()) if name.startswith("part_")}
PARTS.update({"certificate": signed_part("certificate"), "revocation": signed_part("revocation"), "table": part_record,
              "manifest": cbor_part("manifest"), "run": cbor_part("run"), "opening": part_record, "data": part_record,
              "recipe": cbor_part("recipe")})


def level(codes):
    """0 for none, 1 for warnings, 2 where something is refused."""
    return max(({"W": 1, "E": 2}[code[0]] for code in codes if code != "ok"), default=0)


def exit_status(codes):
    """The status of errors.md for some codes, with --strict."""
    return max(({"0": 3}.get(code[1], 2) if code[0] == "E" else 1 for code in codes), default=0)


def part_differences(vector, folder):
    """What of a vector of a part is not as expected, in words; an empty list if all is."""
    context = Context(vector.get("context") or {})
    data = (folder / vector["input"]).read_bytes() if "input" in vector else b""
    if vector["part"] == "journal":
        data = [(item["number"], (folder / item["file"]).read_bytes()) for item in vector["inputs"]]
    result = attempt(PARTS[vector["part"]], data, context)
    codes, released = ([result.args[0]], None) if isinstance(result, Damage) else ([], result)
    if type(result) is tuple:
        codes, released = result
    expect = vector["expect"] if isinstance(vector["expect"], list) else [vector["expect"]]
    wrong = [] if level(codes) == level(expect) else [f"expected {expect}, got {codes or 'ok'}"]
    if "released" in vector and (released and released.hex()) != vector["released"]:
        wrong.append(f"released {released and released.hex()}, expected {vector['released']}")
    return wrong


def run(command, path, destination=None, **files):
    """What the command line does, without its output; the archive, its catalogue, and the codes of its findings."""
    options = SimpleNamespace(command=command, archive=path, destination=destination, strict=True,
                              **{name: files.get(name) for name in reader.SECRETS})
    archive = reader.Archive(path)
    with redirect_stdout(StringIO()):
        catalogue = archive.note(path, reader.run, archive, options) or None
    return archive, catalogue, sorted({code for code, _ in archive.findings})


def archive_differences(vector, folder):
    """The same for a whole archive: without a key, and with each of its secrets."""
    wrong, secrets, path = [], vector["secrets"], str(folder / vector["archive"])
    with tempfile.TemporaryDirectory() as temporary:
        def hold(name, text):
            Path(temporary, name).write_text(text, "utf-8")
            return str(Path(temporary, name))

        def compare(what, expected, codes):
            # Codes that may come in addition may raise the status to what they alone would give.
            status, least = exit_status(codes), expected["exit"]
            may = {exit_status([code]) for code in expected["may"]}
            if status != least and not (status in may and status > least):
                wrong.append(f"{what}: exit {status}, expected {least}; got {codes}, expected {expected['codes']}")

        archive, _, codes = run("verify", path)
        compare("keyless", vector["keyless"], codes)
        got = {"generation": archive.state.generation, "head": archive.state.hash.hex()}
        if level(vector["keyless"]["codes"]) < 2 or archive.state.generation:
            wrong.extend(f"{name} {got[name]}, expected {vector[name]}" for name in got
                         if vector.get(name) not in (None, got[name]))
        names = {"passphrase": "passphrase", "recovery": "recovery", "key_file": "key", "identity": "identity",
                 "read_only_passphrase": "passphrase"}
        ways = {name: {names[name]: hold(name, text)} for name, text in secrets.items() if name in names}
        if "both" in secrets:
            ways["both"] = {"passphrase": hold("both", secrets["both"][0]), "key": hold("both2", secrets["both"][1])}
        for way, files in ways.items():
            compare(f"keyed by {way}", vector["keyed"], run("verify", path, **files)[2])
            wrong.extend(export_differences(vector, path, Path(temporary, f"out-{way}"), files))
    return wrong


def export_differences(vector, path, out, files):
    """Messages and their folders; nothing where reading is refused."""
    _, catalogue, _ = run("export", path, str(out), **files)
    got = {file.stem: H(file.read_bytes()).hex() for file in out.glob("*")} if out.exists() else {}
    wanted = {message["id"]: message["hash"] for message in vector["messages"]} if vector["read"] else {}
    wrong = [] if got == wanted else [f"exported {sorted(got)}, expected {sorted(wanted)}"]
    for message in vector["messages"] if catalogue else ():
        size, folders, _ = catalogue.messages.get(bytes.fromhex(message["id"]), (None, {}, {}))
        placed = sorted([folder[0].hex(), [name.hex() for name in folder[1]]] for folder in folders.values())
        if (size, placed) != (message["size"], sorted(message["folders"])):
            wrong.append(f"size or folders of {message['id'][:16]}")
    return wrong


def main(directory):
    failed, count, left_out = 0, 0, 0
    for path in sorted(Path(directory).glob("v1/*/*.json")):
        vector = json.loads(path.read_text())
        if path.stem.startswith(LEFT_OUT):
            left_out += 1
            continue
        count += 1
        check = archive_differences if vector["part"] == "archive" else part_differences
        for difference in check(vector, path.parent):
            print(f"{path.parent.name}/{path.stem}: {difference}")
            failed += 1
    print(f"reader: {count} vectors by level and release, {failed} differences; {left_out} left out ({LEFT_OUT}*)")
    return 2 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
