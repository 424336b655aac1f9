"""Checks Spec/schema.cddl, and by it the CBOR of the vectors, with a validator that is not ours (pycddl)."""

import json
import pathlib
import sys

import pycddl

root = pathlib.Path(__file__).resolve().parent.parent
schema = (root / "Spec/schema.cddl").read_text()
pycddl.Schema(schema)
checked = 0
wrong = []
for path in sorted(root.glob("TestVectors/v1/*/*.json")):
    vector = json.loads(path.read_text())
    rule = vector.get("context", {}).get("schema") if vector["part"] == "cbor" else {
        "manifest": "manifest", "run": "run"}.get(vector["part"])
    if rule in (None, "any") or vector["expect"] != "ok":
        continue
    data = (path.parent / vector["input"]).read_bytes()
    try:
        pycddl.Schema(f"start = {rule}\n{schema}").validate_cbor(data)
        checked += 1
    except pycddl.ValidationError as error:
        wrong.append(f"{path.relative_to(root)}: not a {rule}: {error}")
print(*wrong, sep="\n", end="\n" if wrong else "")
print(f"CDDL: the schema is sound, {checked} valid CBOR vectors match it, {len(wrong)} do not")
sys.exit(1 if wrong else 0)
