"""Who writes a file alone, and what becomes of the lock."""

import os
import threading

import pytest

from rewire.io import sole_writer

pytest.importorskip("fcntl", reason="files are locked on POSIX only")


def test_a_second_writer_is_refused_by_name_and_may_come_afterwards(tmp_path):
    path = tmp_path / "a.safetensors"
    with sole_writer(path):
        said = rf"a.safetensors is being written by another training \(process {os.getpid()}\)"
        with pytest.raises(BlockingIOError, match=said), sole_writer(path):
            pass
    with sole_writer(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_left_by_a_killed_process_means_nothing(tmp_path):
    (tmp_path / ".a.safetensors.lock").write_text("123")
    with sole_writer(tmp_path / "a.safetensors"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fork
def test_a_forked_child_does_not_hold_it_and_does_not_let_it_go(tmp_path):
    path, (reading, writing) = tmp_path / "a.safetensors", os.pipe()
    with sole_writer(path):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # outlives the block
            os._exit(0)
        with pytest.raises(BlockingIOError), sole_writer(path):
            pass
    with sole_writer(path):
        pass
    os.close(writing)
    os.waitpid(child, 0)
    os.close(reading)


def test_of_many_threads_one_at_a_time_is_inside(tmp_path):
    inside, most, refused = 0, 0, 0
    lock = threading.Lock()

    def enter():
        nonlocal inside, most, refused
        for _ in range(50):
            try:
                with sole_writer(tmp_path / "a"):
                    with lock:
                        inside += 1
                        most = max(most, inside)
                    with lock:
                        inside -= 1
            except BlockingIOError:
                with lock:
                    refused += 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert inside == 0
