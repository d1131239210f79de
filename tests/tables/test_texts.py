import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.tables.texts import PlainTexts, Texts, plain_texts, texts_of_each

pyarrow = pytest.importorskip("pyarrow")

WRITTEN = ["1", "-2.5", "+.5", "1e3", "7.", "1.234", "007", "20240131", "", "NA", " 3", "1,5", "é"]
PARTS = list(PlainTexts.__dataclass_fields__)
columns = st.lists(st.sampled_from(WRITTEN), unique=True)


def texts(*values):
    return np.array(values, object)


def arrow(values):
    return pyarrow.array(values, pyarrow.string())


def test_plain_numbers_and_what_they_may_be_instead():
    found = plain_texts(texts(*WRITTEN))
    assert found.mask.tolist() == [True] * 8 + [False] * 5
    values = [1, -2.5, 0.5, 1000, 7, 1.234, 7, 20240131]
    np.testing.assert_array_equal(found.values, values + [np.nan] * 5)
    named = dict(zip(WRITTEN, range(len(WRITTEN)), strict=True))
    expected = {
        "pointed": {"-2.5", "+.5", "7.", "1.234"},
        "grouped": {"1.234"},
        "padded": {"007"},
        "dated": {"20240131"},
    }
    for part, those in expected.items():
        assert {text for text, i in named.items() if getattr(found, part)[i]} == those


@given(st.lists(columns, max_size=6))
def test_the_texts_of_several_columns_are_those_of_each(lists):
    together = list(texts_of_each([arrow(one) for one in lists]))
    assert [one.objects.tolist() for one in together] == lists
    for found, alone in zip(together, lists, strict=True):
        expected = plain_texts(texts(*alone))
        for part in PARTS:
            np.testing.assert_array_equal(getattr(found.plain, part), getattr(expected, part))


def test_columns_of_many_texts_are_looked_at_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr("rewire.tables.texts.BYTES", 100)
    lists = [[f"{i}{j}" for j in range(i)] for i in range(40)]
    found = [one.plain.values.tolist() for one in texts_of_each([arrow(one) for one in lists])]
    assert found == [list(map(float, one)) for one in lists]


@pytest.mark.parametrize("make", [lambda values: texts(*values), arrow])
@given(columns, st.sets(st.sampled_from(["1", "-2.5", "NA", "3", "é", "007", "x"])))
def test_texts_among_words_whatever_holds_them(make, values, words):
    found = Texts(make(values)).among(words)
    assert found.tolist() == [one.strip() in words for one in values]


@pytest.mark.parametrize("make", [lambda values: texts(*values), arrow])
@given(st.lists(st.tuples(st.sampled_from(WRITTEN), st.booleans()), unique_by=lambda one: one[0]))
def test_some_of_the_texts(make, pairs):
    chosen = np.array([keep for _, keep in pairs], bool)
    some = Texts(make([text for text, _ in pairs])).only(chosen)
    expected = [text for text, keep in pairs if keep]
    assert some.objects.tolist() == expected
    np.testing.assert_array_equal(some.plain.values, plain_texts(texts(*expected)).values)
