"""Takes an MBOX in the mboxrd dialect apart into a tree of EML files, 500 to a folder.

A separator is a line that begins with "From " and is followed by a header field. The empty line in front of it belongs
to the MBOX, and one ">" goes from each quoted "From " line.
"""

import pathlib
import re


def split(mbox: pathlib.Path, tree: pathlib.Path) -> int:
    """Writes the messages of `mbox` below `tree`; gives their number."""
    data = mbox.read_bytes()
    starts = [0] + [m.start() + 1 for m in re.finditer(rb"\nFrom [^\n]*\n[!-9;-~]+:", data)] + [len(data)]
    for number, (begin, end) in enumerate(zip(starts, starts[1:])):
        message = data[data.index(b"\n", begin) + 1 : end]
        if message.endswith(b"\n\n"):
            message = message[:-1]
        folder = tree / f"{number // 500:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05d}.eml").write_bytes(re.sub(rb"(?m)^>(>*From )", rb"\1", message))
    return len(starts) - 1
