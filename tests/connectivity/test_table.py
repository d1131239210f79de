"""The connection table stays canonical, and what a connection carries moves with it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rewire.connectivity import ConnectionTable


def small_table():
    # Listed out of order on purpose: 0->2, 1->2, 0->3, 2->3.
    table = ConnectionTable(4, [2, 0, 1, 0], [3, 2, 2, 3], np.array([23.0, 2.0, 12.0, 3.0]))
    table.zeros("velocity", float)[:] = 10 * table.weight
    return table


def as_dict(table):
    places = zip(table.source.tolist(), table.target.tolist(), strict=True)
    return dict(zip(places, table.weight.tolist(), strict=True))


def test_sorts_by_target_then_source_and_keeps_the_given_order_as_birth_order():
    table = small_table()
    table.check()
    assert table.source.tolist() == [0, 1, 0, 2]
    assert table.target.tolist() == [2, 2, 3, 3]
    assert table.weight.tolist() == [2, 12, 3, 23]
    assert table.birth.tolist() == [1, 2, 3, 0]
    assert table.indptr.tolist() == [0, 0, 0, 2, 4]
    assert table.fan_in.tolist() == [0, 0, 2, 2]
    assert table.fan_out.tolist() == [2, 1, 1, 0]


def test_indices_are_32_bit():
    table = small_table()
    assert table.source.dtype == table.target.dtype == table.indptr.dtype == np.int32


def test_finds_connections_and_where_they_would_go():
    row, exists = small_table().find([0, 2, 1], [3, 3, 3])
    assert exists.tolist() == [True, True, False]
    assert row.tolist() == [2, 3, 3]


def test_removal_takes_all_columns_along():
    table = small_table()
    table.replace([1, 2], [], [])
    table.check()
    assert as_dict(table) == {(0, 2): 2.0, (2, 3): 23.0}
    assert table["velocity"].tolist() == [20.0, 230.0]


def test_additions_are_the_youngest_and_start_at_zero_state():
    table = small_table()
    table.replace([], [1, 0], [3, 1], weight=np.array([13.0, 1.0]))
    table.check()
    expected = {(0, 1): 1.0, (0, 2): 2.0, (1, 2): 12.0, (0, 3): 3.0, (1, 3): 13.0, (2, 3): 23.0}
    assert as_dict(table) == expected
    assert table["velocity"].tolist() == [0.0, 20.0, 120.0, 30.0, 0.0, 230.0]
    birth = dict(zip(as_dict(table), table.birth.tolist(), strict=True))
    assert (birth[1, 3], birth[0, 1]) == (4, 5)


def test_a_new_neuron_moves_later_ones_up():
    table = small_table()
    table.insert_unit(2)
    table.check()
    assert as_dict(table) == {(0, 3): 2.0, (1, 3): 12.0, (0, 4): 3.0, (3, 4): 23.0}


def test_deleting_units_takes_their_connections_and_closes_ranks():
    table = small_table()
    table.delete_units(np.array([True, False, False, False]))
    table.check()
    assert as_dict(table) == {(0, 1): 12.0, (1, 2): 23.0}


@given(st.data())
def test_any_sequence_of_changes_agrees_with_a_dictionary(data):
    units = data.draw(st.integers(2, 7))
    table = ConnectionTable(units, [], [], np.array([]))
    reference: dict = {}
    for number in range(data.draw(st.integers(1, 6))):
        absent = [(s, t) for t in range(units) for s in range(t) if (s, t) not in reference]
        if absent and data.draw(st.booleans()):
            new = data.draw(st.lists(st.sampled_from(absent), unique=True))
            weights = [float(100 * number + n) for n in range(len(new))]
            table.replace([], [s for s, _ in new], [t for _, t in new], weight=np.array(weights))
            reference |= dict(zip(new, weights, strict=True))
        elif reference:
            gone = data.draw(st.lists(st.sampled_from(sorted(reference)), unique=True))
            rows, exists = table.find([s for s, _ in gone], [t for _, t in gone])
            assert exists.all()
            table.replace(rows, [], [])
            for place in gone:
                del reference[place]
        table.check()
        assert as_dict(table) == reference
