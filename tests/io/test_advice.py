import pickle

from rewire.io import AdviceList, advise, prefixed


def test_lists_are_told_part_by_part_in_the_words_of_a_command():
    parts = advise("b is open", "give task=", "leave it out (ignore=)"), "c is empty"
    text = AdviceList("2 problems", *parts)
    assert str(text) == (
        "2 problems:\n  - b is open: give task=, or leave it out (ignore=)\n  - c is empty"
    )
    assert text.for_options({"ignore": "--ignore"}).splitlines()[1] == (
        "  - b is open: leave it out (--ignore)"
    )
    found = prefixed("a.csv: ", ValueError(text))
    assert isinstance(found, AdviceList)
    assert found.startswith("a.csv: 2 problems:")
    assert pickle.loads(pickle.dumps(text)) == text
