"""What each kind of column becomes, by hand and against scikit-learn's own encoders."""

import calendar
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from rewire.tables import Column
from rewire.tables.steps import (
    Date,
    LeftOut,
    Lookup,
    Ngrams,
    Number,
    cross_fitted,
    fit_step,
    step_from_dict,
)
from rewire.tables.steps.ngrams import plain_text


def texts(*values):
    return np.array(values, object)


def seconds(*dates):
    return np.array([datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() for one in dates])


# ------------------------------------------------------------------------------------ numbers


def test_a_missing_number_is_the_median_and_told_where_it_is_frequent():
    values = np.array([1.0, np.nan, 3.0, 10.0])
    step = fit_step(Column("a", "number"), values)
    assert step == Number("a", 3.0, indicator=True)
    assert step.transform(values).tolist() == [[1, 0], [3, 1], [3, 0], [10, 0]]
    rare = np.r_[np.arange(50.0), np.nan]
    assert fit_step(Column("a", "number"), rare) == Number("a", 24.5)


@given(st.lists(st.floats(-1e9, 1e9) | st.just(np.nan), min_size=3, max_size=40))
def test_numbers_are_filled_as_scikit_learn_does(values):
    values = np.array(values)
    step = fit_step(Column("a", "number"), values)
    known = values[~np.isnan(values)]
    if isinstance(step, LeftOut):
        assert len(np.unique(known)) == 0 or (len(np.unique(known)) == 1 and len(known) > 0)
        return
    imputed = SimpleImputer(strategy="median").fit_transform(values[:, None])
    np.testing.assert_array_equal(step.transform(values)[:, :1], imputed)


def test_a_missing_truth_value_is_the_more_frequent():
    values = np.array([1.0] * 30 + [0.0] * 10 + [np.nan])
    assert fit_step(Column("a", "boolean"), values) == Number("a", 1.0)


@pytest.mark.parametrize("kind", ["number", "category", "date", "boolean"])
def test_columns_that_tell_nothing_are_left_out_with_the_reason(kind):
    value, missing = ("x", None) if kind == "category" else (1.0, np.nan)
    dtype = object if kind == "category" else float
    constant = fit_step(Column("a", kind), np.array([value] * 30, dtype))
    assert constant == LeftOut("constant in the training rows")
    empty = fit_step(Column("a", kind), np.array([missing] * 30, dtype))
    assert empty == LeftOut("every value is missing in the training rows")
    some = fit_step(Column("a", kind), np.array([value] * 10 + [missing] * 20, dtype))
    assert "a is missing" in some.names  # that tells something


# --------------------------------------------------------------------------------- categories


@given(st.lists(st.sampled_from(["a", "b", "c", "d=e", ""]), min_size=1, max_size=60))
def test_few_categories_are_one_hot_as_in_scikit_learn(values):
    values = texts(*values)
    step = fit_step(Column("x", "category"), values)
    least = 1 if len(values) < 20 else 2
    try:
        theirs = OneHotEncoder(min_frequency=least, sparse_output=False).fit_transform(
            values[:, None]
        )
    except ValueError:  # nothing is frequent
        theirs = np.ones((len(values), 1))
    if isinstance(step, LeftOut):
        assert theirs.shape[1] == 1 or len(set(values)) == len(values)
    else:
        np.testing.assert_array_equal(step.transform(values), theirs)


def test_rare_and_unseen_categories_are_another():
    values = texts(*["a"] * 300, *["b"] * 200, "c", "d")
    step = fit_step(Column("x", "category"), values)
    assert step.names == ("x=a", "x=b", "x is another")
    assert step.transform(texts("a", "c", "new", None)).tolist() == [
        [1, 0, 0],
        [0, 0, 1],
        [0, 0, 1],
        [1, 0, 0],  # the most frequent
    ]


def test_a_column_of_names_is_left_out():
    names = texts(*[f"name {i}" for i in range(16)])
    expected = LeftOut("each row has its own")
    assert fit_step(Column("x", "category"), names) == expected


def test_unseen_categories_are_average_where_none_was_rare():
    step = fit_step(Column("x", "category"), texts(*["a"] * 30, *["b"] * 10))
    assert step.transform(texts("new")).tolist() == [[0.75, 0.25]]


def test_missing_categories_are_a_level_where_they_are_frequent():
    values = texts(*["a"] * 30, *["b"] * 10, *[None] * 10)
    step = fit_step(Column("x", "category"), values)
    assert step.names == ("x=a", "x=b", "x is missing")
    assert step.transform(texts(None)).tolist() == [[0, 0, 1]]


def many(rows=4000, levels=400, seed=0):
    random = np.random.default_rng(seed)
    effect = random.normal(size=levels)
    codes = random.integers(0, levels, rows)
    y = effect[codes] + 0.1 * random.normal(size=rows)
    return np.array([f"level {i}" for i in range(levels)], object)[codes], y, effect[codes]


def test_thousands_of_levels_are_encoded_by_their_targets():
    values, y, effect = many()
    step = fit_step(Column("x", "category"), values, y)
    assert (step.encoding, step.names) == ("target", ("x: mean target",))
    theirs = TargetEncoder(target_type="continuous", smooth=10.0).fit(values[:, None], y)
    np.testing.assert_allclose(step.transform(values), theirs.transform(values[:, None]))
    assert step.transform(texts("new")).item() == pytest.approx(y.mean())
    assert np.corrcoef(step.transform(values)[:, 0], effect)[0, 1] > 0.9


def test_rows_that_are_learnt_from_do_not_tell_their_own_targets():
    random = np.random.default_rng(0)
    values = np.array([f"level {i}" for i in random.integers(0, 400, 2000)], object)
    y = random.normal(size=2000)  # nothing to learn
    step = fit_step(Column("x", "category"), values, y)
    told = np.corrcoef(step.transform(values)[:, 0], y)[0, 1]
    fair = np.corrcoef(cross_fitted(step, values, y)[:, 0], y)[0, 1]
    assert told > 0.2
    assert abs(fair) < 0.1


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (2, ("x: share of class 1",)),
        (3, tuple(f"x: share of class {i}" for i in range(3))),
        (11, ("x: log count",)),
    ],
)
def test_by_the_shares_of_classes_if_they_are_few(classes, names):
    values, _, _ = many()
    y = np.arange(len(values)) % classes
    step = fit_step(Column("x", "category"), values, y)
    assert step.names == names
    assert np.isfinite(step.transform(texts("level 1", "new", None))).all()


def test_several_numbers_are_a_mean_each():
    values, y, _ = many()
    step = fit_step(Column("x", "category"), values, np.column_stack([y, -y]))
    assert step.names == ("x: mean target 0", "x: mean target 1")
    encoded = step.transform(values)
    np.testing.assert_allclose(encoded[:, 0], -encoded[:, 1])


def test_without_targets_levels_are_encoded_by_their_counts():
    values, _, _ = many()
    step = fit_step(Column("x", "category"), values)
    count = np.sum(values == "level 7")
    assert step.transform(texts("level 7", "new")).ravel() == pytest.approx([np.log1p(count), 0])


# -------------------------------------------------------------------------------------- dates


def test_a_date_is_days_and_where_it_is_in_its_periods():
    values = seconds("2019-01-01", "2020-07-02T06:00", "2021-03-04T18:30", "2022-09-10T12:00")
    step = fit_step(Column("d", "date"), values)
    assert step.periods == ("year", "week", "day")
    X = dict(zip(step.names, step.transform(values).T, strict=True))
    assert X["d: days since 1970"][0] == 17_897  # as `date -d 2019-01-01 +%s` / 86400
    # A quarter of the day: sine 1, cosine 0.
    assert (X["d: day, sine"][1], X["d: day, cosine"][1]) == pytest.approx((1, 0))
    for i, one in enumerate(("2019-01-01", "2020-07-02", "2021-03-04", "2022-09-10")):
        day = datetime.fromisoformat(one)
        year = 366 if calendar.isleap(day.year) else 365
        angle = 2 * np.pi * (day.timetuple().tm_yday - 1) / year
        assert X["d: year, sine"][i] == pytest.approx(np.sin(angle), abs=0.04)
        assert X["d: year, cosine"][i] == pytest.approx(np.cos(angle), abs=0.04)


def test_the_end_of_a_period_is_near_its_beginning():
    step = Date("d", 0.0, ("year", "week", "day"))
    first, last = step.transform(seconds("1999-12-31T23:59", "2000-01-01T00:01"))[:, 1:]
    assert abs(first - last).max() < 0.02
    sunday, monday, thursday = Date("d", 0.0, ("week",)).transform(
        seconds("2024-03-10", "2024-03-11", "2024-03-14")
    )[:, 1:]
    assert np.linalg.norm(sunday - monday) < np.linalg.norm(sunday - thursday)


@pytest.mark.parametrize(
    ("dates", "periods"),
    [
        ([f"{year}-01-01" for year in range(1970, 1983)], ()),  # years as dates
        ([f"2020-{month:02}-01" for month in range(1, 13)] + ["2021-02-01"], ("year",)),
        (["2020-01-31", "2020-02-29", "2020-03-31", "2021-04-30"], ("year",)),
        (["2020-01-03", "2020-02-20", "2020-03-11", "2021-04-30"], ("year", "week")),
        ([f"2020-01-{day:02}" for day in range(1, 29)], ("week",)),
        ([f"2020-01-06T{hour:02}:00" for hour in range(24)] + ["2020-01-07"], ("day",)),
        ([f"2020-01-{day:02}T12:00" for day in (6, 13, 20, 27)], ()),  # Mondays at noon
    ],
)
def test_periods_are_told_if_they_vary_and_come_again(dates, periods):
    assert fit_step(Column("d", "date"), seconds(*dates)).periods == periods


def test_dates_before_1970_and_missing_ones():
    step = Date("d", fill=0.0, periods=("week",), indicator=True)
    X = step.transform(np.array([-7 * 86400.0, np.nan]))
    np.testing.assert_allclose(X, [[-7, 0, 1, 0], [0, 0, 1, 1]], atol=1e-9)


# --------------------------------------------------------------------------------------- text

WORDS = st.text(st.sampled_from("abcABCäÖ \t-"), max_size=20)


@given(st.lists(WORDS, min_size=1, max_size=10), st.lists(WORDS, max_size=5))
def test_pieces_of_words_are_found_as_scikit_learn_finds_them(known, new):
    counter = CountVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), preprocessor=plain_text, binary=True
    )
    try:
        counter.fit(known)
    except ValueError:  # blanks alone
        return
    step = Ngrams("x", tuple(counter.get_feature_names_out()))
    both = [*known, *new]
    np.testing.assert_array_equal(
        step.transform(np.array(both, object)), counter.transform(both).toarray()
    )


def test_names_tell_by_their_pieces():
    random = np.random.default_rng(0)
    names = [
        random.choice(["Anders", "Peter", "Lars"]) + random.choice(["son", "ini"]) + f" {i}"
        for i in range(200)
    ]
    step = fit_step(Column("name", "text"), np.array(names, object))
    X = step.transform(np.array(["ERIKSON", "Rossini", None], object))
    place = step.vocabulary.index("son ")
    assert X[:, place].tolist() == [1, 0, 0]
    assert step.names[place] == "name contains 'son '"
    assert len(step.names) <= 300


def test_texts_without_a_common_piece_are_left_out():
    column = np.array(["abc", "def", "ghi"], object)
    assert isinstance(fit_step(Column("x", "text"), column), LeftOut)


# --------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "step",
    [
        Number("a", 1.5, True),
        Lookup("b", ("b=x", "b=y"), {"x": (1.0, 0.0), "y": (0.0, 1.0)}, (0.5, 0.5), (0.0, 1.0)),
        Date("c", 3.0, ("year", "day"), True),
        Ngrams("d", (" ab", "ü")),
    ],
)
def test_steps_are_plain_json(step):
    assert step_from_dict(json.loads(json.dumps(step.to_dict()))) == step


def test_a_step_of_a_newer_version_is_refused():
    with pytest.raises(ValueError, match=r"step must be one of number, .*; got 'sound'"):
        step_from_dict({"step": "sound"})
