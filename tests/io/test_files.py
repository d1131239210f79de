"""A file is written whole or not at all."""

import errno
import os
import stat
import subprocess
import sys

import pytest

from rewire.io import atomic_write


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    return path


def assert_untouched(old):
    assert old.read_text() == "old"
    assert os.listdir(old.parent) == ["file.txt"]


def test_the_new_file_takes_the_place_of_the_old(old):
    with atomic_write(old) as temporary:
        temporary.write_text("new")
        assert old.read_text() == "old"
        assert temporary.parent == old.parent
    assert old.read_text() == "new"
    assert os.listdir(old.parent) == ["file.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file(old, error):
    def write():
        with atomic_write(old) as temporary:
            temporary.write_text("ne")
            raise error

    with pytest.raises(error):
        write()
    assert_untouched(old)


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(old, monkeypatch, function):
    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="no space"), atomic_write(old) as temporary:
        temporary.write_text("new")
    assert_untouched(old)


def test_what_cannot_be_written_is_named_with_the_remedy(old):
    def fail():
        with atomic_write(old) as temporary:
            temporary.write_text("ne")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=r"file.txt could not be written \(No space left .*make room"):
        fail()
    assert_untouched(old)


def test_nothing_written_is_an_error(old):
    with pytest.raises(FileNotFoundError), atomic_write(old):
        pass
    assert_untouched(old)


def test_a_killed_process_leaves_the_old_file(old):
    script = (
        "import os, sys; from rewire.io import atomic_write\n"
        "with atomic_write(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('ne'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(old)]).returncode == -9
    assert old.read_text() == "old"
    hidden = set(os.listdir(old.parent)) - {"file.txt"}
    assert [name[:10] + name[-8:] for name in hidden] == [".file.txt..partial"]


def test_it_reaches_the_disk_before_it_takes_the_name(old, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=real: (done.append(n), f(*a)))
    with atomic_write(old) as temporary:
        temporary.write_text("new")
    assert done == ["fsync", "replace", "fsync"]  # the file, its name, the folder


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "usual").write_text("")
    with atomic_write(tmp_path / "ours") as temporary:
        temporary.write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "ours")]
    assert modes[0] == modes[1]


def test_a_link_stays_a_link(old):
    link = old.with_name("link")
    link.symlink_to(old)
    with atomic_write(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert old.read_text() == "new"


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"folder that exists.*create '.*nowhere' first"),
        atomic_write(tmp_path / "nowhere" / "file.txt"),
    ):
        pass
