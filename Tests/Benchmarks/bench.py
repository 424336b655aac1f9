"""Measures portable-archive beside restic, borg and tar, and writes Tests/Benchmarks/RESULTS.md.

Every round runs every tool once, in turn, on a warm cache and after a `sync`, so that what disturbs one disturbs all.
The time a tool needs to open its repository (deriving the key, mostly) is measured in the same round and taken off.
`--rounds N` changes how often (5), `--only WORD` keeps the groups of rows whose name holds WORD (speed list memory sources).
`sources` is what people bring beside EML and MBOX: containers, Maildir and stores of Outlook, the latter beside readpst.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

import split
import synthetic

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".build/bench"
CORPUS = ROOT.parent / "shared/corpora/bench/usrp-users.mbox.zst"
STORES = ROOT.parent / "shared/corpora/pst"
TOOL = ROOT / ".build/release/portable-archive"
SECRET = WORK / "passphrase"
MIB = 1 << 20
# The exit code of an import that is done, with rejects.
WITH_REJECTS = 4

os.environ.update(
    RESTIC_PASSWORD="a passphrase for measurements", RESTIC_CACHE_DIR=str(WORK / "cache/restic"),
    BORG_PASSPHRASE="a passphrase for measurements", BORG_BASE_DIR=str(WORK / "cache/borg"),
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes", BORG_RELOCATED_REPO_ACCESS_IS_OK="yes",
)


class Failed(Exception):
    """A tool ended with an error, or does not know the command yet."""


def run(*command, shell=False, past_opening=False, accepted=(0,)):
    """Runs a command on settled disks; gives its seconds, its peak memory in bytes and what it printed.

    With `past_opening` the peak counts from when 16 MiB were read: by then the key is derived and its memory freed.
    """
    os.sync()
    words = command[0] if shell else [str(word) for word in command]
    with (WORK / "stdout").open("wb") as out, (WORK / "stderr").open("wb") as err:
        began = time.perf_counter()
        child = subprocess.Popen(words, shell=shell, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        if past_opening:
            reset_peak(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accepted:
        said = (WORK / "stderr").read_text(errors="replace").strip().splitlines()[-3:]
        raise Failed(f"`{' '.join(words) if not shell else words}` ended with {child.returncode}: {' / '.join(said)}")
    return seconds, usage.ru_maxrss * 1024, (WORK / "stdout").read_text(errors="replace")


def reset_peak(process):
    """Makes the kernel forget the peak memory of a process once that has read 16 MiB."""
    try:
        while True:
            counters = pathlib.Path(f"/proc/{process}/io").read_text()
            if int(re.search(r"rchar: (\d+)", counters)[1]) > 16 * MIB:
                pathlib.Path(f"/proc/{process}/clear_refs").write_text("5")
                return
            time.sleep(0.002)
    except (OSError, TypeError):
        return  # it ended before


def seconds(*command, **options):
    return run(*command, **options)[0]


def size_of(path):
    """The bytes of all files below a path."""
    path = pathlib.Path(path)
    return path.stat().st_size if path.is_file() else sum(f.stat().st_size for f in path.rglob("*") if f.is_file())


def fresh(name):
    """An empty place of that name in the work directory: nothing is there."""
    path = WORK / name
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    return path


class Samples(dict):
    """What was measured: a name, and one number a round."""

    def add(self, name, value):
        self.setdefault(name, []).append(value)

    def less(self, name, opening):
        """The samples of `name`, each without the round's opening."""
        return [max(a - b, 1e-4) for a, b in zip(self.get(name, []), self.get(opening, []))]


# The tools, one round each.

def restic(samples, tree, mbox):
    repository = fresh("restic")
    shutil.rmtree(WORK / "cache/restic", ignore_errors=True)
    restic = ["restic", "-r", repository, "--quiet"]
    run(*restic, "init")
    samples.add("restic open", seconds(*restic, "cat", "config"))
    samples.add("restic import", seconds(*restic, "backup", tree))
    samples.add("restic size", size_of(repository))
    samples.add("restic again", seconds(*restic, "backup", tree))
    samples.add("restic check", seconds(*restic, "check", "--read-data"))


def borg(kind):
    def measure(samples, tree, mbox):
        name = "borg" if kind != "none" else "borg plain"
        repository = fresh("borg")
        shutil.rmtree(WORK / "cache/borg", ignore_errors=True)
        run("borg", "init", f"--encryption={kind}", repository)
        samples.add(f"{name} open", seconds("borg", "list", repository))
        create = ["borg", "create", "--compression", "zstd,3"]
        samples.add(f"{name} import", seconds(*create, f"{repository}::1", tree))
        samples.add(f"{name} size", size_of(repository))
        samples.add(f"{name} again", seconds(*create, f"{repository}::2", tree))

    return measure


def tar(samples, tree, mbox):
    packed = fresh("tree.tar.zst")
    pipe = f"tar -C {tree.parent} -cf - {tree.name} | zstd -q -3 -T2 -o {packed}"
    samples.add("tar import", seconds(pipe, shell=True))
    samples.add("tar size", size_of(packed))


def ceiling(samples, tree, mbox):
    samples.add("ceiling pack", float(run(WORK / "ceiling", "pack", tree)[2].split()[0]))
    copy = fresh("copy.mbox")
    samples.add("cp", seconds("cp", mbox, copy))


def create(name):
    """A new archive of ours."""
    archive = fresh(name)
    run(TOOL, "init", archive, "--passphrase-file", SECRET)
    if not archive.is_dir():
        raise Failed("`portable-archive init` made no archive")
    return archive


def ours(samples, tree, mbox):
    key = ["--passphrase-file", SECRET]
    archive = create("tree.parchive")
    # While the archive is empty, so that nothing but opening is taken off.
    samples.add("ours open", seconds(TOOL, "info", archive, *key))
    samples.add("ours import", seconds(TOOL, "import", archive, tree, *key))
    samples.add("ours size", size_of(archive))
    samples.add("ours again", seconds(TOOL, "import", archive, tree, *key))
    samples.add("ours full", seconds(TOOL, "verify", archive, "--full", *key))

    archive = create("mbox.parchive")
    samples.add("ours mbox", seconds(TOOL, "import", archive, mbox, *key))
    samples.add("ours mbox size", size_of(archive))
    # Hashing and checking the same bytes, one directly after the other.
    samples.add("ceiling hash", float(run(WORK / "ceiling", "hash", archive)[2].split()[0]))
    samples.add("ours keyless", seconds(TOOL, "verify", archive, "--keyless"))
    run(TOOL, "import", archive, tree, *key)
    samples.add("ours both size", size_of(archive))


def export(samples, tree, mbox):
    destination = fresh("export.mbox")
    command = [TOOL, "export", WORK / "tree.parchive", destination, "--format", "mbox", "--passphrase-file", SECRET]
    samples.add("ours export", seconds(*command))
    samples.add("ours export size", size_of(destination))


def stores():
    """The PST and OST files of the corpora."""
    return [path for path in sorted(STORES.rglob("*")) if path.is_file() and path.open("rb").read(4) == b"!BDN"]


def make_sources(tree, mbox):
    """The tree and the MBOX in other shapes, and a folder of stores: made once."""
    packed = WORK / "packed"
    if not packed.exists():
        partial = fresh("packed.partial")
        partial.mkdir()
        shape = lambda name: partial / name
        for name, level in (("deflated.zip", "-6"), ("stored.zip", "-0")):
            run("zip", "-q", "-r", level, shape(name), tree)
        run("tar", "-C", tree.parent, "-czf", shape("tree.tar.gz"), tree.name)
        run("zip", "-q", "-j", "-6", shape("mbox.zip"), mbox)
        maildir = shape("Maildir")
        for name in ("cur", "new", "tmp"):
            (maildir / name).mkdir(parents=True)
        for number, path in enumerate(sorted(tree.rglob("*.eml"))):
            shutil.copyfile(path, maildir / "cur" / f"{1_000_000 + number}.bench:2,S")
        # A store cannot be made different from another by hand, so the same ones are there twelve times.
        for number in range(12):
            for store in stores():
                place = shape("stores") / f"{number:02}"
                place.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(store, place / f"{store.stem}-{len(list(place.iterdir()))}.pst")
        partial.rename(packed)
    return packed


def import_source(samples, name, source):
    archive = create("source.parchive")
    # Of what readpst writes some is no mail: contacts, dates.
    samples.add(name, seconds(TOOL, "import", archive, source, "--passphrase-file", SECRET, accepted=(0, WITH_REJECTS)))


def sources(samples, packed, tree):
    key = ["--passphrase-file", SECRET]
    samples.add("sources open", seconds(TOOL, "info", create("source.parchive"), *key))
    import_source(samples, "sources tree", tree)
    for name in ("deflated.zip", "stored.zip", "tree.tar.gz", "mbox.zip", "Maildir"):
        import_source(samples, f"sources {name}", packed / name)


def outlook(samples, packed, tree):
    samples.add("outlook open", seconds(TOOL, "info", create("source.parchive"), "--passphrase-file", SECRET))
    largest = max(stores(), key=lambda path: path.stat().st_size)
    for name, folder in (("stores", packed / "stores"), ("largest", largest)):
        import_source(samples, f"outlook {name}", folder)
        output = fresh("readpst")
        output.mkdir()
        files = sorted(folder.rglob("*.pst")) if folder.is_dir() else [folder]
        script = "".join(f'mkdir "{output}/{n}"\nreadpst -q -e -o "{output}/{n}" "{f}" >/dev/null\n' for n, f in enumerate(files))
        (WORK / "readpst.sh").write_text(script)
        samples.add(f"readpst {name}", seconds("sh", WORK / "readpst.sh"))
        import_source(samples, f"readpst import {name}", output)


def source_memory(samples, packed):
    key = ["--passphrase-file", SECRET]
    for name in ("deflated.zip", "tree.tar.gz", "mbox.zip", "Maildir", "stores"):
        archive = create("source.parchive")
        samples.add(f"memory {name}", family_peak(TOOL, "import", archive, packed / name, *key))


def family_peak(*command):
    """The peak memory of a command and of the greatest process it starts, in bytes, from when 16 MiB were read."""
    with (WORK / "stdout").open("wb") as out, (WORK / "stderr").open("wb") as err:
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        reset_peak(child.pid)
        own, helper = 0, 0
        while child.poll() is None:
            own = max(own, peak_of(child.pid))
            for path in pathlib.Path(f"/proc/{child.pid}/task").glob("*/children"):
                try:
                    helper = max([helper, *(peak_of(number) for number in path.read_text().split())])
                except OSError:
                    pass
            time.sleep(0.002)
    if child.returncode != 0:
        raise Failed(f"`{' '.join(map(str, command))}` ended with {child.returncode}")
    return own + helper


def peak_of(process):
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", pathlib.Path(f"/proc/{process}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    except OSError:
        return 0


def list_speed(samples):
    mbox = WORK / "100000.mbox"
    if not mbox.exists():
        synthetic.small_mbox(mbox, 100_000)
    key = ["--passphrase-file", SECRET]
    archive, empty = create("list.parchive"), create("empty.parchive")
    run(TOOL, "import", archive, mbox, *key)
    for _ in range(5):
        samples.add("list open", seconds(TOOL, "info", empty, *key))
        samples.add("list", seconds(TOOL, "list", archive, "--limit", "50", *key))


def memory(samples):
    for name, make, byte_count in (
        ("2 GB MBOX", synthetic.large_mbox, 2_000_000_000),
        ("500 MB message", synthetic.large_message, 500_000_000),
    ):
        source = WORK / (name.replace(" ", "-") + (".mbox" if "MBOX" in name else ".eml"))
        if not source.exists():
            # In a process of its own: the peak of a command counts from before its exec, when it still is this process.
            maker = multiprocessing.Process(target=make, args=(source, byte_count))
            maker.start()
            maker.join()
        archive = create("memory.parchive")
        command = [TOOL, "import", archive, source, "--passphrase-file", SECRET]
        took, peak, _ = run(*command, past_opening=True)
        samples.add(f"memory {name}", peak)
        samples.add(f"seconds {name}", took)
        fresh("memory.parchive")


# The table.

def ratios(over, under):
    """Round by round: how many times `over` is `under`."""
    return [a / b for a, b in zip(over, under)]


def spread(values, form):
    """Median, least and greatest."""
    return f"{form(statistics.median(values))} ({form(min(values))}..{form(max(values))})"


def times(value):
    return f"{value:.2f}×"


def rows(s):
    """Each row: what, the target in words, the measured values, how to print one, whether a median is good enough."""
    ours, ours_mbox = s.less("ours import", "ours open"), s.less("ours mbox", "ours open")
    restic_import, borg_import = s.less("restic import", "restic open"), s.less("borg import", "borg open")
    plain_import = s.less("borg plain import", "borg plain open")
    export = s.less("ours export", "ours open")
    rates = [size / t / 1e6 for size, t in zip(s.get("ours export size", []), export)]
    bar = min(250.0, s["mbox size"][0] / statistics.median(s["cp"]) / 2e6) if "cp" in s else 250.0
    smallest = [min(a, b) for a, b in zip(s.get("restic size", []), s.get("borg size", []))]
    at_least, at_most = (lambda bound: lambda v: v >= bound), (lambda bound: lambda v: v <= bound)
    yield "import of the EML tree: restic's time to ours", "≥ 2.5×", ratios(restic_import, ours), times, at_least(2.5)
    yield "import of the EML tree: time of borg (zstd,3) to ours", "≥ 3.5×", ratios(borg_import, ours), times, at_least(3.5)
    yield ("import of the EML tree: time of borg (zstd,3, not encrypted) to ours", "≥ 3.5×", ratios(plain_import, ours),
           times, at_least(3.5))
    yield ("import of the EML tree: share of the ceiling", "≥ 70 %", ratios(s.get("ceiling pack", []), ours),
           lambda v: f"{v:.0%}", at_least(0.7))
    yield "import of the MBOX: time to that of the EML tree", "≤ 1×", ratios(ours_mbox, ours), times, at_most(1.0)
    yield ("stored size: to the smaller of restic and borg", "≤ 0.60×", ratios(s.get("ours size", []), smallest),
           times, at_most(0.6))
    yield ("stored size: to tar, zstd -3", "≤ 0.70×", ratios(s.get("ours size", []), s.get("tar size", [])),
           times, at_most(0.7))
    yield ("second import: time of the first to it", "≥ 3×", ratios(ours, s.less("ours again", "ours open")),
           times, at_least(3.0))
    growth = [b / a - 1 for a, b in zip(s.get("ours mbox size", []), s.get("ours both size", []))]
    yield "EML after the MBOX of the same mail: growth", "< 1 %", growth, lambda v: f"{v:.2%}", lambda v: v < 0.01
    yield ("verify --keyless: time to BLAKE2b of the same bytes on both cores", "≤ 1.3×",
           ratios(s.get("ours keyless", []), s.get("ceiling hash", [])), times, at_most(1.3))
    yield ("verify --full: time of restic check --read-data to it", "≥ 2×",
           ratios(s.less("restic check", "restic open"), s.less("ours full", "ours open")), times, at_least(2.0))
    yield "export to MBOX", f"≥ {bar:.0f} MB/s", rates, lambda v: f"{v:.0f} MB/s", at_least(bar)
    yield ("list --limit 50 of 100,000 messages", "< 0.5 s", s.less("list", "list open"), lambda v: f"{v:.3f} s",
           lambda v: v < 0.5)
    tree = s.less("sources tree", "sources open")
    for name in ("deflated.zip", "stored.zip"):
        yield (f"import of the EML tree as {name}: its speed to that of the tree", "≥ 70 %",
               ratios(tree, s.less(f"sources {name}", "sources open")), lambda v: f"{v:.0%}", at_least(0.7))
    for name, what in (("stores", f"import of {12 * len(stores())} PSTs (the corpora's {len(stores())}, twelve times)"),
                       ("largest", "import of the corpora's largest PST (2.3 MB)")):
        both = [a + b for a, b in zip(s.get(f"readpst {name}", []), s.less(f"readpst import {name}", "outlook open"))]
        yield (f"{what}: time of readpst -e and the import of its output to it", "≥ 1×",
               ratios(both, s.less(f"outlook {name}", "outlook open")), times, at_least(1.0))
    for name, what in (("deflated.zip", "the EML tree in a zip"), ("tree.tar.gz", "the EML tree in a tar.gz"),
                       ("mbox.zip", "the MBOX in a zip"), ("Maildir", "the mail as a Maildir"),
                       ("stores", f"{12 * len(stores())} PSTs, with the helper's")):
        values = s.get(f"memory {name}", [])
        yield f"peak memory, import of {what}", "< 256 MiB", values, lambda v: f"{v / MIB:.0f} MiB", lambda v: v < 256 * MIB
    for name in ("2 GB MBOX", "500 MB message"):
        values, fits = s.get(f"memory {name}", []), lambda v: v < 256 * MIB
        yield f"peak memory, import of one {name}", "< 256 MiB", values, lambda v: f"{v / MIB:.0f} MiB", fits


def machine():
    """The machine and the commit, in one line each."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    total = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / MIB

    def ask(*words):
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip().splitlines() or [""]

    changed = " with changes" if ask("git", "status", "--porcelain", "--untracked-files=no")[0] else ""
    yield f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {total:.0f} GiB of memory"
    yield f"disk {ask('findmnt', '-no', 'FSTYPE', '-T', WORK)[0]}, Linux {platform.release()}"
    yield ", ".join(ask(*w)[0].split(" compiled")[0] for w in (["restic", "version"], ["borg", "--version"]))
    yield ", ".join(ask(*w)[0].strip("* ") for w in (["zstd", "--version"], ["tar", "--version"]))
    yield f"commit {ask('git', 'rev-parse', '--short=12', 'HEAD')[0]}{changed}, {datetime.date.today()}"


def report(samples, rounds, failures):
    lines = f"""# Measured

`make bench` wrote this page: {rounds} rounds, each tool once a round, caches warm, a `sync` before each command.
A value is the median of the rounds with the least and the greatest; a ratio is taken round by round.
The time to open an empty repository (key derivation, mostly) is measured in each round and taken off, for all alike.
borg's repository is encrypted (repokey-blake2) unless the row says otherwise.
Peak memory counts from when 16 MiB were read, so without key derivation.
""".splitlines()
    lines += ["", *(f"- {line}" for line in machine()), "", "| what | target | measured | met |", "|---|---|---|---|"]
    for what, target, values, form, good in rows(samples):
        if not values:
            lines.append(f"| {what} | {target} | not measured | |")
            continue
        met = "yes" if good(statistics.median(values)) else "no"
        lines.append(f"| {what} | {target} | {spread(values, form)} | {met} |")
    lines += ["", "| command | as measured |", "|---|---|"]
    for name, values in samples.items():
        form = (lambda v: f"{v / 1e6:.2f} MB") if "size" in name or "memory" in name else (lambda v: f"{v:.3f} s")
        lines.append(f"| {name} | {spread(values, form)} |")
    if failures:
        lines += ["", "Not measured, because a command failed:", "", *(f"- {failure}" for failure in failures)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD")
    options = parser.parse_args()
    if not CORPUS.exists():
        sys.exit(f"bench: the corpus is not here: {os.path.relpath(CORPUS, ROOT)}")

    WORK.mkdir(parents=True, exist_ok=True)
    SECRET.write_text("a passphrase for measurements\n")
    SECRET.chmod(0o600)
    libraries = ["pkg-config", "--cflags", "--libs", "libsodium", "libzstd"]
    flags = subprocess.run(libraries, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["cc", "-O2", "-pthread", HERE / "ceiling.c", "-o", WORK / "ceiling", *flags], check=True)
    mbox, tree = WORK / "usrp-users.mbox", WORK / "tree"
    if not mbox.exists():
        subprocess.run(["zstd", "-q", "-d", CORPUS, "-o", mbox], check=True)
    if not tree.exists():
        partial = fresh("tree.partial")
        print(f"{split.split(mbox, partial)} messages", file=sys.stderr)
        partial.rename(tree)

    samples, failures = Samples(), {}
    samples.add("mbox size", size_of(mbox))
    samples.add("tree size", size_of(tree))

    def attempt(name, measure, *arguments):
        if name in failures:
            return
        try:
            measure(samples, *arguments)
        except Failed as failure:
            failures[name] = f"{name}: {failure}"
            print(failures[name], file=sys.stderr)

    if options.only in "speed":
        seconds(f"cat {mbox} >/dev/null; find {tree} -type f -print0 | xargs -0 cat >/dev/null", shell=True)
        tools = [("ceiling", ceiling), ("restic", restic), ("ours", ours), ("export", export),
                 ("borg", borg("repokey-blake2")), ("borg plain", borg("none")), ("tar", tar)]
        for number in range(options.rounds):
            for name, measure in tools[number % len(tools):] + tools[:number % len(tools)]:
                attempt(name, measure, tree, mbox)
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    if options.only in "list":
        attempt("list", list_speed)
    if options.only in "memory":
        attempt("memory", memory)

    if options.only in "sources":
        if shutil.which("zip") and shutil.which("readpst"):
            packed = make_sources(tree, mbox)
            for number in range(options.rounds):
                for name, measure in (("sources", sources), ("outlook", outlook))[:: 1 if number % 2 else -1]:
                    attempt(name, measure, packed, tree)
            attempt("memory of sources", source_memory, packed)
        else:
            failures["sources"] = "sources: wants zip and readpst (Debian: zip, pst-utils)"

    (WORK / "samples.json").write_text(json.dumps(samples, indent=1))
    page = report(samples, options.rounds, failures.values())
    if not options.only and not failures:
        (HERE / "RESULTS.md").write_text(page)
    else:
        (WORK / "RESULTS.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
