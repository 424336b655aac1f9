"""`cross-check.py TOOL`: an archive made by the tool, read by the independent reader.

Makes an archive of TestVectors/mail with a passphrase, a read-only key file and the recovery code, has the reader verify
it without a key and with each secret, and compares all that the reader exports with the mail, byte for byte.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAIL = ROOT / "TestVectors/mail"
READER = ROOT / "Spec/reader/read_archive.py"
sys.path.insert(0, str(ROOT / "Tests/Benchmarks"))
sys.dont_write_bytecode = True
import split  # noqa: E402


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"cross-check: {' '.join(map(str, command[1:]))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def main(tool):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        archive, passphrase, key, code = (folder / name for name in ("a.parchive", "passphrase", "key", "code"))
        passphrase.write_text("a passphrase for tests\n")
        secret = ["--passphrase-file", passphrase]
        code.write_text(json.loads(run(tool, "init", archive, "--json", *secret))["recoveryCode"])
        run(tool, "import", archive, MAIL, *secret)
        run(tool, "key", "add", archive, "--read-only", "--new-key-file", key, *secret)

        wanted = {path.read_bytes() for path in MAIL.rglob("*.eml")}
        for mbox in MAIL.rglob("*.mbox"):
            split.split(mbox, folder / "split" / mbox.name)
        wanted |= {path.read_bytes() for path in (folder / "split").rglob("*.eml")}

        run(sys.executable, READER, "verify", archive, "--strict")
        for way in (secret, ["--key-file", key], ["--recovery-file", code]):
            run(sys.executable, READER, "verify", archive, "--strict", *way)
            destination = folder / f"export{way[0]}"
            run(sys.executable, READER, "export", archive, destination, *way)
            exported = {path.read_bytes() for path in destination.iterdir()}
            if exported != wanted:
                sys.exit(f"cross-check: {way[0]}: {len(exported - wanted)} messages too many, "
                         f"{len(wanted - exported)} missing of {len(wanted)}")
        print(f"the independent reader took {len(wanted)} messages out of the tool's archive, byte for byte, "
              "by passphrase, read-only key and recovery code")


main(pathlib.Path(sys.argv[1]))
