"""Mail made up for measurements: the same bytes on every machine, no two messages alike."""

import base64
import pathlib
import random

WORDS = (
    "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which "
    "one you were her all she there would their we him been has when who will more no if out so said what up its about "
    "into than them can only other new some could time these two may then do first any my now such like our over man"
).split()


def text(source: random.Random, size: int) -> bytes:
    """About `size` bytes of prose in lines of twelve words."""
    lines = []
    while size > 0:
        line = " ".join(source.choices(WORDS, k=12)).encode()
        lines.append(line)
        size -= len(line) + 1
    return b"\n".join(lines) + b"\n"


def head(number: int, extra: bytes = b"") -> bytes:
    """The header of message `number`, one minute after the one before."""
    day, minute = divmod(number, 1440)
    return (
        b"From: Person %d <person%d@example.org>\nTo: list@example.org\nSubject: Matter %d\n"
        b"Date: %02d Jan %04d %02d:%02d:00 +0000\nMessage-ID: <%d@example.org>\nMIME-Version: 1.0\n%s\n"
        % (number % 997, number % 997, number, day % 28 + 1, 1990 + day // 28, minute // 60, minute % 60, number, extra)
    )


def attachment(source: random.Random, number: int, size: int) -> bytes:
    """A message with some prose and one base64 attachment, about `size` bytes in all."""
    multipart = head(number, b'Content-Type: multipart/mixed; boundary="b%d"\n' % number)
    left = size * 57 // 77
    pieces = [57 << 14] * (left // (57 << 14)) + [left % (57 << 14)]
    body = b"".join(base64.encodebytes(source.randbytes(piece)) for piece in pieces)
    return (
        multipart + b"--b%d\nContent-Type: text/plain\n\n" % number + text(source, 800) + b"--b%d\n" % number
        + b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + body + b"--b%d--\n" % number
    )


def small_mbox(path: pathlib.Path, count: int) -> None:
    """An MBOX of `count` messages of prose, 1 to 3 kB each."""
    source = random.Random(1)
    with path.open("wb") as file:
        for number in range(count):
            file.write(b"From person@example.org Mon Jan  1 00:00:00 1990\n" + head(number))
            file.write(text(source, source.randrange(600, 2600)) + b"\n")


def large_mbox(path: pathlib.Path, byte_count: int) -> None:
    """An MBOX of `byte_count` bytes or a little more: messages of 2 kB to 1 MB, most bytes in attachments."""
    source = random.Random(2)
    number = 0
    with path.open("wb") as file:
        while file.tell() < byte_count:
            file.write(b"From person@example.org Mon Jan  1 00:00:00 1990\n")
            file.write(attachment(source, number, source.choice((2_000, 20_000, 200_000, 1_000_000))) + b"\n")
            number += 1


def large_message(path: pathlib.Path, byte_count: int) -> None:
    """One message of about `byte_count` bytes with a single attachment."""
    path.write_bytes(attachment(random.Random(3), 1, byte_count))
