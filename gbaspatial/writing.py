"""The one way to write a file: beside its place, flushed to the disk, then put in place.

A full disk, a killed process, Ctrl-C or an error leave what was there as it was. Links are followed, permissions
kept, and of two writers one wins whole. What somebody else put beside a file is never deleted or overwritten.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from gbaspatial.errors import GbaError, WritingError, some
from gbaspatial.filenames import check_portable
from gbaspatial.options import path_of


class Companion(NamedTuple):
    """What may become of a file beside the one that is written: overwritten if ours, removed if ours and stale."""

    is_ours: Callable[[Path], bool]
    is_stale: Callable[[Path], bool]


_PREFIX = ".gbaspatial-half-"
_LEFT_BEHIND = 24 * 3600.0  # seconds: no writer takes that long, so what is older belongs to one that was killed
_NO_ROOM = 128 * 1024  # bytes: less than the smallest GeoPackage
_WORDS = {
    errno.ENOSPC: "the disk is full; free some space, or write elsewhere",
    errno.EDQUOT: "the disk quota is used up; free some space, or write elsewhere",
    errno.EFBIG: "the file would be larger than the system allows; write elsewhere",
    errno.EACCES: "the place is not open for writing; choose another folder, or change its permissions",
    errno.EPERM: "the place is not open for writing; choose another folder, or change its permissions",
    errno.EROFS: "the disk can only be read; choose another folder",
    errno.ENAMETOOLONG: "the name is too long for the disk; shorten it",
    errno.ENOTDIR: "a part of its path is a file, not a folder; choose another folder",
    errno.EEXIST: "a part of its path is a file, not a folder; choose another folder",
    errno.EISDIR: "there is a folder of that name; choose another name",
    errno.ELOOP: "its path is a link that leads to itself; mend the link",
}


def replace_file(
    path: str | os.PathLike[str], write: Callable[[Path], object], *, companions: Mapping[str, Companion] | None = None
) -> Path:
    """Let `write` make a file elsewhere, and put it in place when it is whole; folders are made if needed.

    Parameters
    ----------
    path : path
        Where the file goes. A link is followed; a device or pipe receives the bytes.
    write : callable
        Is given the path to write to, in a folder of its own beside the place and with the same name. What else it
        writes into that folder (the parts of a shapefile) goes in place together with the file, or not at all.
    companions : mapping of str to Companion, optional
        Names of further files that belong to this one. One that somebody else made is never overwritten; one that
        we made for the file of before, and do not write this time, is removed.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    WritingError
        If the file cannot be written; what was there is as it was.

    Examples
    --------
    >>> import tempfile
    >>> replace_file(tempfile.mkdtemp() + "/a/note.txt", lambda half: half.write_text("whole")).read_text()
    'whole'
    """
    asked = path_of(path)
    with told(asked):
        target = _followed(asked)
        if _is_device(target):
            return _through(asked, write)
        check_portable(target.name)
        _check_open(target)
        with _staging(target.parent) as folder:
            _make(write, folder / target.name)
            _put_in_place(folder, target.parent, companions or {})
    return asked


def replace_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write `text` in UTF-8, as `replace_file` does.

    Examples
    --------
    >>> import tempfile
    >>> replace_text(tempfile.mkdtemp() + "/note.txt", "広州").read_text(encoding="utf-8")
    '広州'
    """
    return replace_file(path, lambda half: half.write_bytes(text.encode("utf-8")))


@contextmanager
def replace_in_folder(
    path: str | os.PathLike[str], *, folders: Iterable[str] = (), companions: Mapping[str, Companion] | None = None
) -> Iterator[Path]:
    """A folder to write many files to, which are put into the folder `path` together when all are whole.

    Files of the same name are replaced, all others in `path` stay. After an error nothing has changed.

    Parameters
    ----------
    path : path
    folders : iterable of str
        Folders that are made in it; looked at first, so that no work is lost where they cannot be.
    companions : mapping of str to Companion, optional
        As in `replace_file`, of names in the folder.

    Raises
    ------
    WritingError
        If `path` is a file, or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with replace_in_folder(out) as half:
    ...     _ = (half / "a.txt").write_text("whole")
    >>> [file.name for file in out.iterdir()]
    ['a.txt']
    """
    asked = path_of(path)
    with ExitStack() as stack:
        with told(asked):
            target = _followed(asked)
            for place, shown in [(target, asked), *((target / name, asked / name) for name in folders)]:
                if place.exists() and not place.is_dir():
                    raise WritingError(f"{shown} is a file, but a folder must be there; move it, or write elsewhere.")
            folder = stack.enter_context(_staging(target))
            for name in folders:
                (folder / name).mkdir()
        yield folder
        with told(asked):
            _put_in_place(folder, target, companions or {})


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what disks and other packages raise while `path` is written into one sentence."""
    try:
        yield
    except (GbaError, MemoryError):
        raise
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        lines = str(error).strip().splitlines()
        reason = _WORDS.get(number or 0) or (lines[0].rstrip(".") if lines else type(error).__name__)
        kept = " What was there is as it was." if os.path.exists(path) else ""
        failure = WritingError(f"{path} was not written: {reason}.{kept}")
        failure.errno, failure.filename = number, str(path)
        raise failure from error


# -- in the cellar ---------------------------------------------------------------------
def _make(write: Callable[[Path], object], half: Path) -> None:
    try:
        write(half)
    except WritingError as error:  # of a writer inside this one, which knows the file by its place on the way only
        error.args = (str(error).replace(f"{half.parent}{os.sep}", ""), *error.args[1:])
        raise
    except (GbaError, OSError, MemoryError):
        raise
    except Exception as error:  # of GDAL, which tells of a full disk in many words, or in none
        if _is_full(half.parent, str(error)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(half)) from error
        raise
    if not half.is_file():
        raise WritingError(f"{half.name} was not written, and the program that should write it gave no reason.")


def _is_full(folder: Path, said: str) -> bool:
    """Whether there is no room left in `folder`, or a failure `said` so."""
    with suppress(OSError):
        if shutil.disk_usage(folder).free < _NO_ROOM:
            return True
    return any(words in said for words in ("No space left on device", "disk is full"))


def _followed(path: Path) -> Path:
    """The file that `path` means: a link is replaced at its end, not where it begins."""
    if path.is_dir() or not path.name:
        return path.resolve()
    if path.exists() and not path.is_file():
        return path  # /dev/stdout leads through links that no path names
    loop = OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    try:
        end = path.resolve()
    except RuntimeError as error:  # of older Pythons, for a link that leads to itself
        raise loop from error
    if end.is_symlink():  # newer ones give the link back
        raise loop
    return end


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _check_open(target: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not os.access(target, os.W_OK):
        raise WritingError(f"{target.name} is protected against writing; change its permissions, or its name.")


def _through(device: Path, write: Callable[[Path], object]) -> Path:
    """Send what `write` makes through a device or a pipe, which cannot be replaced."""
    with _staging(Path(tempfile.gettempdir())) as folder:
        half = folder / device.name
        _make(write, half)
        if len(list(folder.iterdir())) > 1:
            raise WritingError(f"{device} takes one file, and this format needs several; name a file.")
        with half.open("rb") as made, device.open("wb") as out:
            shutil.copyfileobj(made, out)
    return device


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A new hidden folder in `folder`, gone at the end; folders made on the way are gone after an error."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    made = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
        yield made
    except BaseException:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        for each in missing:
            with suppress(OSError):  # somebody else may have put a file there meanwhile
                each.rmdir()
        raise
    shutil.rmtree(made, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed writer left here."""
    with suppress(OSError):
        for each in folder.glob(f"{_PREFIX}*"):
            if each.is_dir() and time.time() - each.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(each, ignore_errors=True)


def _put_in_place(half: Path, target: Path, companions: Mapping[str, Companion]) -> None:
    """Put all files of `half` into the folder `target`, or none of them."""
    made = sorted(each.relative_to(half) for each in half.rglob("*") if not each.is_dir())
    for name in made:
        _flush(half / name)
    with _alone_in(target), _staging(target) as kept:
        _check_companions(made, target, companions)
        stale = [name for name, each in companions.items() if Path(name) not in made and each.is_stale(target / name)]
        _swap(half, target, made, [Path(name) for name in stale], kept)
        _flush(target)


def _check_companions(made: list[Path], target: Path, companions: Mapping[str, Companion]) -> None:
    ours = {Path(name): each.is_ours for name, each in companions.items()}
    foreign = [name for name in made if name in ours and (target / name).exists() and not ours[name](target / name)]
    if foreign:
        raise WritingError(
            f"{some(foreign)} would be overwritten, but gbaspatial did not make it, or it was changed since; "
            f"move it away, or write to another name."
        )


def _swap(half: Path, target: Path, made: list[Path], stale: list[Path], kept: Path) -> None:
    """Replace one file after the other; what is there is kept until all are in place."""
    several = len(made) + len(stale) > 1
    done: list[tuple[Path, Path | None]] = []
    try:
        for number, name in enumerate([*made, *stale]):
            place = _followed(target / name)
            place.parent.mkdir(parents=True, exist_ok=True)
            _check_not_in_use(place)
            old = _second_name(place, kept / str(number)) if several and place.exists() else None
            done.append((place, old))
            if name in stale:
                place.unlink()
            else:
                _move(half / name, place)
    except BaseException:
        for place, old in reversed(done):
            if old is not None:
                os.replace(old, place)
            elif several:
                place.unlink(missing_ok=True)
        raise


def _check_not_in_use(place: Path) -> None:
    """Refuse to replace a database while another program has its latest changes in files beside it."""
    beside = [f"{place.name}{ending}" for ending in ("-wal", "-shm", "-journal")]
    there = [name for name in beside if place.with_name(name).exists()]
    if there and place.suffix.lower() in (".gpkg", ".sqlite", ".db"):
        raise WritingError(
            f"{place.name} is open in another program, or was not closed properly: {some(there)} is beside it (QGIS "
            f"makes it while a layer is loaded). Remove the layer there and close the program, or write to another "
            f"name. If no program has the file open, open and close it once in QGIS."
        )


def _second_name(file: Path, other: Path) -> Path:
    """`file` also under the name `other`, so that it can come back."""
    try:
        os.link(file, other)
    except OSError:  # not every disk knows a second name for a file
        shutil.copy2(file, other)
    return other


def _move(half: Path, place: Path) -> None:
    """Put `half` in place with the permissions of what is there, also onto another disk."""
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    if place.exists():
        there = place.stat()
        half.chmod(stat.S_IMODE(there.st_mode))
        if hasattr(os, "chown"):
            with suppress(OSError):  # only an administrator gives files away
                os.chown(half, there.st_uid, there.st_gid)
    try:
        os.replace(half, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with _staging(place.parent) as folder:  # a folder in the folder may lie on another disk
            beside = Path(shutil.copy2(half, folder / place.name))
            _flush(beside)
            os.replace(beside, place)


def _flush(path: Path) -> None:
    """See that `path`, a file or a folder, is on the disk; here a full one says so at the latest."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        if not (path.is_dir() and error.errno == errno.EINVAL):  # some network disks flush no folders
            raise
    finally:
        os.close(handle)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other writers out while files are put into `folder`: parts of two shapefiles must not mix."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
