"""Round trips of every format, and what other software writes."""

import json
import struct
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import FileFormatError, GbaWarning, IslandWarning, MissingFileError, UnknownNameError
from gbaspatial.weights import Weights

KEEPING = ("json", "npz", "parquet", "mtx")
ALL = (*KEEPING, "csv", "gal", "gwt", "txt")
TRICKY = ["Hong Kong", "澳门", "0075", 'say "hi"', "x,y", "island one", "7"]


def dense(w):
    return w.sparse.toarray()


def example(ids=TRICKY, binary=False):
    rng = np.random.default_rng(3)
    matrix = rng.random((7, 7)) * (rng.random((7, 7)) < 0.5)
    np.fill_diagonal(matrix, 0)
    matrix[5] = 0
    matrix[:, 5] = 0
    w = Weights(matrix, pd.Index(ids, name="city"))
    return w.binary() if binary else w


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("ids", [TRICKY, list(range(10, 17)), ["440100", "044", "3", "9", "91", "5", "6"]], ids=str)
def test_round_trips(tmp_path, ending, ids):
    w = example(ids, binary=ending == "gal")
    file = gw.write(w, tmp_path / f"w.{ending}")
    back = gw.read(file, ids=w.ids)
    assert back.ids.tolist() == w.ids.tolist()
    assert (dense(back) == dense(w)).all()  # to the last bit
    assert back.islands.tolist() == [ids[5]]
    if ending in KEEPING:
        alone = gw.read(file)
        assert alone.ids.equals(w.ids)
        assert alone.ids.name == "city"
        assert alone.recipe == w.recipe
        assert (dense(alone) == dense(w)).all()
    elif ending != "gwt":
        assert [str(label) for label in gw.read(file).ids] == [str(label) for label in ids]


def test_formats_that_keep_everything(tmp_path):
    w = gw.contiguity(gba.load_cities(year=2019), links=2019).row_standardized().with_islands(lag="nan")
    for ending in KEEPING:
        back = gw.read(w.save(tmp_path / f"w.{ending}"))
        assert (back.recipe, back.standardization, back.island_policy) == (w.recipe, "row", "nan")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=5), min_size=2, max_size=5, unique=True
    )
)
def test_any_label_survives(tmp_path_factory, ids):
    folder = tmp_path_factory.mktemp("labels")
    ids = [label for label in ids if label.strip() == label and len(label.split()) < 3]
    if len({"_".join(label.split()) for label in ids}) < 2 or len(set(ids)) != len(ids):
        return
    ring = np.roll(np.eye(len(ids)), 1, axis=1)
    w = Weights(ring, ids)
    for ending in ("gal", "gwt", "csv", "json", "mtx", "txt"):
        back = gw.read(gw.write(w, folder / f"w.{ending}"), ids=ids)
        assert (dense(back) == ring).all(), ending


def test_order_of_ids_given(tmp_path):
    w = example()
    file = gw.write(w, tmp_path / "w.csv")
    back = gw.read(file, ids=w.ids[::-1])
    assert back.ids.tolist() == TRICKY[::-1]
    assert (dense(back.subset(w.ids)) == dense(w)).all()


@pytest.mark.parametrize("ending", ["gal", "gwt", "mtx", "txt"])
def test_what_libpysal_writes_is_read(tmp_path, ending):
    import libpysal

    ids = list(range(1, 8)) if ending != "gal" else [label.replace('"', "") for label in TRICKY]
    w = example(ids, binary=ending == "gal")
    file = tmp_path / f"w.{ending}"
    out = libpysal.io.open(str(file), "w", *(["stata_text"] if ending == "txt" else []))
    if ending == "txt":
        out.write(w.to_libpysal(), matrix_form=True)
    else:
        out.write(w.to_libpysal())
    out.close()
    back = gw.read(file, ids=ids)
    assert dense(back) == pytest.approx(dense(w), rel=1e-5)  # it writes six digits


def test_libpysal_reads_what_we_write(tmp_path):
    import libpysal

    plain = example(list("abcdefg"), binary=True)
    read = libpysal.io.open(str(gw.write(plain, tmp_path / "w.gal")), "r").read()
    assert {k: sorted(v) for k, v in read.neighbors.items()} == {
        k: sorted(v) for k, v in plain.to_libpysal().neighbors.items()
    }
    numbered = example(list(range(1, 8)))
    read = libpysal.io.open(str(gw.write(numbered, tmp_path / "w.mtx")), "r").read()
    assert read.sparse.toarray() == pytest.approx(dense(numbered))


def test_labels_with_spaces_as_libpysal_writes_them(tmp_path):
    # libpysal writes "Hong Kong" to GAL unquoted and cannot read it back; to GWT as Hong_Kong
    import libpysal

    w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["Hong Kong", "Macao", "Hong Kong Island"])
    for ending in ("gal", "gwt"):
        file = tmp_path / f"w.{ending}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = libpysal.io.open(str(file), "w")
            out.write(w.to_libpysal())
            out.close()
        assert (dense(gw.read(file, ids=w.ids)) == dense(w)).all()
    assert (dense(gw.read(tmp_path / "w.gal")) == dense(w)).all()


def test_gal_of_geoda_and_r(tmp_path):
    file = tmp_path / "r.gal"
    file.write_text("0 3 columbus POLYID\n1 1\n2\n2 1\n1\n3 0\n\n")  # spdep::write.nb.gal, GeoDa
    assert gw.read(file).islands.tolist() == ["3"]
    file.write_text("3\n1 2\n2 3\n2 1\n1\n3 1\n1")  # old style
    assert gw.read(file, ids=[1, 2, 3]).cardinalities.to_dict() == {1: 2, 2: 1, 3: 1}
    file.write_bytes('0 2 湾区 名称\n"香港" 1\n"澳门"\n"澳门" 1\n"香港"\n'.encode("gb18030"))
    assert gw.read(file).ids.tolist() == ["香港", "澳门"]


def test_gwt_of_geoda_and_r(tmp_path):
    file = tmp_path / "r.gwt"
    file.write_text("0 3 baltim STATION\n1 2 0.5\n2 1 0.5\n")
    with pytest.raises(FileFormatError, match="3 units but names 2"):
        gw.read(file)
    assert gw.read(file, ids=[1, 2, 3]).islands.tolist() == [3]


def test_stata_as_exported(tmp_path):
    file = tmp_path / "small.txt"
    file.write_text("3\n20029 0 .25 .5\n33003 .25 0 0\n41021 .5 0 0\n")  # spmatrix export
    w = gw.read(file)
    assert w.ids.tolist() == [20029, 33003, 41021]
    assert w.s0 == 1.5
    file.write_text("3\n1 2 3\n2 1\n3 1\n")  # spmat export, nlist
    assert gw.read(file).n_links == 4


@pytest.mark.parametrize("fixed", [False, True])
def test_arcgis_swm(tmp_path, fixed):
    head = b"VERSION@10.1;UNIQUEID@MYID;SPATIALREFNAME@WGS84;FIXEDWEIGHTS@%s;\n" % (b"TRUE" if fixed else b"FALSE")
    body = struct.pack("<2l", 3, 1)
    body += struct.pack("<2l2l", 7, 2, 8, 9) + struct.pack("<d" if fixed else "<2d", *([0.5] if fixed else [0.5, 0.5]))
    body += struct.pack("<d", 2.0) + struct.pack("<2l1l", 8, 1, 7) + struct.pack("<2d", 1.0, 1.0)
    body += struct.pack("<2l", 9, 0)
    file = tmp_path / "w.swm"
    file.write_bytes(head + body)
    w = gw.read(file)
    assert w.ids.tolist() == [7, 8, 9]
    assert dense(w).tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0, 0, 0]]
    file.write_bytes(head + body[:-12])
    with pytest.raises(FileFormatError, match="middle of an entry"):
        gw.read(file)


def test_arcgis_swm_as_libpysal_writes_it(tmp_path):
    import libpysal

    # without the island: for one, libpysal writes eight bytes more than it reads itself
    w = example(list(range(1, 8))).subset([1, 2, 3, 4, 5, 7])
    out = libpysal.io.open(str(tmp_path / "w.swm"), "w")
    out.varName, out.srs = "ID", "WGS84"
    out.write(w.to_libpysal())
    out.close()
    assert (dense(gw.read(tmp_path / "w.swm").subset(w.ids)) == dense(w)).all()


def test_parquet_of_libpysal(tmp_path):
    w = example()
    w.to_graph().to_parquet(tmp_path / "graph.parquet")
    back = gw.read(tmp_path / "graph.parquet", ids=w.ids)
    assert (dense(back) == dense(w)).all()
    assert back.islands.tolist() == ["island one"]


def test_gal_says_that_it_loses_weights(tmp_path):
    with pytest.warns(GbaWarning, match="no weights"):
        gw.write(example(), tmp_path / "w.gal")


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("a.gal", "x\n", FileFormatError, "line 1"),
        ("b.gal", "2\n1 1\n2\n", FileFormatError, "unit 2 of 2"),
        ("c.gal", "2\n1 2\n2\n2 1\n1\n", FileFormatError, "should name 2 neighbors"),
        ("d.gal", "1\n1 1\n2\n", FileFormatError, "no entry of their own: 2"),
        ("e.gwt", "0 2 s i\n1 2 far\n", FileFormatError, "not a number"),
        ("f.gwt", "0 2 s i\nHong Kong 2 1\n", FileFormatError, "spaces need ids"),
        ("g.mtx", "hello\n", FileFormatError, "Matrix Market"),
        ("h.csv", "from,to\n1,2\n", FileFormatError, "no columns focal and neighbor"),
        ("i.csv", "focal,neighbor,weight\n1,2,x\n", FileFormatError, "line 2"),
        ("j.csv", "focal,neighbor,weight\n1,2,1\n1,2,1\n", FileFormatError, "more than once"),
        ("k.json", "{}", FileFormatError, "was not written by"),
        ("l.json", "{", FileFormatError, "not JSON"),
        ("m.txt", "3\n1 0 0\n", FileFormatError, "number of units"),
        ("n.npz", "no", FileFormatError, "was not written by"),
        ("o.swm", "no", FileFormatError, "no header line"),
        ("p.gal", "", FileFormatError, "empty"),
        ("q.dbf", "", FileFormatError, "cannot be read as .dbf"),
    ],
)
def test_broken_files(tmp_path, name, text, error, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        gw.read(tmp_path / name)


def test_files_and_ids_that_do_not_fit(tmp_path):
    with pytest.raises(MissingFileError, match="no file"):
        gw.read(tmp_path / "absent.gal")
    with pytest.raises(FileFormatError, match=r"cannot be written as \.swm"):
        gw.write(example(), tmp_path / "w.swm")
    file = gw.write(example(), tmp_path / "w.csv")
    with pytest.raises(UnknownNameError, match="not among the ids: Hong Kong"):
        gw.read(file, ids=["Hongkong", *TRICKY[1:]])
    with pytest.raises(FileFormatError, match="text or numbers"):
        gw.write(Weights(np.zeros((1, 1)), pd.Index([pd.Timestamp("2019")])), tmp_path / "w.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IslandWarning)
        file = gw.write(example(list(range(7))), tmp_path / "w.mtx")
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("%gba")))
    assert gw.read(file).ids.tolist() == [1, 2, 3, 4, 5, 6, 7]  # a file without labels numbers its units
    assert gw.read(file, ids=TRICKY).ids.tolist() == TRICKY
    with pytest.raises(FileFormatError, match="7 units without labels"):
        gw.read(file, ids=["a"])


def test_a_standardization_that_the_numbers_deny_is_refused(tmp_path):
    ids = list("abcd")
    w = gba.weights.from_pairs(pd.DataFrame({"focal": ids, "neighbor": ids[1:] + ids[:1]})).row_standardized()
    path = gba.weights.write(w, tmp_path / "w.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["links"]["weight"][0] = 0.5
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileFormatError, match="says standardization 'row', but its row sums are not one"):
        gba.weights.read(path)
