"""Checks Spec/schema.cddl, and by it every CBOR structure of the vectors, with a validator that is not ours.

The judge, an independent reader, goes through the vectors, whole archives and all, with that validator for its structures; each that
it takes for sound is collected here and checked once more by its rule alone, and each that it refuses for an unknown key
or a length over its limit (codes E207 and E205) must not match.
"""

import contextlib
import io
import pathlib
import sys

import cddl_verifier

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tests/Vectors/judge"))
import basics  # noqa: E402

found, refused = set(), set()
parse = basics.parse


def collecting_parse(data, rule):
    try:
        value = parse(data, rule)
    except basics.Fault as fault:
        if fault.code in ("E205", "E207"):
            refused.add((rule, bytes(data)))
        raise
    found.add((rule, bytes(data)))
    return value


basics.parse = collecting_parse
import run_vectors  # noqa: E402

schema = (ROOT / "Spec/schema.cddl").read_text()
faults = cddl_verifier.schema_diagnostics(schema)
if faults:
    sys.exit("\n".join(f"schema.cddl: {fault}" for fault in faults))
validator = cddl_verifier.Validator(schema)
with contextlib.redirect_stdout(io.StringIO()):
    for path in sorted((ROOT / "TestVectors/v1").glob("*/*.json")):
        run_vectors.check(path)

wrong = 0
for rule, data in sorted(found):
    result = validator.validate(data, root_type=rule)
    if not result.valid:
        wrong += 1
        print(f"not a {rule}: {data.hex()[:80]}", *(f"  {line}" for line in result.diagnostics), sep="\n")
for rule, data in sorted(refused):
    if validator.validate(data, root_type=rule).valid:
        wrong += 1
        print(f"taken for a {rule}, but the judge refuses it: {data.hex()[:80]}")
rules = sorted({rule for rule, _ in found})
print(f"CDDL: the schema is sound; {len(found)} structures go by their rules ({' '.join(rules)})")
print(f"CDDL: {len(refused)} structures with an unknown key or over a limit; {wrong} judged otherwise than by the judge")
sys.exit(1 if wrong or not found else 0)
