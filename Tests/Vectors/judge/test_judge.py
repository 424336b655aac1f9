"""Tests of the judge's own tools, with values from outside: RFC 8949, RFC 7693, RFC 4648, Python's libraries."""
import base64
import hashlib
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import cbor2  # noqa: E402

import basics  # noqa: E402
import read_archive  # noqa: E402
from archive import State, has_its_fields  # noqa: E402


def code(action, *arguments):
    result = basics.attempt(action, *arguments)
    return result.code if isinstance(result, basics.Fault) else "ok"


ITEMS = [
    ("00", "ok"), ("1818", "ok"), ("1817", "E201"), ("190100", "ok"), ("1900ff", "E201"), ("3b7fffffffffffffff", "ok"),
    ("3b8000000000000000", "E209"), ("1b8000000000000000", "E209"), ("", "E202"), ("18", "E202"), ("8201", "E205"),
    ("820118", "E202"), ("0000", "E203"), ("4401", "E205"), ("62c328", "E208"), ("f4", "ok"), ("f7", "E209"),
    ("f90000", "E209"), ("f820", "E209"), ("c000", "E209"), ("5f4100ff", "E201"), ("ff", "E201"), ("1c", "E201"),
    ("a200000100", "ok"), ("a201000000", "E201"), ("a200000000", "E201"), ("a220000000", "E201"), ("a1181800", "E207"),
    ("a1381800", "E206"), ("a1610000", "E206"), ("81" * 16 + "00", "ok"), ("81" * 17 + "00", "E204"),
    ("81" * 15 + "80", "ok"), ("81" * 16 + "80", "E204")]

STRUCTURES = [
    ("flags", {0: ["a"]}, "ok"), ("flags", {5: ["a"]}, "E207"), ("flags", {0: []}, "E206"), ("flags", {0: ["a"] * 65}, "E205"),
    ("flags", {0: ["a"], -3: None}, "ok"), ("counts", [1, 2, 3, 4], "E206"), ("counts", [1] * 6, "E206"), ("folder", [b"", []], "ok"),
    ("folder", [b"x" * 4097, []], "E205"), ("folder", [b"", [b""] * 129], "E205"), ("name", "text", "E206"),
    ("recipe", [5, [2, [[bytes(32), 1]]]], "ok"), ("recipe", [[1, [[bytes(32), 1]], 4, 3]], "E206"),
    ("recipe", [], "E206"), ("revocation", {0: bytes(32), 1: bytes(31), 2: 0}, "E206"),
    ("revocation", {0: bytes(32), 1: bytes(32), 2: 59}, "E206"),
    ("revocation", {0: bytes(32), 1: bytes(32), 2: 0, -7: []}, "ok"),
    ("revocation", {0: bytes(32), 1: bytes(32)}, "E206"), ("revocation", {0: bytes(32), 1: bytes(32), 2: 0, 9: 0}, "E207")]


class ReaderTests(unittest.TestCase):
    def test_cbor_is_refused_with_the_code_of_its_fault(self):
        for data, expected in ITEMS:
            self.assertEqual(code(basics.decode, bytes.fromhex(data)), expected, data)

    def test_a_structure_is_checked_by_the_schema(self):
        for rule, value, expected in STRUCTURES:
            self.assertEqual(code(basics.parse, cbor2.dumps(value, canonical=True), rule), expected, (rule, value))

    def test_base64_in_lines_does_not_depend_on_the_pieces(self):
        for width in 0, 4, 76, 1024:
            for sizes in [1], [57], [57, 1], [56, 1, 58, 3], [1000] * 9, [768, 768]:
                pieces = [bytes(i % 256 for i in range(size)) for size in sizes]
                whole = base64.b64encode(b"".join(pieces))
                lines = [whole[i:i + width] for i in range(0, len(whole), width)] if width else [whole]
                self.assertEqual(b"".join(read_archive.base64_lines(pieces, width, 1)), b"\r\n".join(lines))

    def test_the_root_is_the_hash_of_the_hashes_of_blocks(self):
        def hash32(data):
            return hashlib.blake2b(data, digest_size=32).digest()
        for size in 0, 1, 65535, 65536, 65537, 200000:
            data = bytes(i % 251 for i in range(size))
            leaves = b"".join(hash32(b"\0" + data[i:i + 65536]) for i in range(0, size, 65536))
            self.assertEqual(basics.root(data), hash32(b"\1" + struct.pack("<Q", size) + leaves))
            behind = b"12" + data
            self.assertEqual(basics.root(behind, 2, len(behind)), basics.root(data))

    def test_signing_keys_of_small_order_or_not_canonical_are_refused(self):
        prime = 2 ** 255 - 19
        # The last but one is of order 8, the last is the base point of RFC 8032.
        order_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
        points = [(y.to_bytes(32, "little"), "E117") for y in (0, 1, prime - 1, prime + 1)] + [(order_8, "E117")]
        points.append(((4 * pow(5, -1, prime) % prime).to_bytes(32, "little"), "ok"))
        for key, expected in points:
            self.assertEqual(code(basics.check_signing_key, "E117", key), expected, key.hex())

    def test_the_next_record_stands_behind_zero_bytes_only(self):
        data = b"x" * 70 + bytes(58) + b"PARCHREC" + bytes(56)
        self.assertEqual(read_archive.next_record(data, 70, 192), 128)
        self.assertEqual(code(read_archive.next_record, data, 65, 192), "E309")

    def test_the_rules_of_a_file_change(self):
        blank = {3: 4096, 4: bytes(32), 5: bytes(176), 6: bytes(104)}
        entry = {0: 1, 1: 1, 2: 4096, 4: 1, 5: 1, 6: 1, 7: bytes(176)}
        sealed, old = entry | {4: 2, 6: 5}, entry | {4: 2, 6: 4}
        cases = [({}, {0: 1, 1: 1, 2: 1} | blank, True), (entry, {0: 1, 1: 1, 2: 1} | blank, False),
                 (entry, {0: 2, 1: 1, 2: 1} | blank, False), (entry, {0: 2, 1: 1, 2: 1} | blank | {3: 8192}, True),
                 (entry, {0: 3, 1: 1, 2: 1} | blank | {3: 8192}, True), (entry, {0: 4, 1: 1, 2: 1, 7: 0, 8: bytes(32)}, True),
                 (sealed, {0: 4, 1: 1, 2: 1, 7: 0, 8: bytes(32)}, True), (old, {0: 4, 1: 1, 2: 1, 7: 0, 8: bytes(32)}, False),
                 ({}, {0: 5, 1: 1, 2: 1}, False), (old, {0: 5, 1: 1, 2: 1}, True), ({}, {0: 1, 1: 2, 2: 5, 3: 9, 4: b""}, True),
                 ({}, {0: 1, 1: 2, 2: 6, 3: 9, 4: b""}, False), ({}, {0: 2, 1: 3, 2: 1, 3: 9, 4: b""}, False)]
        for live, change, expected in cases:
            state = State(5)
            state.files = {(1, 1): live} if live else {}
            self.assertEqual(state.allows(change), expected, (live, change))
        self.assertFalse(has_its_fields({0: 5, 1: 1, 2: 1, 3: 0}))

    def test_words_and_text_forms(self):
        secret = bytes(range(32))
        for kind in "key", "identity":
            prefix = f"portable-archive-{kind}-1:"
            check = hashlib.blake2b(b"portable-archive/1 text\0" + prefix.encode() + secret, digest_size=32).digest()[:4]
            text = prefix + (secret + check).hex() + "\n"
            self.assertEqual(basics.from_key_text(text, kind), secret)
            self.assertEqual(code(basics.from_key_text, text.upper(), kind), "E015")
        self.assertEqual(basics.from_words("babab-zuzuz"), b"\0\0\xff\xff")


if __name__ == "__main__":
    unittest.main()
