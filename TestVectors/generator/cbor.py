"""A strict deterministic CBOR encoder (RFC 8949, 4.2.1), restricted as in Spec/format.md, section 3.

Raw(b) puts bytes in the place of an item as they are: that is how malformed items are made.
"""


class Raw(bytes):
    """Bytes that are taken for an encoded item, right or wrong."""


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError("too large")


def encode(item):
    if isinstance(item, Raw):
        return bytes(item)
    if item is None:
        return b"\xf6"
    if item is False:
        return b"\xf4"
    if item is True:
        return b"\xf5"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, (bytes, bytearray)):
        return head(2, len(item)) + bytes(item)
    if isinstance(item, str):
        raw = item.encode("utf-8")
        return head(3, len(raw)) + raw
    if isinstance(item, (list, tuple)):
        return head(4, len(item)) + b"".join(encode(x) for x in item)
    if isinstance(item, dict):
        pairs = sorted((encode(k), encode(v)) for k, v in item.items())
        return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)
    raise TypeError(type(item))
