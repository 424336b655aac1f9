"""Tests of the reader's own tools, with values from outside: RFC 8949, RFC 7693, RFC 4648, Python's libraries."""
import base64, hashlib, io, struct
import pytest
import read_archive as reader
from read_archive import Fault


def code(action, *arguments):
    try:
        action(*arguments)
    except Fault as fault:
        return fault.code
    return "ok"


@pytest.mark.parametrize("data,expected", [
    ("00", "ok"), ("1818", "ok"), ("1817", "E201"), ("190100", "ok"), ("1900ff", "E201"), ("3b7fffffffffffffff", "ok"),
    ("3b8000000000000000", "E209"), ("1b8000000000000000", "E209"), ("", "E202"), ("18", "E202"), ("8201", "E205"),
    ("820118", "E202"), ("0000", "E203"), ("4401", "E205"), ("62c328", "E208"), ("f4", "ok"), ("f7", "E209"), ("f90000", "E209"),
    ("f820", "E209"), ("c000", "E209"), ("5f4100ff", "E201"), ("ff", "E201"), ("1c", "E201"), ("a200000100", "ok"),
    ("a201000000", "E201"), ("a200000000", "E201"), ("a220000000", "E201"), ("a1181800", "E207"), ("a1381800", "E206"),
    ("a1610000", "E206"), ("81" * 16 + "00", "ok"), ("81" * 17 + "00", "E204"), ("81" * 15 + "80", "ok"), ("81" * 16 + "80", "E204")])
def test_cbor_is_refused_with_the_code_of_its_fault(data, expected):
    assert code(reader.decode, bytes.fromhex(data)) == expected


def test_what_is_decoded_encodes_to_the_same_bytes():
    data = bytes.fromhex("a40001018203190100024161208362c3bcf5f6")
    assert reader.encode(reader.decode(data)) == data
    assert list(reader.decode(data)) == [0, 1, 2, -1]


@pytest.mark.parametrize("rule,value,expected", [
    ("flags", {0: ["a"]}, "ok"), ("flags", {5: ["a"]}, "E207"), ("flags", {0: []}, "E206"), ("flags", {0: ["a"] * 65}, "E205"),
    ("minute", 59, "E206"), ("counts", [1, 2, 3, 4], "E206"), ("folder", [b"", []], "ok"), ("folder", [b"x" * 4097, []], "E205"),
    ("recipe", [5, [2, [[bytes(32), 1]]]], "ok"), ("recipe", [[1, [[bytes(32), 1]], 4, 3]], "E206"), ("recipe", [], "E206"),
    ("revocation", {0: bytes(32), 1: bytes(31), 2: 0}, "E206"), ("revocation", {0: bytes(32), 1: bytes(32), 2: 0, -7: []}, "ok"),
    ("revocation", {0: bytes(32), 1: bytes(32)}, "E206"), ("revocation", {0: bytes(32), 1: bytes(32), 2: 0, 9: 0}, "E207")])
def test_a_structure_is_checked_against_the_schema(rule, value, expected):
    assert code(reader.cbor, reader.encode(value), rule) == expected


@pytest.mark.parametrize("width", [0, 4, 76, 1024])
@pytest.mark.parametrize("sizes", [[1], [57], [57, 1], [56, 1, 58, 3], [1000] * 9, [768, 768]])
def test_base64_in_lines_does_not_depend_on_the_pieces(width, sizes):
    pieces = [bytes(i % 256 for i in range(size)) for size in sizes]
    whole = base64.b64encode(b"".join(pieces))
    lines = [whole[i:i + width] for i in range(0, len(whole), width)] if width else [whole]
    assert b"".join(reader.base64_lines(pieces, width, b"\r\n")) == b"\r\n".join(lines)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200000])
def test_the_root_is_the_hash_of_the_hashes_of_blocks(size):
    hash32 = lambda data: hashlib.blake2b(data, digest_size=32).digest()
    data = bytes(i % 251 for i in range(size))
    leaves = b"".join(hash32(b"\0" + data[i:i + 65536]) for i in range(0, size, 65536))
    assert reader.root_of(data) == hash32(b"\1" + struct.pack("<Q", size) + leaves)


@pytest.mark.parametrize("y,acceptable", [(0, False), (1, False), (2 ** 255 - 20, False), (2 ** 255 - 18, False), (4 * pow(5, -1, 2 ** 255 - 19) % (2 ** 255 - 19), True)])
def test_signing_keys_of_small_order_or_not_canonical_are_refused(y, acceptable):
    assert reader.acceptable_signing_key(y.to_bytes(32, "little")) is acceptable


def test_the_next_record_stands_behind_zero_bytes_only():
    stream = io.BytesIO(b"x" * 70 + bytes(58) + b"PARCHREC" + bytes(56))
    assert reader.next_record(stream, 70, 192) == 128
    assert code(reader.next_record, stream, 64, 192) == "ok" and code(reader.next_record, stream, 65, 192) == "E309"
