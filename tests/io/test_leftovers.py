"""Temporary files of the living stay, those of the dead go."""

import os
import subprocess
import sys

import pytest

from rewire.io import atomic_write, leftovers, remove_leftovers


def dead():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def named(tmp_path):
    def make(process, machine=None):
        name = f".a.txt.{machine or leftovers._machine()}.{process}.00ff00ff.partial"
        (tmp_path / name).write_text("half")
        return tmp_path / name

    return make


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody is asked")
def test_the_next_writer_removes_what_a_killed_one_left(named, tmp_path):
    killed, of_the_same_number, living = named(dead()), named(os.getpid()), named(os.getppid())
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert not killed.exists()
    assert not of_the_same_number.exists()
    assert living.exists()


def test_another_writer_of_the_same_process_is_left_alone(tmp_path):
    with atomic_write(tmp_path / "a.txt") as one:
        one.write_text("one")
        with atomic_write(tmp_path / "a.txt") as other:
            other.write_text("other")
        assert one.exists()
    assert (tmp_path / "a.txt").read_text() == "one"
    assert len(list(tmp_path.iterdir())) == 1


def test_files_of_another_machine_go_when_they_are_old(named, tmp_path):
    new, old = named(1, machine="new"), named(1, machine="old")
    os.utime(old, (0, 0))
    remove_leftovers(tmp_path / "a.txt")
    assert new.exists()
    assert not old.exists()
