"""What the generator writes: files and the description of each vector."""
import hashlib
import json

from keys import H


def plain(value):
    """JSON knows no bytes: hexadecimal."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {(key.hex() if isinstance(key, bytes) else key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


class Output:
    def __init__(self):
        self.files, self.vectors = {}, []

    def describe(self, item):
        assert item["name"] not in [v["name"] for v in self.vectors], item["name"]
        assert item["name"] == item["part"] or item["name"].startswith(item["part"] + "_"), item["name"]
        self.vectors.append(item)
        text = json.dumps(plain(item), indent=1, ensure_ascii=True) + "\n"
        self.files[f"v1/{item['part']}/{item['name']}.json"] = text.encode()

    def part(self, part, name, about, spec, data, expect, context=None, released=None, **more):
        """One vector of a part. released: the bytes that may be released, hashed here."""
        full = f"{part}_{name}"
        item = {"name": full, "part": part, "about": about, "spec": spec}
        if data is not None:
            item["input"] = full + ".bin"
            self.files[f"v1/{part}/{full}.bin"] = bytes(data)
        item["context"] = context or {}
        item["expect"] = expect
        item.update(more)
        item["released"] = None if released is None else H(released)
        self.describe(item)

    def archive(self, archive, name, about, spec, keyless=(), keyed=None, *, may=(), keyed_may=(), messages=None, lost=None,
                read=True, exit=None, keyed_exit=None, originals=True, generation=None, head=None, files=None, **more):
        """One whole archive. keyed: the codes beyond the keyless ones."""
        full = "archive_" + name
        files = archive.files if files is None else files
        for path, data in files.items():
            self.files[f"v1/archive/{full}/{path}"] = bytes(data)
        keyless = sorted(set(keyless))
        keyed = sorted(set(keyless) | set(keyed or ()))
        lost = [] if lost is None else lost
        all_messages = archive.messages if messages is None else messages
        told = [{"id": id, "size": len(m["raw"]), "hash": H(m["raw"]), "folders": sorted(plain(m["folders"]))}
                for id, m in sorted(all_messages.items()) if id not in lost]
        made = [{"run": run, "file": number, "path": path, "size": len(b), "hash": H(b), "sha256": hashlib.sha256(b).digest()}
                for run, number, path, b in archive.originals] if originals is True else originals or []
        if not read:
            told, made = [], []
        self.describe({"name": full, "part": "archive", "about": about, "spec": spec, "archive": full,
                       "archive_id": archive.keys.archive_id,
                       "generation": archive.generation if generation is None else generation,
                       "head": archive.head_hash if head is None else head, "secrets": archive.secrets,
                       "keyless": {"codes": keyless, "may": sorted(may), "exit": status(keyless) if exit is None else exit},
                       "keyed": {"codes": keyed, "may": sorted(set(may) | set(keyed_may)),
                                 "exit": (status(keyed) if exit is None else exit) if keyed_exit is None else keyed_exit},
                       "read": read, "messages": told, "lost": sorted(plain(lost)), "originals": made, **more})

    def table(self):
        lines = ["| vector | expected | what |", "|---|---|---|"]
        for v in self.vectors:
            if v["part"] == "archive":
                less, full = v["keyless"]["codes"], v["keyed"]["codes"]
                code = " ".join(less) or "clean"
                if full != less:
                    code += "; with key " + " ".join(c for c in full if c not in less)
            else:
                code = v["expect"] if isinstance(v["expect"], str) else " ".join(v["expect"]) or "ok"
            lines.append(f"| `{v['name']}` | {code} | {v['about']} |")
        return "\n".join(lines)


def status(codes):
    """Exit status with --strict (errors.md)."""
    if not codes:
        return 0
    if all(c.startswith("W") for c in codes):
        return 1
    return 3 if any(c.startswith("E0") for c in codes) else 2
