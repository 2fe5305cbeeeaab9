"""Whatever happens while a file is written, what was there stays whole, and nothing of others is touched."""

import ast
import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import gbaspatial
from gbaspatial.errors import DataError, OptionError, WritingError
from gbaspatial.seals import is_ours, sealed
from gbaspatial.writing import Companion, replace_file, replace_in_folder, replace_text

PACKAGE = Path(gbaspatial.__file__).parent
POSIX = os.name == "posix"


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# -- one file ----------------------------------------------------------------------------
def test_a_file_is_made_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "x.txt"
    assert replace_text(path, "one") == path
    replace_text(path, "two")
    assert path.read_text() == "two"
    assert names_in(tmp_path) == ["a", "a/b", "a/b/x.txt"]


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), DataError("no"), SystemExit(2), MemoryError()])
def test_what_stops_a_writer_leaves_the_old_file_and_passes_on(tmp_path, raised):
    path = replace_text(tmp_path / "x.txt", "old")

    def write(half):
        half.write_text("ha")
        raise raised

    with pytest.raises(type(raised)) as seen:
        replace_file(path, write)
    assert seen.value is raised
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["x.txt"]
    with pytest.raises(type(raised)):
        replace_file(tmp_path / "new" / "y.txt", write)
    assert names_in(tmp_path) == ["x.txt"]  # the folder that was made on the way is gone, too


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (RuntimeError("driver says\nmany lines"), "driver says. What was there is as it was"),
        (ValueError(), "ValueError"),
    ],
)
def test_what_others_raise_is_one_sentence(tmp_path, raised, words):
    path = replace_text(tmp_path / "x.txt", "old")

    def write(half):
        raise raised

    with pytest.raises(WritingError, match=words) as seen:
        replace_file(path, write)
    assert seen.value.__cause__ is raised
    assert path.read_text() == "old"


def test_a_writer_that_writes_nothing_is_told(tmp_path):
    with pytest.raises(WritingError, match="gave no reason"):
        replace_file(tmp_path / "x.txt", lambda half: None)


def test_links_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "x.txt")  # to nothing as yet
    for text in ("one", "two"):
        replace_text(tmp_path / "link.txt", text)
        assert (tmp_path / "link.txt").is_symlink()
        assert (tmp_path / "real" / "x.txt").read_text() == text
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(WritingError, match="leads to itself"):
        replace_text(tmp_path / "loop", "x")


@pytest.mark.skipif(not POSIX, reason="permissions as POSIX has them")
def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path):
    path = replace_text(tmp_path / "x.txt", "old")
    (tmp_path / "plain").write_text("")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    path.chmod(0o640)
    replace_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = replace_text(tmp_path / "x.txt", "old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # an administrator, who may run this, writes anywhere
    with pytest.raises(WritingError, match="protected"):
        replace_text(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 300, "too long"), ("file/y.txt", "is a file, not a folder"), ("folder", "folder of that name")],
)
def test_places_that_cannot_be_are_told(tmp_path, name, words):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(WritingError, match=words):
        replace_text(tmp_path / name, "x")
    assert names_in(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("path", ["", None, 3, "a\0b"])
def test_what_is_no_path_is_told(path):
    with pytest.raises(OptionError):
        replace_text(path, "x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the devices of Linux")
def test_devices_receive_the_bytes(tmp_path):
    replace_text("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(WritingError, match="disk is full"):
        replace_text("/dev/full", "x")
    code = "from gbaspatial.writing import replace_text; replace_text('/dev/stdout', 'through')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "through"


# -- several files, and what is beside -----------------------------------------------------
OURS = Companion(is_ours, lambda path: is_ours(path, "x.shp"))


def several(*names):
    def write(half):
        for name in names:
            half.with_name(name).write_text(f"new {name}")

    return write


def test_several_files_go_in_place_together(tmp_path):
    replace_file(tmp_path / "x.shp", several("x.shp", "x.dbf"))
    assert [(tmp_path / n).read_text() for n in ("x.shp", "x.dbf")] == ["new x.shp", "new x.dbf"]


@pytest.mark.parametrize("fails_at", range(4))
def test_several_files_come_back_when_one_cannot_go_in_place(tmp_path, monkeypatch, fails_at):
    for name in ("x.cpg", "x.dbf", "x.shp"):
        (tmp_path / name).write_text("old")
    before = names_in(tmp_path)
    real, calls = os.replace, []

    def replace(*args):
        if len(calls) == fails_at:
            calls.append(args)
            raise KeyboardInterrupt
        calls.append(args)
        real(*args)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "x.shp", several("x.cpg", "x.dbf", "x.new", "x.shp"))
    assert names_in(tmp_path) == before
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}


def test_what_others_put_beside_a_file_stays(tmp_path):
    theirs, ours, changed = tmp_path / "x.qml", tmp_path / "x.sld", tmp_path / "x.xml"
    theirs.write_text("<theirs/>")
    replace_text(ours, sealed("<ours/>", "x.shp"))
    changed.write_text(sealed("<ours/>", "x.shp").replace("ours", "mine"))
    beside = {"x.qml": OURS, "x.sld": OURS, "x.xml": OURS}
    replace_file(tmp_path / "x.shp", several("x.shp"), companions=beside)
    assert names_in(tmp_path) == ["x.qml", "x.shp", "x.xml"]  # ours, which would be stale, is gone
    for name in ("x.qml", "x.xml"):
        with pytest.raises(WritingError, match=f"{name} would be overwritten"):
            replace_file(tmp_path / "x.shp", several("x.shp", name), companions=beside)
    assert theirs.read_text() == "<theirs/>"


def test_a_seal_knows_what_it_was_made_for():
    path = Path(__file__).with_name("no such file")
    assert not is_ours(path)
    for layer in ("", "x.shp", "广州 --> x.shp", "a\nb"):
        assert sealed("<a/>", layer).count("\n") == 2


@pytest.mark.parametrize("layer", ["", "x.shp", "广州 --> x.shp", "a\nb"])
def test_a_seal_breaks_when_the_file_is_changed(tmp_path, layer):
    path = replace_text(tmp_path / "x.qml", sealed("<a>\n</a>", layer))
    assert is_ours(path)
    assert is_ours(path, layer)
    assert not is_ours(path, "y.shp")
    for changed in ("", "<a/>", path.read_text(encoding="utf-8").replace("<a>", "<b>"), "\n".join(["<a>"] * 3)):
        path.write_text(changed, encoding="utf-8")
        assert not is_ours(path)


def test_a_folder_gets_all_files_or_none(tmp_path):
    out = tmp_path / "out"
    with replace_in_folder(out) as half:
        (half / "tables").mkdir()
        (half / "tables" / "a.csv").write_text("1")
        (half / "page.html").write_text("1")
    (out / "mine.txt").write_text("mine")
    stopped = replace_in_folder(out)
    (stopped.__enter__() / "page.html").write_text("2")
    assert not stopped.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert names_in(out) == ["mine.txt", "page.html", "tables", "tables/a.csv"]
    assert (out / "page.html").read_text() == "1"
    with (
        pytest.raises(WritingError, match="a folder must be there"),
        replace_in_folder(out / "mine.txt"),
    ):
        pass
    with pytest.raises(DataError), replace_in_folder(tmp_path / "never"):
        raise DataError("no")
    assert names_in(tmp_path)[0] == "out"


# -- from outside: a killed process, a full disk, two writers --------------------------------
SLOW = """
import signal, sys, time
from pathlib import Path
from gbaspatial.writing import replace_file

def write(half):
    with half.open("w") as out:
        out.write("half"), out.flush()
        print("writing", flush=True)
        time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background has it turned off
replace_file(Path(sys.argv[1]), write)
"""


@pytest.mark.skipif(not POSIX, reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_stopped_leaves_the_old_file(tmp_path, number):
    path = replace_text(tmp_path / "x.txt", "old")
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as writer:
        assert writer.stdout.readline() == b"writing\n"
        writer.send_signal(number)
        assert writer.wait() != 0
    assert path.read_text() == "old"
    left = [each for each in tmp_path.iterdir() if each != path]
    assert len(left) == (number == signal.SIGKILL)  # nobody can tidy up after that; the next writer does, a day later
    for each in left:
        os.utime(each, (time.time() - 2 * 86400,) * 2)
    replace_text(path, "new")
    assert names_in(tmp_path) == ["x.txt"]


def test_of_two_writers_one_wins_whole(tmp_path):
    path, size = tmp_path / "x.shp", 200_000
    faults = []

    def work(letter):
        def write(half):
            half.write_text(letter * size)
            half.with_suffix(".dbf").write_text(letter * size)

        try:
            for _ in range(20):
                replace_file(path, write)
        except Exception as error:
            faults.append(error)

    workers = [threading.Thread(target=work, args=(letter,)) for letter in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    texts = {path.read_text(), path.with_suffix(".dbf").read_text()}
    assert len(texts) == 1
    assert texts <= {letter * size for letter in "abc"}
    assert names_in(tmp_path) == ["x.dbf", "x.shp"]


FOLDERS = """
import signal, sys
from pathlib import Path
from gbaspatial.writing import replace_in_folder

signal.signal(signal.SIGINT, signal.default_int_handler)
for number in range(int(sys.argv[3])):
    with replace_in_folder(Path(sys.argv[1]), folders=("tables",)) as half:
        for name in ("report.html", "run.json", "tables/a.csv", "tables/b.csv"):
            (half / name).write_text(f"{sys.argv[2]}{number:06d} " * 2_000)
    print("written", flush=True)
"""


def writer_of(folder, letter, times):
    command = [sys.executable, "-c", FOLDERS, str(folder), letter, str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def versions(folder):
    """Which report each file of `folder` is of; each must be whole."""
    found = set()
    for file in (folder / name for name in ("report.html", "run.json", "tables/a.csv", "tables/b.csv")):
        words = file.read_text().split(" ")[:-1]
        assert len(words) == 2_000
        assert len(set(words)) == 1
        found.add(words[0])
    return found


@pytest.mark.skipif(not POSIX, reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("wait_s", [0.0, 0.003, 0.011, 0.02])
def test_a_report_whose_writer_is_stopped_anywhere_has_whole_files(tmp_path, number, wait_s):
    with writer_of(tmp_path / "out", "a", 100_000) as writer:
        assert writer.stdout.readline() == b"written\n"
        time.sleep(wait_s)
        writer.send_signal(number)
        assert writer.wait() != 0
    found = versions(tmp_path / "out")
    assert number == signal.SIGKILL or len(found) == 1  # Ctrl-C leaves one report, not parts of two


def test_of_two_reports_into_one_folder_one_stands_whole(tmp_path):
    with writer_of(tmp_path / "out", "a", 40) as one, writer_of(tmp_path / "out", "b", 40) as other:
        assert [process.wait() for process in (one, other)] == [0, 0]
    assert len(versions(tmp_path / "out")) == 1
    assert names_in(tmp_path / "out") == ["report.html", "run.json", "tables", "tables/a.csv", "tables/b.csv"]


# -- nobody writes in another way -----------------------------------------------------------
WRITES = {
    "write_text", "write_bytes", "to_file", "to_excel", "to_parquet", "to_feather", "to_pickle", "to_stata",
    "savefig", "write_table", "write_dataframe", "savez", "savez_compressed", "savetxt", "tofile", "unlink", "rmdir",
    "rmtree", "copyfile", "copy2", "move", "mkdir", "touch", "ExcelWriter",
}  # fmt: skip
TEXT_UNLESS_GIVEN_A_PATH = {"to_csv", "to_html", "to_latex", "to_json", "to_markdown", "to_string"}
STAGED = {"half", "folder", "buffer", "book"}  # names that stand for a place beside, or for memory


# Calls that write in their own way, by module: files of a folder of parts, which is whole only once `replace_text` has
# put its layout there; and results, whose own verbs go through `replace_file`.
ALLOWED = {
    "cli/output.py": {"to_excel"},
    "partitions/halos.py": {"savez", "write_table"},
    "partitions/layout.py": {"mkdir", "unlink", "ParquetWriter", "write_table"},
    "partitions/part_statistics.py": {"mkdir", "unlink", "rmdir", "write_table"},
}


def is_written_outside(call: ast.Call) -> bool:
    """Whether `call` writes somewhere that `replace_file` did not choose."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name == "open":
        modes = [*call.args[:2], *(k.value for k in call.keywords if k.arg == "mode")]
        texts = [m.value for m in modes if isinstance(m, ast.Constant) and isinstance(m.value, str)]
        if not any(set(text) <= set("waxbt+") and set(text) & set("wax+") for text in texts):
            return False
    elif name in TEXT_UNLESS_GIVEN_A_PATH:
        if not call.args and not {"path_or_buf", "buf"} & {k.arg for k in call.keywords}:
            return False
    elif name not in WRITES:
        return False
    held = call.args[:2] if name.startswith("write_") else call.args[:1]
    held += [function.value] if isinstance(function, ast.Attribute) else []
    used = {node.id for each in held for node in ast.walk(each) if isinstance(node, ast.Name)}
    return not used & STAGED


def calls_in(path):
    """Calls of a module; those of the formats of W left out, which `weights.write` hands a place beside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    formats = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and path.parent.name in ("weights", "exchange")
        and "write_" in function.name
        for node in ast.walk(function)
        if [argument.arg for argument in function.args.args][:2] == ["w", "file"]
    }
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in formats]


def test_every_writer_goes_one_way():
    found = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}: {ast.unparse(call)[:80]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "writing.py"
        for call in calls_in(path)
        if is_written_outside(call)
        and getattr(call.func, "attr", "") not in ALLOWED.get(str(path.relative_to(PACKAGE)), ())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "outside"),
    [
        ("open(p, 'w')", True), ("open(p)", False), ("p.open('rb')", False), ("p.open('wb')", True),
        ("p.write_text('')", True), ("half.write_text('')", False), ("frame.to_csv()", False),
        ("frame.to_csv(p)", True), ("frame.to_csv(half)", False), ("fig.savefig(p)", True),
        ("fig.savefig(half.with_suffix('.png'))", False), ("p.unlink()", True), ("open(p, mode='a')", True),
    ],
)  # fmt: skip
def test_the_search_for_writers_finds_them(code, outside):
    assert is_written_outside(ast.parse(code).body[0].value) is outside


@pytest.mark.parametrize(
    "said", ["Error in psSHP->sHooks.FWrite(): No space left on device", "database or disk is full"]
)
def test_a_full_disk_is_told_alike_whoever_found_it(tmp_path, said):
    def _fail(half):
        raise RuntimeError(said)

    with pytest.raises(WritingError, match="the disk is full; free some space"):
        replace_file(tmp_path / "a.gpkg", _fail)


def test_a_failure_where_no_room_is_left_is_a_full_disk(tmp_path, monkeypatch):
    """GDAL tells of a full disk as of a statement of SQL that failed."""

    def _fail(half):
        raise RuntimeError("Failed to prepare SQL INSERT")

    with pytest.raises(WritingError, match="Failed to prepare"):
        replace_file(tmp_path / "a.gpkg", _fail)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 4096})())
    with pytest.raises(WritingError, match="the disk is full"):
        replace_file(tmp_path / "a.gpkg", _fail)
