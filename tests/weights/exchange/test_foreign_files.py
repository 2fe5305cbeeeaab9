"""Files that contradict themselves or are none of ours: an error of one sentence, never another W."""

import struct
import warnings

import numpy as np
import pandas as pd
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import (
    AlignmentError,
    FileFormatError,
    GbaError,
    GbaWarning,
    MissingFileError,
    ReadingWarning,
    UnknownNameError,
    WeightsError,
)
from gbaspatial.weights import Weights

HEAD = b"ID;WGS84\n"


def dense(w):
    return w.sparse.toarray()


def links(w):
    return {(a, b): value for a, b, value in w.to_frame().itertuples(index=False)}


def entry(unit, weights, islands):
    """One unit of an SWM file; a sum of zero follows an island, if `islands` says so."""
    body = struct.pack("<2l", unit, len(weights)) + struct.pack(f"<{len(weights)}l", *weights)
    body += struct.pack(f"<{len(weights)}d", *weights.values())
    return body + (struct.pack("<d", sum(weights.values())) if weights or islands else b"")


def libpysal_writes(w, file):
    import libpysal

    out = libpysal.io.open(str(file), "w")
    out.varName, out.srs = "ID", "WGS84"
    out.write(w)
    out.close()
    return file


# -- ArcGIS ---------------------------------------------------------------------------
@pytest.mark.parametrize("islands", [False, True])
def test_swm_with_islands_of_either_software(tmp_path, islands):
    units = {11: {12: 1.0}, 14: {}, 12: {13: 2.0}, 13: {11: 3.0}, 0: {}}
    body = struct.pack("<2l", len(units), 0) + b"".join(entry(u, near, islands) for u, near in units.items())
    (tmp_path / "w.swm").write_bytes(HEAD + body)
    w = gw.read(tmp_path / "w.swm")
    assert set(w.ids) == set(units)
    assert set(w.islands) == {0, 14}
    assert links(w) == {(11, 12): 1.0, (12, 13): 2.0, (13, 11): 3.0}


def test_swm_of_libpysal_with_an_island_in_the_middle(tmp_path):
    from libpysal.weights import W

    near = {11: {12: 1.0}, 14: {}, 12: {13: 2.0}, 13: {11: 3.0}}
    theirs = W({u: list(v) for u, v in near.items()}, {u: list(v.values()) for u, v in near.items()},
               id_order=list(near), silence_warnings=True)  # fmt: skip
    w = gw.read(libpysal_writes(theirs, tmp_path / "w.swm"), ids=list(near))
    assert (dense(w) == theirs.sparse.toarray()).all()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (struct.pack("<2l", 1, 0) + entry(7, {}, False) + b"more", "4 bytes after the 1 units"),
        (struct.pack("<2l", -1, 0), "says -1 units"),
        (struct.pack("<2l", 0, 0), "says 0 units"),
        (struct.pack("<2l", 1, 0) + entry(7, {8: 1.0}, False), "no entry of their own: 8"),
        (struct.pack("<2l", 2, 0) + 2 * entry(7, {}, False), "unit 7 has a second entry"),
        (struct.pack("<4l", 1, 0, 7, -2), "unit 7 has -2 neighbors"),
        (struct.pack("<2l", 1, 0) + entry(7, {7: 1.0}, False)[:-4], "middle of an entry"),
    ],
)
def test_swm_that_contradicts_itself(tmp_path, body, told):
    (tmp_path / "w.swm").write_bytes(HEAD + body)
    with pytest.raises(FileFormatError, match=told):
        gw.read(tmp_path / "w.swm")


# -- text -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.gal", "2\na 1\nb\nb 1\na\nc 1\nd\nd 1\nc\n", "says 2 units but has entries for 4"),
        ("b.gal", "2\na 1\nb\nb 1\na\nthe end\n", "line 6 comes after the 2 units"),
        ("c.gal", "0 2 lay\na 1\nb\nb 1\na\n", "'n' or as '0 n layer key'"),
        ("d.gal", "0\n", "holds no units"),
        ("e.gwt", "0 2 s i\na b 1\nb c 1\n", "says 2 units but names 3"),
        ("f.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1\n1 2 3\n", "more than once: 1 to 2"),
        ("g.mtx", "%%MatrixMarket matrix coordinate complex general\n2 2 1\n1 2 1 1\n", "complex numbers"),
        ("h.csv", "", "h.csv is empty"),
        ("i.csv", "focal,neighbor,weight\n", "holds no units"),
        ("j.csv", "focal,neighbor\na,b\na,b,c,d\n", "not a table"),
        ("k.parquet", "no", "not a Parquet file"),
        ("l.npz", "no", "was not written by gbaspatial.weights.write; for"),
        ("m.txt", "2\n1.5 0 1\n2 1 0\n", "the id 1.5 is not whole"),
        ("n.txt", "2\n1 2\n2 3\n", "no line of their own: 3"),
    ],
)
def test_text_that_contradicts_itself(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(FileFormatError, match=told):
        gw.read(tmp_path / name)


def test_other_headers_and_tables(tmp_path):
    (tmp_path / "a.gwt").write_text("1 2 juvenile ID\n1 2 0.5\n2 1 0.5\n")  # an old flag
    assert gw.read(tmp_path / "a.gwt").s0 == 1.0
    (tmp_path / "b.mtx").write_text("%%MatrixMarket matrix array real general\n2 2\n0\n1\n2\n0\n")
    assert dense(gw.read(tmp_path / "b.mtx")).tolist() == [[0, 2], [1, 0]]
    (tmp_path / "c.csv").write_text("focal;neighbor;weight\na;b;0,5\nb;a;1\n")
    (tmp_path / "d.csv").write_text("focal\tneighbor\tweight\na\tb\t0.5\nb\ta\t1\n", encoding="utf-16")
    for name in ("c.csv", "d.csv"):
        assert links(gw.read(tmp_path / name)) == {("a", "b"): 0.5, ("b", "a"): 1.0}


def test_csv_in_no_encoding_we_know(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"focal,neighbor\n\xff\xff,b\n")
    with pytest.raises(FileFormatError, match="text in none of UTF-8, UTF-16, GB18030 and Big5"):
        gw.read(tmp_path / "a.csv")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(FileFormatError, match="not UTF-8"):
        gw.read(tmp_path / "a.json")


def test_stata_keeps_every_digit_of_ids(tmp_path):
    ids = [2**53, 2**53 + 1]
    file = gw.write(Weights([[0, 1], [1, 0]], ids), tmp_path / "w.txt")
    assert gw.read(file).ids.tolist() == ids


def test_stata_labels_beside_another_file(tmp_path):
    file = gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), tmp_path / "st.txt")
    assert gw.read(file).ids.tolist() == ["a", "b"]
    for foreign in ("2\n1 0 .5\n2 .5 0\n", "2\n10 0 1\n20 1 0\n", "3\n1 0 1 0\n2 1 0 0\n3 0 0 0\n"):
        file.write_text(foreign)
        with pytest.raises(FileFormatError, match=r"st\.ids\.csv beside st\.txt holds the labels of another file"):
            gw.read(file)
    (tmp_path / "st.ids.csv").write_text("")
    with pytest.raises(FileFormatError, match="another file"):
        gw.read(file)
    (tmp_path / "st.ids.csv").write_text("_ID,id\n1,x\n2,y\n3,z\n")  # made by hand
    assert gw.read(file).ids.tolist() == ["x", "y", "z"]


# -- our own, changed -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"standardization": "none"', '"standardization": "foo"', "standardization 'foo'"),
        ('"islands": "zero"', '"islands": 3', "islands 3"),
        ('"links"', '"other"', "lacks links"),
        ('"ids"', '"other"', "lacks the list ids"),
        ('"recipe"', '"other"', "lacks the recipe"),
        ('"focal": [0, 1]', '"focal": [0, 9]', "places that do not exist among 2 units: 9 to 0"),
        ('"focal": [0, 1]', '"focal": [0, -1]', "places that do not exist"),
        ('"focal": [0, 1]', '"focal": [0, 1.5]', "whole numbers"),
        ('["a", "b"]', '["a", ["b"]]', "neither text nor numbers"),
        ('"focal": [0, 1]', '"focal": [0]', "1 focal, 2 neighbor"),
        ('"focal": [0, 1]', '"focal": ["x", 1]', "cannot be read as .json"),
    ],
)
def test_json_that_was_changed(tmp_path, old, new, told):
    file = gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), tmp_path / "w.json")
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(FileFormatError, match=told):
        gw.read(file)


def test_mtx_whose_comments_do_not_fit(tmp_path):
    file = gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), tmp_path / "w.mtx")
    text = file.read_text()
    file.write_text(text.replace('["a", "b"]', '["a"]'))
    with pytest.raises(FileFormatError, match="has 2 rows, but its comments name 1 units"):
        gw.read(file)
    file.write_text(text.replace('["a", "b"]', '["a", "b"'))
    with pytest.raises(FileFormatError, match="comments %gbaspatial of w.mtx are broken"):
        gw.read(file)


def test_npz_of_other_software(tmp_path):
    from scipy import sparse

    sparse.save_npz(tmp_path / "s.npz", sparse.csr_matrix(np.eye(2)))
    np.savez(tmp_path / "o.npz", about=np.array([{}], dtype=object))
    for name in ("s.npz", "o.npz"):
        with pytest.raises(FileFormatError, match="was not written by") as caught:
            gw.read(tmp_path / name)
        assert "pickle" not in str(caught.value)


# -- where, and what ------------------------------------------------------------------
def test_folders(tmp_path):
    (tmp_path / "w.gal").mkdir()
    w = Weights([[0, 1], [1, 0]], ["a", "b"])
    with pytest.raises(FileFormatError, match="is a folder"):
        gw.read(tmp_path / "w.gal")
    with pytest.raises(FileFormatError, match="is a folder"):
        gw.write(w, tmp_path / "w.gal")
    for ending in ("json", "parquet", "gal", "txt"):
        with pytest.raises(MissingFileError, match="no folder"):
            gw.write(w, tmp_path / "absent" / f"w.{ending}")


@pytest.mark.parametrize("mark", ["\n", "\x85", "\u2028", "\r"])
def test_labels_with_line_breaks(tmp_path, mark):
    w = Weights([[0, 1], [1, 0]], [f"a{mark}b", "c"])
    for ending in ("gal", "gwt"):
        with pytest.raises(FileFormatError, match="line breaks, as in 'a"):
            gw.write(w, tmp_path / f"w.{ending}")
        assert not (tmp_path / f"w.{ending}").exists()
    for ending in ("json", "npz", "parquet", "mtx"):
        assert gw.read(gw.write(w, tmp_path / f"w.{ending}")).ids.equals(w.ids)


def test_parquet_of_ids_of_two_types(tmp_path):
    with pytest.raises(FileFormatError, match="these are int and str"):
        gw.write(Weights([[0, 1], [1, 0]], [1, "a"]), tmp_path / "w.parquet")


def test_ids_meet_labels_of_other_software(tmp_path):
    (tmp_path / "a.csv").write_text("focal,neighbor\nHong Kong,1.0\n1.0,Hong Kong\n")
    w = gw.read(tmp_path / "a.csv", ids=["Hong_Kong", 1])
    assert w.ids.tolist() == ["Hong_Kong", 1]
    assert w.n_links == 2
    with pytest.raises(UnknownNameError, match=r"1\.0"):
        gw.read(tmp_path / "a.csv", ids=["Hong_Kong", 10])
    with pytest.raises(AlignmentError, match="matched by text, but 7"):
        gw.read(tmp_path / "a.csv", ids=[7, "7"])
    (tmp_path / "b.csv").write_text("focal,neighbor\na b,c\na_b,c\n")
    with pytest.raises(AlignmentError, match="match the same label of ids: a b, a_b"):
        gw.read(tmp_path / "b.csv", ids=["a b", "c"])


# -- kernels --------------------------------------------------------------------------
@pytest.mark.parametrize("ending", ["gwt", "kwt"])
def test_kernel_files_link_units_with_themselves(tmp_path, ending):
    file = tmp_path / f"k.{ending}"
    file.write_text("0 2 layer id\na a 1\na b 0.5\nb b 1\nb a 0.25\n")
    with pytest.raises(WeightsError, match=r"2 of 2 units with themselves, as kernels do: a, b; diagonal='drop'"):
        gw.read(file)
    with pytest.warns(GbaWarning, match=r"left out of k\..wt: the links of 2 units with themselves \(a, b\)"):
        w = gw.read(file, diagonal="drop")
    assert links(w) == {("a", "b"): 0.5, ("b", "a"): 0.25}
    assert str(w.recipe) == f"file(name=k.{ending}) -> without_diagonal(dropped=2)"
    with pytest.raises(gw.core.OptionError, match="diagonal"):
        gw.read(file, diagonal="keep")


def test_kernels_of_libpysal(tmp_path):
    from libpysal.graph import Graph
    from libpysal.weights import Kernel

    kernel = Kernel(np.random.default_rng(1).random((9, 2)), k=3)
    expected = kernel.sparse.toarray() * (1 - np.eye(9))
    for theirs in (kernel, Graph.from_W(kernel)):
        with pytest.raises(WeightsError, match="diagonal='drop'"):
            gw.as_weights(theirs)
        with pytest.warns(GbaWarning, match="9 units with themselves"):
            ours = gw.as_weights(theirs, diagonal="drop")
        assert (dense(ours) == expected).all()
    with pytest.warns(GbaWarning, match="9 units"):
        back = gw.read(libpysal_writes(kernel, tmp_path / "k.gwt"), diagonal="drop", ids=range(9))
    assert dense(back) == pytest.approx(expected, rel=1e-5)
    with pytest.warns(GbaWarning):
        assert gw.as_weights(Graph.from_W(kernel).transform("R"), diagonal="drop").standardization == "none"


@pytest.mark.parametrize("kind", ["W", "Graph"])
def test_the_total_of_libpysal_is_kept(kind):
    w = Weights(np.roll(np.eye(11), 1, axis=1), [f"u{i}" for i in range(11)])
    if kind == "W":
        theirs = w.to_libpysal()
        theirs.transform = "D"
    else:
        theirs = w.to_graph().transform("D")
    ours = gw.as_weights(theirs)
    assert ours.standardization == "global"
    assert ours.s0 == pytest.approx(1.0, rel=1e-12)
    assert ours.subset(ours.ids).s0 == pytest.approx(1.0, rel=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours.subset(ours.ids[:5]).s0 == pytest.approx(1.0, rel=1e-12)


def test_recipes_with_dates_are_written(tmp_path):
    w = Weights([[0, 1], [1, 0]], ["a", "b"])
    for name in (pd.Period("2019"), pd.Timestamp("2019-05-01"), np.datetime64("2019-05-01", "ns")):
        slow = w.with_friction(pd.Series(["x", "y"], index=["a", "b"], name=name), 0.5)
        back = gw.read(slow.save(tmp_path / "w.json"))
        assert back.recipe == slow.recipe
        assert "2019" in str(back.recipe)


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_damaged_archives_are_told(tmp_path, kind):
    """Whatever bytes are wrong: one of our errors, or a W if none that matters is."""
    file, rng = tmp_path / f"w.{kind}", np.random.default_rng(0)
    gw.write(gw.from_matrix(pd.DataFrame([[0.0, 1.0], [2.0, 0.0]], index=["a", "b"], columns=["a", "b"])), file)
    whole, told = bytearray(file.read_bytes()), 0
    for _ in range(80):
        damaged = whole.copy()
        for place in rng.integers(0, len(whole), 4):
            damaged[place] = rng.integers(0, 256)
        file.write_bytes(damaged)
        try:
            gw.read(file)
        except GbaError:
            told += 1
    assert told > 20


# -- encodings ------------------------------------------------------------------------
TABLE = "focal,neighbor,weight\n{0},{1},1\n{1},{0},1\n"
GAL = "0 2 layer key\n{0} 1\n{1}\n{1} 1\n{0}\n"
GWT = "0 2 layer key\n{0} {1} 1\n{1} {0} 1\n"


@pytest.mark.parametrize(("ending", "text"), [("csv", TABLE), ("gal", GAL), ("gwt", GWT)])
@pytest.mark.parametrize(
    ("encoding", "names", "told"),
    [
        ("utf-8", ("香港島", "九龍"), False),
        ("utf-8-sig", ("香港島", "九龍"), False),
        ("utf-16", ("香港島", "九龍"), False),
        ("gb18030", ("广州市", "深圳市"), False),
        ("big5", ("香港島", "九龍"), True),
        ("cp1252", ("Zürich", "Genève"), True),
    ],
)
def test_labels_in_every_encoding_of_the_region(tmp_path, recwarn, ending, text, encoding, names, told):
    file = tmp_path / f"w.{ending}"
    file.write_bytes(text.format(*names).encode(encoding))
    assert gw.read(file).ids.tolist() == list(names)
    guesses = [str(each.message) for each in recwarn if issubclass(each.category, ReadingWarning)]
    assert len(guesses) == told
    assert all("save it as UTF-8" in guess for guess in guesses)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.gwt", "0 2 l k\na b 1_000\nb a 1\n"),
        ("w.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 1_000\n"),
        ("w.txt", "2\n1 0 1_0\n2 1 0\n"),
        ("w.csv", "focal,neighbor,weight\na,b,1_000\nb,a,1\n"),
        ("w.csv", "a,b\n0,1_000\n1,0\n"),
    ],
)
def test_numbers_that_only_python_knows_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(FileFormatError, match="number"):
        gw.read(tmp_path / name)


@pytest.mark.parametrize("row", ["a,,1", ",b,1"])
def test_a_link_with_nobody_is_refused(tmp_path, row):
    (tmp_path / "w.csv").write_text(f"focal,neighbor,weight\na,b,1\n{row}\n")
    with pytest.raises(FileFormatError, match="names no unit in line 3"):
        gw.read(tmp_path / "w.csv")


def test_addresses_and_the_home_folder_are_those_of_every_reader(tmp_path, monkeypatch):
    with pytest.raises(MissingFileError, match="is an address, not a file"):
        gw.read("http://127.0.0.1:9/w.gal")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    gw.write(Weights([[0, 1], [1, 0]], ["a", "b"]), "~/w.csv")
    assert gw.read("~/w.csv").n == 2
    assert (tmp_path / "w.csv").is_file()
