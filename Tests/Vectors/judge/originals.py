"""Imported source files made again (format.md, 8.4). The reader leaves them out; the vectors hold them."""
import re

from basics import H, need, root


KEPT = 7


def quoted(message, origin):
    """The bytes of a message as its MBOX file had them."""
    mode = origin.get(4, 0)
    if not mode:
        return message
    start = rb"(?:\A|(?<=\n)|(?<=\r)(?!\n))" if origin.get(6) else rb"(?:\A|(?<=\n))"
    counted, spared, last = iter(range(len(message) + 1)), set(origin.get(5, [])), origin.get(7, len(message) + 1)

    def mark(match):
        number = next(counted)
        return match[0] if number in spared or number >= last else b">" + match[0]

    return re.sub(start + (rb">*From " if mode == 2 else rb"From "), mark, message)


def make_original(manifests, run, number, message, blob, content_id_key):
    """The source file of a run by its number; `message` and `blob` give the bytes of an id."""
    files, pieces, rejects, met = [], {}, {}, set()
    for manifest in manifests:
        runs = manifest[0]
        files += [file for file in manifest[2] if runs[file[0]] == run and file[1] == number]
        for entry in manifest[3]:
            for placement in entry[2]:
                origin = placement.get(5)
                if origin and runs[placement[0]] == run and origin[0] == number:
                    met.add(origin[1])
                    if 9 not in origin:
                        need(E608=pieces.get(origin[1], (None, entry[0]))[1] == entry[0])
                        pieces[origin[1]] = origin, entry[0]
        rejects.update((reject[2], reject) for reject in manifest[4] if runs[reject[0]] == run and reject[1] == number)
    need(E608=files)
    file = files[-1]
    need(E608=file[5] < 16 and 11 not in file)
    for ordinal, (origin, identity) in pieces.items():
        pieces[ordinal] = origin.get(2, b"") + quoted(message(identity), origin) + origin.get(3, b""), identity
    for ordinal, reject in rejects.items():
        if ordinal not in met or reject[5] == KEPT:
            need(E608=ordinal not in pieces)
            pieces[ordinal] = b"".join(blob(identity) for identity, _ in reject[7]), None
    need(E608=sorted(pieces) == list(range(file[7])))
    whole = b"".join(pieces[ordinal][0] for ordinal in sorted(pieces)) + file.get(8, b"")
    need(E608=len(whole) == file[3])
    need(E608=4 in file or len(pieces) == 1)
    if 4 in file:
        need(E608=H(root(whole), key=content_id_key) == file[4])
    else:
        need(E608=pieces[0][1] in (None, H(whole, key=content_id_key)))
    return whole
