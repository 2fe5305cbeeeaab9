"""A bounded fuzzer over every reader, in processes of their own with 1 GiB above what the program itself takes.

``python tests/fuzz/run.py --seconds 60 --seed 1``: damaged files are read one after another; each must give a
frame or an error of our own tree. A process that dies or hangs is told with the file that did it, and another goes on.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

PATIENCE = 25.0  # seconds for one damaged file of some kilobytes, on a busy machine
MEMORY = 2**30


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, default=None, help="Folder for the files that broke the law.")
    options.add_argument("--only", default="", help="Only files whose name contains this.")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        found, count = fuzz(Path(folder), given.seconds, given.seed, given.keep, given.only)
    print(f"{count} damaged files were read; {len(found)} broke the law")
    for line in found:
        print(line)
    sys.exit(bool(found))


def fuzz(folder, seconds, seed, keep=None, only=""):
    """What broke the law, and how many files were read, within `seconds`."""
    import seeds

    originals = folder / "originals"
    originals.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jobs = [job for job in seeds.write_all(originals) if only in job[1]]
    (folder / "jobs.txt").write_text("\n".join(f"{kind} {name}" for kind, name in jobs))
    stop, number, found = time.monotonic() + seconds, seed * 1_000_000, []
    first = number
    while time.monotonic() < stop:
        number, broke = _one_process(folder, number, stop)
        if broke:
            found.append(broke)
            if keep is not None:
                shutil.copytree(folder / "work", keep / f"{number}", dirs_exist_ok=True)
    return found, number - first


def _one_process(folder, number, stop):
    """Read from `number` on in a process of its own; gives the next number, and what broke the law or None."""
    mark = folder / "at.txt"
    mark.write_text(f"{number}")
    command = [sys.executable, __file__, "--worker", str(folder), str(number), str(stop - time.monotonic())]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1"}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    while True:
        try:
            out, err = child.communicate(timeout=1)
            break
        except subprocess.TimeoutExpired:
            if time.time() - mark.stat().st_mtime > PATIENCE:
                child.kill()
                child.communicate()
                return int(mark.read_text()) + 1, f"hang: {_what(folder, mark)}"
    at = int(mark.read_text() or number)
    if child.returncode == 0:
        return at + 1, None
    told = (out.strip().splitlines() or err.strip().splitlines() or [""])[-1]
    kind = f"killed by signal {-child.returncode}" if child.returncode < 0 else "raw error"
    return at + 1, f"{kind}: {_what(folder, mark)}: {told}"


def _what(folder, mark):
    number = int(mark.read_text())
    jobs = (folder / "jobs.txt").read_text().split("\n")
    return f"{jobs[number % len(jobs)]}, seed {number}"


def worker(folder, number, seconds):
    """Read damaged files until the time is up; ends with 1 at the first that breaks the law."""
    import gbaspatial as gba

    jobs = [line.split(" ") for line in (folder / "jobs.txt").read_text().split("\n")]
    originals = {path.name: path.read_bytes() for path in (folder / "originals").iterdir()}
    warnings.simplefilter("ignore")
    for kind, name in jobs:  # everything is imported before memory is bounded
        _read(gba, kind, folder / "originals" / name)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        (folder / "at.txt").write_text(str(number))
        kind, name = jobs[number % len(jobs)]
        try:
            _read(gba, kind, _damaged_copy(folder / "work", originals, name, number))
        except gba.errors.GbaError as error:
            if "\n" in str(error):
                print(f"{type(error).__name__} of several lines: {error!r:.300}")
                sys.exit(1)
        except BaseException as error:
            print(f"{type(error).__name__}: {error!s:.300}")
            sys.exit(1)
        number += 1


def _damaged_copy(work, originals, name, number):
    """A fresh folder with the files of `name`, one of them damaged."""
    import random

    import damage
    import seeds

    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    parts = [part for part in seeds.parts_of(name) if part in originals]
    chosen = random.Random(number).choice(parts)
    for part in parts:
        content = originals[part]
        if part == chosen:
            content = damage.damaged(content, list(originals.values()), number)
        (work / part).write_bytes(content)
    return work / name


def _read(gba, kind, path):
    if kind == "units":
        return gba.read_units(path, id="Name")
    if kind == "panel":
        return gba.read_panel(path, unit="Name", time="year")
    return gba.weights.read(path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
