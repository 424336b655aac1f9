"""check-json.py SCHEMA FILE…: each file is one JSON document of the schema; says what is not."""
import json
import sys

from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1], encoding="utf-8"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
failed = False
for name in sys.argv[2:]:
    # The schema allows 64-bit numbers as they are: Python's integers have no bound.
    document = json.load(open(name, encoding="utf-8"))
    for error in validator.iter_errors(document):
        failed = True
        print(f"{name}: {error.json_path}: {error.message[:400]}")
        for inner in sorted(error.context or [], key=lambda e: e.json_path)[:12]:
            print(f"    {inner.json_path}: {inner.message[:200]}")
sys.exit(failed)
