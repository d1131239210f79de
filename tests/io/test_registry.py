import pytest

from rewire.io import Registry


@pytest.fixture
def parts():
    made = Registry("part")
    made.add("first", 1)
    made.add("second", 2)
    return made


def test_parts_are_found_by_name_in_the_order_of_registration(parts):
    assert parts["second"] == 2
    assert list(parts) == ["first", "second"]
    assert parts.items() == [("first", 1), ("second", 2)]
    assert len(parts) == 2
    assert "first" in parts


def test_a_name_almost_right_is_answered_with_the_right_one(parts):
    message = "part must be one of first, second; got 'secnd'; did you mean 'second'"
    with pytest.raises(ValueError, match=message):
        parts["secnd"]
    with pytest.raises(ValueError, match=r"got 'xyz'$"):
        parts["xyz"]


def test_a_name_is_taken_once_and_free_again_when_removed(parts):
    with pytest.raises(ValueError, match="part 'first' exists already; choose another name"):
        parts.add("first", 3)
    assert parts["first"] == 1
    parts.remove("first")
    assert parts.add("first", 3) == 3


def test_a_part_itself_is_taken_as_it_is_if_it_fits(parts):
    assert parts.find("first", int) == 1
    assert parts.find(7, int) == 7
    message = r"part must be a name \(first, second\) or an object of type int; got 1.5"
    with pytest.raises(TypeError, match=message):
        parts.find(1.5, int)


def test_a_cell_that_is_run_again_replaces_its_own_part(parts):
    def make():
        @parts.register("mine")
        def mine():
            return None

        return mine

    first, second = make(), make()
    assert first is not second
    assert parts["mine"] is second


def test_two_lambdas_are_never_the_same_part(parts):
    parts.add("double", lambda x: 2 * x)
    with pytest.raises(ValueError, match="exists already"):
        parts.add("double", lambda x: x + x)


def test_a_factory_is_called_with_options_and_its_product_is_taken_as_it_is():
    lists = Registry("list")
    lists.add("repeated", lambda value, times=2: [value] * times)
    made = lists.create("repeated", list, value=3, times=3)
    assert made == [3, 3, 3]
    assert lists.create(made, list) is made
    with pytest.raises(ValueError, match=r"options must go with a name; got \['times'"):
        lists.create(made, list, times=3)
    with pytest.raises(TypeError, match=r"list must be a name \(repeated\) or an object of type"):
        lists.create(5, list)
