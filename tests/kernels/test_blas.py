"""BLAS is on one thread inside, and on as many as before afterwards."""

import threading

import pytest
from threadpoolctl import ThreadpoolController

from rewire.kernels.blas import one_blas_thread


def numbers():
    return [found["num_threads"] for found in ThreadpoolController().select(user_api="blas").info()]


@pytest.fixture(autouse=True)
def three_threads():
    with ThreadpoolController().limit(limits=3, user_api="blas"):
        yield


def test_one_thread_inside_and_what_was_before_afterwards():
    before = numbers()
    assert before
    assert max(before) > 1
    with one_blas_thread(), one_blas_thread():
        assert set(numbers()) == {1}
    assert numbers() == before


def test_an_error_restores_it_too():
    before = numbers()
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert numbers() == before


def test_who_comes_meanwhile_changes_nothing():
    before, entered, leave = numbers(), threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert entered.wait(10)
        meanwhile = numbers()
        with one_blas_thread():
            assert numbers() == meanwhile
        assert numbers() == meanwhile
    finally:
        leave.set()
        thread.join()
    assert numbers() == before
