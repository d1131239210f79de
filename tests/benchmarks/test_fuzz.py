"""Damaged files, odd arrays, operations: a few of the million that benchmarks/fuzz.py tries."""

import random
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FILES, ARRAYS = 60, 30


@pytest.fixture(scope="module")
def fuzzing():
    sys.path.insert(0, str(BENCHMARKS))
    import fuzzing.doors
    import fuzzing.judge
    import fuzzing.operations
    import fuzzing.readers

    yield fuzzing
    sys.path.remove(str(BENCHMARKS))


def test_every_damaged_file_is_read_or_refused_by_name(fuzzing, tmp_path):
    broken = []
    for place, reader in enumerate(fuzzing.readers.readers()):
        folder = tmp_path / str(place)
        folder.mkdir()
        for seed in reader.seeds:
            path = folder / reader.file
            path.write_bytes(seed)
            reader.use(reader.read(path))
        for number in range(FILES):
            said = fuzzing.judge.try_file(reader, number, folder)
            if not said.kept:
                broken.append((reader.name, number, said))
    assert broken == []


@pytest.mark.filterwarnings("ignore")
def test_every_odd_array_is_taken_or_refused_by_name(fuzzing):
    broken = []
    for door in fuzzing.doors.doors():
        door.call(door.good)
        for number in range(ARRAYS):
            said = fuzzing.doors.try_array(door, number)
            if not said.kept:
                broken.append((door.name, number, said))
    assert broken == []


def test_networks_are_what_their_plain_twins_are_after_any_operations(fuzzing, tmp_path):
    done = [fuzzing.operations.operate(random.Random(seed), 40, tmp_path) for seed in range(20)]
    for name in fuzzing.operations.OPERATIONS:
        assert sum(one[name] for one in done) > 0


def test_the_judge_tells_kept_promises_from_broken_ones(fuzzing):
    def raised(error):
        def ask():
            raise error

        return fuzzing.judge.answer(ask, ["a.csv"]).kind

    assert fuzzing.judge.answer(lambda: 1).kind == "read"
    assert raised(ValueError("a.csv is damaged")) == "refused"
    assert raised(ValueError("damaged")) == "unnamed"
    assert raised(KeyError("a.csv")) == "KeyError"
    assert raised(RecursionError()) == "RecursionError"
