"""Tables and arrays on disk: read as in memory, drawn and split without loading them whole."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.data import Dataset, Standardizer, Stream, load
from rewire.data.stream_rows import draw
from rewire.tables import TableEncoder

BONN = 40_000.0


def houses(count=600, seed=0):
    random = np.random.default_rng(seed)
    town = random.choice(["Aachen", "Bonn", "Celle", None], count, p=[0.4, 0.3, 0.2, 0.1])
    area = np.where(random.random(count) < 0.1, np.nan, random.uniform(30, 200, count))
    days = pd.to_timedelta(random.integers(0, 900, count), unit="D")
    price = 3000 * np.nan_to_num(area, nan=90) + BONN * (town == "Bonn") + np.arange(count)
    return pd.DataFrame(
        {
            "row": np.arange(count),
            "area": area,
            "town": town,
            "sold": pd.Timestamp("2021-03-01") + days,
            "street": [f"street {k}" for k in random.integers(0, 120, count)],
            "lift": random.random(count) < 0.5,
            "size": np.where(price > 300_000, "large", "small"),
            "price": price,
        }
    )


def kept(folder, frame, files=2, **options):
    """Write a frame as a folder of Parquet files with small row groups."""
    folder.mkdir(exist_ok=True)
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), files)):
        path = folder / f"{number}.parquet"
        frame.iloc[rows].to_parquet(path, row_group_size=70, index=False, **options)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("streams") / "houses", houses())


def whole(stream):
    """Read all pieces of a stream."""
    parts = [stream.read(*piece) for piece in pairwise(stream.bounds.tolist())]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def as_learnt(data):
    """Return the inputs that a network learns from a table in memory."""
    return data.encoder.transform_training(data.table, data.y)


# ------------------------------------------------------------------------------------ tables


@pytest.mark.parametrize("target", ["size", "price"])
def test_a_sample_of_everything_makes_the_inputs_of_a_table_in_memory(folder, target):
    """Rows drawn are 1,000 at least, and here there are fewer."""
    data = load(folder, target=target)
    stream = Stream.from_parquet(folder, target, buffer=50)
    assert stream.sample.encoder == data.encoder
    assert (stream.sample.classes, stream.sample.task) == (data.classes, data.task)
    X, y = whole(stream)
    np.testing.assert_array_equal(X, as_learnt(data))
    np.testing.assert_array_equal(y, data.y)
    assert "understood from 600" in repr(stream)


def test_columns_are_understood_from_rows_that_the_seed_draws(tmp_path):
    folder = kept(tmp_path / "many", houses(4000))
    streams = [
        Stream.from_parquet(folder, "price", buffer="50 kB", seed=seed) for seed in (0, 0, 1)
    ]
    first, again, other = (stream.sample for stream in streams)
    assert len(first.y) == 1000
    assert first.encoder == again.encoder
    assert first.encoder != other.encoder
    # A fifth of the rows tell the numbers of rows, though they do not follow each other.
    assert first.encoder.schema["row"].kind == "id"
    X, y = whole(streams[0])
    drawn = np.isin(y, first.y)
    table = load(folder, target="price").table.take(~drawn)
    np.testing.assert_array_equal(X[~drawn], first.encoder.transform(table))


def test_what_tells_targets_tells_each_row_those_of_others(folder):
    frame = houses()
    stream = Stream.from_parquet(folder, "price", buffer=50)
    train, held_out = stream.split(0.3, seed=1)
    X, y = whole(train)
    own = train.sample
    assert own.encoder.uses_targets
    np.testing.assert_array_equal(X, as_learnt(own))
    X, y = whole(held_out)
    rows = np.isin(frame["price"], y)
    table = load(frame, target="price").table.take(rows)
    np.testing.assert_array_equal(X, own.encoder.transform(table))


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    frame = houses()
    frame.loc[frame["row"] % 4 == 1, "size"] = None
    stream = Stream.from_parquet(kept(tmp_path / "gaps", frame), "size", buffer=50)
    assert len(stream) == 450
    assert "150 rows without a value in 'size' left out" in stream.sample.notes
    X, y = whole(stream)
    data = load(frame, target="size")
    np.testing.assert_array_equal(X, as_learnt(data))
    np.testing.assert_array_equal(y, data.y)
    assert [len(part) for part in stream.split(0.2, seed=0)] == [360, 90]


def test_classes_that_no_drawn_row_has_are_there(tmp_path):
    frame = houses(3000)
    frame["size"] = frame["size"].where(frame.index != 2999, "huge")
    stream = Stream.from_parquet(kept(tmp_path / "rare", frame), "size", buffer=50, seed=3)
    assert stream.sample.classes == ("huge", "large", "small")
    assert 0 not in stream.sample.y
    assert whole(stream)[1][-1] == 0


def test_texts_that_turn_up_among_numbers_are_counted(tmp_path):
    frame = houses(3000)
    frame["area"] = frame["area"].round(1).astype(str).where(frame["area"].notna(), None)
    frame.loc[[2990, 2995], "area"] = "plenty"
    stream = Stream.from_parquet(kept(tmp_path / "texts", frame), "price", buffer=50, seed=1)
    assert "plenty" not in [text for text, *_ in stream.sample.encoder.schema["area"].odd]
    note = "2 rows whose text in 'area' cannot be read: taken as missing"
    assert note in stream.sample.notes
    place = stream.sample.feature_names.index("area is missing")
    assert whole(stream)[0][[2990, 2995], place].tolist() == [1, 1]


def test_missing_values_may_be_refused(tmp_path):
    frame = houses(3000).drop(columns=["town"])
    frame["area"] = frame["area"].fillna(50.0).where(frame.index != 2900, None)
    given = {"buffer": 50, "missing": "none", "seed": 0}
    stream = Stream.from_parquet(kept(tmp_path / "whole", frame), "price", **given)
    with pytest.raises(ValueError, match="column 'area' has 1 missing values"):
        whole(stream)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.rename(columns={"area": "space"}), "the same columns; got 'area'"),
        (lambda frame: frame.assign(area=frame["street"]), "columns of the same types"),
    ],
)
def test_files_of_other_columns_are_refused(tmp_path, change, message):
    folder = kept(tmp_path / "houses", houses())
    change(houses()).to_parquet(folder / "z.parquet", index=False)
    with pytest.raises(ValueError, match=message):
        Stream.from_parquet(folder, "price", buffer=50)
    with pytest.raises(ValueError, match="same"):
        load(folder, target="price")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda folder: Stream.from_parquet(folder, "cost", buffer=50),
            "target must name a column",
        ),
        (lambda folder: Stream.from_parquet(folder, None, buffer=50), "target must be the column"),
        (lambda folder: Stream.from_parquet(folder, "price", buffer="50 kilos"), "buffer must be"),
        (
            lambda folder: Stream.from_parquet(folder, "price", buffer=50, encoding="cp1252"),
            "the options of a table are: ignore, missing, .*; got encoding",
        ),
        (
            lambda folder: Stream.from_parquet(folder.parent / "none", "price", buffer=50),
            "must be an existing file or folder; got .*none",
        ),
    ],
)
def test_what_cannot_be_streamed_is_said(folder, call, message):
    with pytest.raises((ValueError, OSError), match=message):
        call(folder)


def test_large_row_groups_are_told_of(tmp_path):
    path = tmp_path / "one.parquet"
    houses(2000).to_parquet(path, index=False)
    notes = Stream.from_parquet(path, "price", buffer="10 kB").sample.notes
    assert any("row groups of up to 0.0" in note for note in notes)
    assert not Stream.from_parquet(path, "price", buffer="10 MB").sample.notes


# ------------------------------------------------------------------------------------ arrays


def test_labelled_arrays_have_the_classes_of_arrays_in_memory(tmp_path):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(90, 3)).astype("float32"), random.choice(["red", "blue"], 90)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    stream = Stream.from_arrays(tmp_path / "X.npy", tmp_path / "y.npy", buffer=20).labelled()
    data = Dataset.from_arrays(X, y)
    assert (stream.sample.classes, stream.sample.name) == (("blue", "red"), "X")
    for ours, theirs in zip(whole(stream), (data.X, data.y), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(stream.sample.y, data.y)
    with pytest.raises(ValueError, match="must not be labelled twice"):
        stream.labelled()


def test_arrays_of_one_class_are_refused():
    with pytest.raises(ValueError, match="at least two classes"):
        Stream.from_arrays(np.zeros((4, 2)), np.ones(4, int), buffer=2).labelled()


def test_npy_files_load_as_a_whole_too(tmp_path):
    np.save(tmp_path / "X.npy", np.arange(8.0).reshape(4, 2))
    np.save(tmp_path / "y.npy", [0, 1, 1, 0])
    data = load(tmp_path / "X.npy", target=tmp_path / "y.npy")
    assert (data.name, data.X.shape, data.y.tolist()) == ("X", (4, 2), [0, 1, 1, 0])
    with pytest.raises(ValueError, match=r"target must name a \.npy file"):
        load(tmp_path / "X.npy")


# ----------------------------------------------------------------------------------- drawing


@given(
    st.lists(st.lists(st.integers(0, 2), max_size=9), min_size=1, max_size=9),
    st.integers(0, 2**32),
    st.data(),
)
def test_exactly_as_many_rows_of_each_group_are_drawn_as_wanted(parts, seed, data):
    parts = [np.array(part, np.int64) for part in parts]
    members = np.bincount(np.concatenate(parts), minlength=3)
    wanted = np.array([data.draw(st.integers(0, int(count))) for count in members])
    drawn = list(draw(parts, members, wanted, np.random.default_rng(seed)))
    assert [len(mask) for mask in drawn] == [len(part) for part in parts]
    found = np.concatenate(parts)[np.concatenate(drawn)]
    assert np.bincount(found, minlength=3).tolist() == wanted.tolist()


def test_every_row_is_drawn_as_often_as_another():
    parts = [np.zeros(length, np.int64) for length in (3, 1, 6)]
    random = np.random.default_rng(0)
    members, wanted = np.array([10]), np.array([3])
    times = sum(np.concatenate(list(draw(parts, members, wanted, random))) for _ in range(2000))
    np.testing.assert_allclose(times / 2000, 0.3, atol=0.04)


def test_parts_have_the_same_share_of_each_class_and_no_sample_in_common(folder):
    stream = Stream.from_parquet(folder, "size", buffer=50)
    train, held_out = stream.split(0.25, seed=4)
    (X, y), (X_held, y_held) = whole(train), whole(held_out)
    assert (len(y), len(y_held)) == (450, 150)
    counts = np.bincount(np.concatenate([y, y_held]))
    np.testing.assert_allclose(np.bincount(y_held), counts / 4, atol=1)
    np.testing.assert_array_equal(held_out.sample.y, y_held)
    np.testing.assert_array_equal(held_out.sample.X, X_held)
    again, _ = stream.split(0.25, seed=4)
    np.testing.assert_array_equal(whole(again)[0], X)
    other, _ = stream.split(0.25, seed=5)
    assert not np.array_equal(whole(other)[1], y)


def test_what_is_learnt_of_columns_is_learnt_from_the_training_part(folder):
    train, held_out = Stream.from_parquet(folder, "size", buffer=50).split(0.5, seed=0)
    sample = train.sample
    assert sample.encoder == TableEncoder.fit(sample.table, sample.y)
    assert held_out.sample.encoder == sample.encoder


def test_the_only_sample_of_a_class_remains():
    y = np.array([0] * 30 + [1] * 30 + [2])
    train, held_out = (
        Stream.from_arrays(np.zeros((61, 1)), y, buffer=8).labelled().split(0.5, seed=0)
    )
    assert 2 in whole(train)[1]
    assert 2 not in whole(held_out)[1]


def test_a_part_may_be_split_again(folder):
    stream = Stream.from_parquet(folder, "size", buffer=50)
    _, held_out = stream.split(200, seed=0)
    first, second = held_out.split(50, seed=0)
    assert [len(one.sample.y) for one in (first, second)] == [150, 50]
    assert first.sample.encoder == held_out.sample.encoder


def test_raw_arrays_are_split_too():
    X = np.arange(40.0).reshape(20, 2)
    train, held_out = Stream.from_arrays(X, np.full(20, -1), buffer=4).split(0.3, seed=0)
    found = np.concatenate([whole(part)[0] for part in (train, held_out)])
    assert (len(train), len(held_out), train.sample) == (14, 6, None)
    np.testing.assert_array_equal(np.sort(found, axis=0), X)


@pytest.mark.parametrize("size", [0, 1.5, 600, -0.2])
def test_a_part_must_not_be_empty(folder, size):
    with pytest.raises(ValueError, match="size must"):
        Stream.from_parquet(folder, "size", buffer=50).split(size)


def test_a_stream_is_split_before_it_is_standardized(folder):
    stream = Stream.from_parquet(folder, "size", buffer=50)
    scaled = stream.standardized(Standardizer.fit(stream.sample.X))
    np.testing.assert_allclose(scaled.sample.X.mean(axis=0), 0, atol=1e-9)
    with pytest.raises(ValueError, match="must be split before it is standardized"):
        scaled.split(0.1)
