import numpy as np

from rewire.tables.missing import are_codes, are_missing


def missing(*texts, **options):
    return are_missing(np.array(texts, object), **options).tolist()


def test_usual_words_mean_missing_in_any_case_and_with_blanks():
    assert missing("", " ", "NA", "n/a ", "NaN", "NULL", "?", "-") == [True] * 8
    assert missing("none", "unknown", "0", "nothing") == [False] * 4
    assert missing("none", "Unknown", "0", "nothing", numbers=True) == [True, True, False, False]


def test_usual_words_can_be_values_and_others_none():
    assert missing("NA", "", usual=False) == [False, True]
    assert missing("-999", "999", "x", na=["-999", "x"]) == [True, False, True]


def test_codes():
    assert are_codes(np.array(["NA", "ZA", "EG", "KE"], object))
    assert are_codes(np.array(["+", "-"], object))
    assert not are_codes(np.array(["NA", "FR"], object))  # too few to tell
    assert not are_codes(np.array(["NA", "f", "m", "x"], object))
