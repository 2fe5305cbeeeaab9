"""The matrix of docs/weights.md: what libpysal, pygeoda and spdep make of files of W that gbaspatial wrote."""

import json
import os
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, FileFormatError, GbaWarning, MissingDataError, OptionError

CITIES = gba.load_cities(year=2019)
W = gba.weights.contiguity(CITIES).row_standardized()
LABELS = {"names": None, "codes": CITIES["adcode"], "chinese": CITIES["name_zh"],
          "zeros": pd.Series([f"{i:04d}" for i in range(11)], index=CITIES.index)}  # fmt: skip
# pygeoda is C++ underneath and may end the process, so it reads in one of its own.
PYGEODA = """
import json, pygeoda, sys
path, ending, labels = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
w = getattr(pygeoda, "read_" + ending)(path, labels)
print(json.dumps([sorted(map(int, w.get_neighbors(i))) for i in range(w.num_obs)]))
"""


def in_file(kind):
    given = LABELS[kind]
    return [str(label).replace(" ", "_") for label in (W.ids if given is None else given.loc[W.ids])]


def expected(ending):
    dense = W.sparse.toarray()
    return (dense > 0).astype(float) if ending == "gal" else dense


def written(path, kind):
    if kind == "names" or path.suffix == ".gal":
        with pytest.warns(GbaWarning):
            return gba.weights.write(W, path, ids=LABELS[kind])
    return gba.weights.write(W, path, ids=LABELS[kind])


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("ending", ["gal", "gwt"])
def test_libpysal_reads_the_same_links(tmp_path, kind, ending):
    import libpysal

    path = written(tmp_path / f"w.{ending}", kind)
    read = libpysal.io.open(str(path)).read()
    labels = in_file(kind)
    as_numbers = {str(key): key for key in read.neighbors}
    found = np.zeros((11, 11))
    for row, label in enumerate(labels):
        key = as_numbers.get(label, as_numbers.get(label.lstrip("0") or "0"))
        for neighbor, weight in zip(read.neighbors[key], read.weights[key], strict=True):
            column = [as_numbers.get(one, as_numbers.get(one.lstrip("0") or "0")) for one in labels].index(neighbor)
            found[row, column] = weight
    np.testing.assert_allclose(found, expected(ending))


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("ending", ["gal", "gwt"])
def test_pygeoda_reads_the_same_links(tmp_path, kind, ending):
    pytest.importorskip("pygeoda")
    path = written(tmp_path / f"w.{ending}", kind)
    done = subprocess.run(
        [sys.executable, "-c", PYGEODA, str(path), ending, json.dumps(in_file(kind))], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])  # it tells links, not weights
    assert found == [np.flatnonzero(row).tolist() for row in W.sparse.toarray()]


SPDEP = """
args <- commandArgs(trailingOnly = TRUE)
suppressMessages(library(spdep))
labels <- readLines(args[3], encoding = "UTF-8")
n <- length(labels)
found <- matrix(0, n, n)
if (args[2] == "gal") {
  nb <- read.gal(args[1], region.id = labels)
  for (i in seq_len(n)) if (nb[[i]][1] != 0) found[i, nb[[i]]] <- 1
} else {
  nb <- read.gwt2nb(args[1], region.id = labels)
  weights <- attr(nb, "GeoDa")$dist
  for (i in seq_len(n)) if (nb[[i]][1] != 0) found[i, nb[[i]]] <- weights[[i]]
}
write.table(format(found, digits = 17), row.names = FALSE, col.names = FALSE, quote = FALSE)
"""


@cache
def spdep_is_there():
    asked = ["Rscript", "-e", "library(spdep)"]
    return shutil.which("Rscript") is not None and subprocess.run(asked, capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("ending", ["gal", "gwt"])
def test_spdep_reads_the_same_links_and_weights(tmp_path, kind, ending):
    if not spdep_is_there():
        pytest.skip("R with spdep is not installed (on Debian: apt install r-cran-spdep)")
    path, labels, code = written(tmp_path / f"w.{ending}", kind), tmp_path / "labels.txt", tmp_path / "read.R"
    # codes in GWT are numbers to R: 0755 is told as 755
    shown = [label.lstrip("0") or "0" for label in in_file(kind)] if ending == "gwt" else in_file(kind)
    labels.write_text("\n".join(shown) + "\n", encoding="utf-8")
    code.write_text(SPDEP, encoding="utf-8")
    words = ["Rscript", str(code), str(path), ending, str(labels)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.loadtxt(done.stdout.splitlines()), expected(ending), rtol=1e-14)


def test_other_labels_are_matched_by_unit_and_come_back(tmp_path):
    shuffled = CITIES["adcode"].sample(frac=1, random_state=2)
    back = gba.weights.read(gba.weights.write(W, tmp_path / "w.json", ids=shuffled))
    assert back.ids.tolist() == CITIES["adcode"].tolist()
    np.testing.assert_array_equal(back.sparse.toarray(), W.sparse.toarray())
    assert back.standardization == "row"


@pytest.mark.parametrize(
    ("ids", "error", "words"),
    [
        (CITIES["adcode"].tolist(), OptionError, "a Series of new labels"),
        (CITIES["adcode"].iloc[:9], AlignmentError, "Macao"),
        (CITIES["adcode"].where(CITIES["tier"] > 1), MissingDataError, "no label for"),
        (CITIES["side"], AlignmentError, "mainland"),
        (pd.Series(["a b", "a_b", *"cdefghijk"], index=CITIES.index), FileFormatError, "a b"),
    ],
)
def test_labels_that_would_not_tell_units_apart_are_refused(tmp_path, ids, error, words):
    with pytest.raises(error, match=words):
        gba.weights.write(W, tmp_path / "w.gwt", ids=ids)
    assert not list(tmp_path.iterdir())
