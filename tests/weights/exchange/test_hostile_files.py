"""Damaged and hostile files of weights: a sentence, quickly, in little memory, and never the end of the process."""

import io
import subprocess
import sys
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import FileFormatError, GbaError, GbaWarning
from gbaspatial.weights import Weights

ENDINGS = ("gal", "gwt", "kwt", "mtx", "csv", "parquet", "npz", "txt", "swm", "json")


def npz_of(path, shape):
    """An npz whose array focal says a shape that it has not."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<i8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("focal", "neighbor", "weight", "about"):
            archive.writestr(f"{name}.npy", head.getvalue() + b"\0" * 16)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n3 3 1\n1 2 0.5\0\n", "line 3 holds a NUL byte"),
        ("v.gal", b"0 2 x y\na 1\nb\0\nb 1\na\n", "NUL byte"),
        ("v.csv", b"focal,neighbor\na,b\0\n", "NUL byte"),
        ("v.txt", b"1\n1 0\0\n", "NUL byte"),
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n9000000000 9000000000 1\n1 2 1\n", "only 1 entries"),
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n3 3 9\n1 2 1\n", "says 9 entries but has 1"),
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n3 3 1\n1 7 1\n", "not among 1 to 3"),
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n3 3 1\n1 2 x\n", "'x', which is not a number"),
        ("v.mtx", b"%%MatrixMarket matrix array real general\n90000 90000\n1\n", "8100000000 numbers, but has 1"),
        ("v.mtx", b"%%MatrixMarket matrix coordinate real general\n", "size of the matrix"),
        ("v.json", b"[" * 200_000, "nested too deep"),
        ("v.json", b'{"a":' * 200_000, "nested too deep"),
        ("v.swm", b"VERSION@10.1;X\n" + (2**31 - 1).to_bytes(4, "little") * 2, "2147483647 units"),
        ("v.gal", b"0 99999999999999999999999 x y\na 0\n\n", "number of units"),
        ("v.csv", b"focal,neighbor,weight\nHong Kong, China,Shenzhen,1\n", "4 cells in line 2, but 3 columns"),
        ("v.csv", b"focal,neighbor,weight\nMacao,Zhuhai\n", "too few cells|not numbers"),
        ("v.csv", b"a,b\n1,2\n", "columns focal and neighbor"),
        ("v.csv", b'focal,neighbor\n"a,b\n', "not a table"),
    ],
)  # fmt: skip
def test_one_sentence(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(FileFormatError, match=told) as error:
        gw.read(tmp_path / name)
    assert time.perf_counter() - start < 5
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("shape", [(10**12,), (10**9, 10**9), (2**62, 2**62), (3,)])
def test_arrays_that_say_another_size_than_they_have(tmp_path, shape):
    npz_of(tmp_path / "v.npz", shape)
    with pytest.raises(FileFormatError, match="another size of focal"):
        gw.read(tmp_path / "v.npz")


@pytest.mark.parametrize("count", [3, 1_100])
def test_many_labels_with_spaces_as_libpysal_writes_them(tmp_path, count):
    labels = [f"New town {i}" for i in range(count)] + ["New", "New town"]
    lines = [f"0 {len(labels)} x y"]
    for i, label in enumerate(labels):
        near = [*labels[:i], *labels[i + 1 :]] if i < 2 or count < 9 else [labels[0]]
        lines += [f"{label} {len(near)}", " ".join(near)]
    (tmp_path / "v.gal").write_text("\n".join(lines) + "\n")
    start = time.perf_counter()
    w = gw.read(tmp_path / "v.gal")
    assert time.perf_counter() - start < 10
    assert w.cardinalities.iloc[0] == len(labels) - 1
    assert w.ids.tolist() == labels


def seeds(folder):
    """A sound file of every format."""
    w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["1", "2", "3"]).row_standardized()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {ending: gw.write(w, folder / f"w.{ending}").read_bytes() for ending in ENDINGS if ending != "swm"}
    rows = b"".join(
        np.array([unit, 1, near], "<i4").tobytes() + np.array([1.0, 1.0], "<f8").tobytes()
        for unit, near in ((1, 2), (2, 1))
    )
    return made | {"swm": b"VERSION@10.1;FIXEDWEIGHTS@FALSE;\n" + np.array([2, 2], "<i4").tobytes() + rows}


CHILD = """
import random, resource, sys, time, warnings
from pathlib import Path
import pyarrow.parquet
from gbaspatial import weights as gw
from gbaspatial.errors import GbaError
warnings.simplefilter("ignore")
for path in Path(sys.argv[1]).iterdir():  # everything is imported before memory is bounded
    gw.read(path)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv[3]),) * 2)
folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
rng, end, tried = random.Random(7), time.monotonic() + seconds, 0
BITS = (b"\\0", b"99999999999", b"-1", b"nan", b" ", b"\\n", b"[[[", b'"', b"\\xff\\xfe")
found = {path: path.read_bytes() for path in sorted(folder.iterdir())}
while time.monotonic() < end:
    for path, whole in found.items():
        raw = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            at, kind = rng.randrange(len(raw) + 1), rng.randrange(5)
            if kind == 0: raw[at:at + 1] = bytes([rng.randrange(256)])
            elif kind == 1: del raw[at:at + rng.randrange(1, 9)]
            elif kind == 2: raw[at:at] = rng.choice(BITS)
            elif kind == 3: raw = raw[:at]
            else: raw[at:at] = raw[max(0, at - 40):at]
            raw = raw or bytearray(b" ")
        target = folder.parent / ("try" + path.suffix)
        target.write_bytes(raw)
        start = time.monotonic()
        try:
            gw.read(target)
        except GbaError as error:
            assert str(error).strip(), path
        assert time.monotonic() - start < 20, path
        tried += 1
print(tried)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is bounded by what /proc says")
def test_no_damage_ends_the_process_or_raises_another_error(tmp_path):
    (tmp_path / "whole").mkdir()
    for ending, raw in seeds(tmp_path).items():
        (tmp_path / "whole" / f"w.{ending}").write_bytes(raw)
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "whole"), "4", str(2**30)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert int(done.stdout) > 50


# -- spaces in labels ------------------------------------------------------------------------
@pytest.mark.parametrize("ending", ["gal", "gwt"])
def test_peers_read_labels_with_spaces(tmp_path, ending):
    import libpysal

    w = gw.contiguity(gba.load_cities(year=2019))
    with pytest.warns(GbaWarning, match=r"_ for them in Hong Kong") as told:
        file = gw.write(w, tmp_path / f"city.{ending}")
    assert len(told) == 1
    read = libpysal.io.open(str(file)).read()
    assert read.n == 11
    assert sorted(read.neighbors["Hong_Kong"]) == ["Shenzhen"]
    back = gw.read(file)  # our reader puts the spaces back
    assert set(back.ids) == set(w.ids)
    assert (gw.read(file, ids=w.ids).sparse != w.sparse).nnz == 0


@pytest.mark.parametrize("ending", ["gal", "gwt"])
def test_labels_that_would_be_the_same_are_refused(tmp_path, ending):
    w = Weights([[0, 1], [1, 0]], ["Hong Kong", "Hong_Kong"])
    with pytest.raises(FileFormatError, match="'Hong Kong' and 'Hong_Kong' are the same"):
        gw.write(w, tmp_path / f"w.{ending}")
    assert list(tmp_path.iterdir()) == []


# -- tables ----------------------------------------------------------------------------------
SQUARE = np.array([[0, 1, 0], [0, 0, 2.5], [1, 1, 0]])


@pytest.mark.parametrize("corner", ["", "city", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_square_tables_are_weights(tmp_path, corner, separator):
    frame = pd.DataFrame(SQUARE, index=["b", "a", "c d"], columns=["b", "a", "c d"])
    decimal = "," if separator == ";" else "."
    file = tmp_path / "w.csv"
    frame.iloc[[2, 0, 1]].to_csv(file, sep=separator, decimal=decimal, index_label=corner)
    w = gw.read(file)
    assert set(w.ids) == set(frame.index)
    assert (w.subset(frame.index).sparse.toarray() == SQUARE).all()
    frame.to_csv(file, sep=separator, decimal=decimal, index=False)
    assert (gw.read(file).subset(frame.index).sparse.toarray() == SQUARE).all()
    frame.to_csv(file, sep=separator, decimal=decimal, index=False, header=False)
    assert gw.read(file).ids.tolist() == [1, 2, 3]
    assert (gw.read(file, ids=["x", "y", "z"]).sparse.toarray() == SQUARE).all()


def test_square_tables_that_are_none(tmp_path):
    file = tmp_path / "w.csv"
    for text, told in (
        (",a,b\na,0,1\nc,1,0\n", "name different units"),
        (",a,b\na,0,x\nb,1,0\n", r"a to b \('x'\)"),
        (",a,b\na,0,\nb,1,0\n", "a to b"),
        ("a,b\n0,1\n1,0\n0,0\n", "Nor is it a square matrix"),
    ):
        file.write_text(text)
        with pytest.raises(FileFormatError, match=told):
            gw.read(file)


# -- writing ---------------------------------------------------------------------------------
@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending != "swm"])
def test_an_error_leaves_the_file_that_was_there(tmp_path, ending, monkeypatch):
    w = Weights([[0, 1], [1, 0]], ["a", "b"])
    file = gw.write(w, tmp_path / f"w.{ending}")
    before = file.read_bytes()
    other = Weights(np.ones((40, 40)) - np.eye(40), [f"unit {i}" for i in range(40)])
    script = (
        "import resource, sys, warnings; warnings.simplefilter('ignore');"
        "import numpy as np; from gbaspatial.weights import Weights, write; import pyarrow.parquet;"
        "w = Weights(np.ones((40, 40)) - np.eye(40), [f'unit{i}' for i in range(40)]);"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64));"
        f"write(w, {str(file)!r})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode != 0
    assert "gbaspatial.errors" in done.stderr.strip().splitlines()[-1]
    assert file.read_bytes() == before
    assert other.n == 40
    assert [path.name for path in tmp_path.iterdir() if path != file and path.suffix != ".csv"] == []


def test_labels_beside_a_text_of_stata_that_others_made_are_kept(tmp_path):
    mine = tmp_path / "bay.ids.csv"
    mine.write_text("my own notes\n")
    gw.write(Weights([[0, 1], [1, 0]], [7, 8]), tmp_path / "bay.txt")
    assert mine.read_text() == "my own notes\n"
    with pytest.raises(GbaError):
        gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), tmp_path / "bay.txt")
    assert mine.read_text() == "my own notes\n"
    mine.unlink()
    gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), tmp_path / "bay.txt")
    assert gw.read(tmp_path / "bay.txt").ids.tolist() == ["a", "b"]
    gw.write(Weights([[0, 1], [1, 0]], [7, 8]), tmp_path / "bay.txt")  # ours is kept in step
    assert not mine.exists()
