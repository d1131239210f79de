"""RigL by hand: what goes, what comes, within which scope, and how ties and shortages end."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.scalar import Connection, SparseMLP, Value, loss, rigl_update, top_k_param_dict

INPUTS = 4


def network(*layers, nin=INPUTS):
    """Build a network from the weights {input: weight} of every neuron, layer by layer."""
    model = SparseMLP(nin, [len(layer) for layer in layers], [0] * len(layers))
    for layer, neurons in zip(model.layers, layers, strict=True):
        for neuron, w in zip(layer.neurons, neurons, strict=True):
            neuron.w = {i: Value(weight) for i, weight in w.items()}
    return model


def one_layer(*neurons):
    return network(neurons)


def wiring_of(model):
    return [
        [{i: p.data for i, p in neuron.w.items()} for neuron in layer.neurons]
        for layer in model.layers
    ]


def places_of(model):
    return {
        Connection(k, j, i)
        for k, layer in enumerate(model.layers)
        for j, neuron in enumerate(layer.neurons)
        for i in neuron.w
    }


def loss_with_gradients(table):
    """Return a loss under which connection (neuron, input) of layer 0 has the gradient given.

    All other connections that do not exist have gradient 0.
    """

    def given_loss(model, dense_grad):
        model([1.0] * INPUTS, dense_grad=dense_grad)
        neurons = model.layers[0].neurons
        total = Value(0)
        for (j, i), gradient in table.items():
            p = neurons[j].w.get(i) or neurons[j].zero_ws[i]
            total = total + p * gradient
        return total, 0.0

    return given_loss


def moves_between(*pairs):
    return [(Connection(0, *old), Connection(0, *new)) for old, new in pairs]


# -------------------------------------------------------------------------------- hand-worked


def test_smallest_weights_give_way_to_largest_gradients():
    model = one_layer({0: 0.5, 1: -0.1, 2: 0.3}, {3: -2.0})
    gradients = {(0, 3): 1.0, (1, 0): -4.0, (1, 1): 2.0, (1, 2): 3.0}
    moves = rigl_update(model, loss_with_gradients(gradients), update_fraction=0.5)
    # -0.1 and 0.3 are weakest; -4 and 3 are strongest: the sign does not matter.
    assert moves == moves_between(((0, 1), (1, 0)), ((0, 2), (1, 2)))
    assert wiring_of(model) == [[{0: 0.5}, {3: -2.0, 0: 0.0, 2: 0.0}]]


def test_what_stays_keeps_its_weight_its_place_and_its_parameter():
    model = one_layer({2: 0.5, 0: -0.1, 1: 0.3})
    before = dict(model.layers[0].neurons[0].w)
    rigl_update(model, loss_with_gradients({(0, 3): 1.0}), update_fraction=0.4)
    after = model.layers[0].neurons[0].w
    assert list(after) == [2, 1, 3]
    assert after[2] is before[2]
    assert after[1] is before[1]


def test_a_new_connection_starts_at_zero_in_weight_and_gradient():
    model = one_layer({0: 0.5})
    gradients = {(0, 0): 7.0, (0, 3): 1.0}
    rigl_update(model, loss_with_gradients(gradients), update_fraction=1)
    new = model.layers[0].neurons[0].w[3]
    assert (new.data, new.grad) == (0.0, 0.0)
    assert new in model.parameters()


def test_biases_stay_as_they_are():
    model = one_layer({0: 0.5}, {0: 0.1})
    for number, neuron in enumerate(model.layers[0].neurons):
        neuron.b.data = number + 1.0
    rigl_update(model, loss_with_gradients({(0, 1): 1.0, (1, 1): 1.0}), update_fraction=1)
    assert [neuron.b.data for neuron in model.layers[0].neurons] == [1.0, 2.0]


def test_candidates_are_forgotten_afterwards():
    model = one_layer({0: 0.5}, {1: 0.5})
    rigl_update(model, loss_with_gradients({(0, 1): 1.0}), update_fraction=0)
    assert [neuron.zero_ws for neuron in model.layers[0].neurons] == [{}, {}]


def test_candidates_left_from_earlier_calls_do_not_count():
    model = network([{0: 1.0}], nin=2)
    model([5.0, 100.0], dense_grad=True).backward()
    seen = []

    def spying_loss(model, dense_grad):
        seen.append(dict(model.layers[0].neurons[0].zero_ws))
        return model([5.0, 1.0], dense_grad=dense_grad), 0.0

    rigl_update(model, spying_loss, update_fraction=1)
    assert seen == [{}]


# -------------------------------------------------------------------------------------- scopes


@pytest.fixture
def three_outcomes():
    """Two hidden neurons over four inputs, and one output neuron that reads the first only.

    The hidden layer has four connections, the output layer one, so at fraction 0.5 each hidden
    neuron moves one, the hidden layer two, the whole model two (of five).
    """
    model = network([{0: 0.1, 1: 0.2}, {2: 3.0, 3: 4.0}], [{0: 0.05}])
    # (layer, neuron, input) -> gradient of the candidates
    table = {
        (0, 0, 2): 1.0,
        (0, 0, 3): 2.0,
        (0, 1, 0): 5.0,
        (0, 1, 1): 6.0,
        (1, 0, 1): 9.0,
    }

    def given_loss(model, dense_grad):
        model([1.0] * INPUTS, dense_grad=dense_grad)
        terms = [model.layers[k].neurons[j].zero_ws[i] * g for (k, j, i), g in table.items()]
        return sum(terms, Value(0)), 0.0

    return model, given_loss


def test_scope_neuron_keeps_every_fan_in(three_outcomes):
    model, given_loss = three_outcomes
    moves = rigl_update(model, given_loss, 0.5, scope="neuron")
    assert moves == [
        (Connection(0, 0, 0), Connection(0, 0, 3)),
        (Connection(0, 1, 2), Connection(0, 1, 1)),
    ]
    assert wiring_of(model) == [[{1: 0.2, 3: 0.0}, {3: 4.0, 1: 0.0}], [{0: 0.05}]]


def test_scope_layer_moves_connections_between_its_neurons(three_outcomes):
    model, given_loss = three_outcomes
    moves = rigl_update(model, given_loss, 0.5, scope="layer")
    assert moves == [
        (Connection(0, 0, 0), Connection(0, 1, 1)),
        (Connection(0, 0, 1), Connection(0, 1, 0)),
    ]
    assert wiring_of(model) == [[{}, {2: 3.0, 3: 4.0, 1: 0.0, 0: 0.0}], [{0: 0.05}]]


def test_scope_model_moves_connections_between_layers(three_outcomes):
    model, given_loss = three_outcomes
    moves = rigl_update(model, given_loss, 0.5, scope="network")
    assert moves == [
        (Connection(1, 0, 0), Connection(1, 0, 1)),
        (Connection(0, 0, 0), Connection(0, 1, 1)),
    ]
    assert wiring_of(model) == [[{1: 0.2}, {2: 3.0, 3: 4.0, 1: 0.0}], [{1: 0.0}]]


def test_scope_layer_is_the_default(three_outcomes):
    model, given_loss = three_outcomes
    rigl_update(model, given_loss, 0.5)
    assert [len(neuron.w) for neuron in model.layers[0].neurons] == [0, 4]


def test_a_connection_can_move_to_another_layer():
    model = network([{0: 0.1, 1: 2.0}, {0: 3.0}], [{0: 4.0}])

    def given_loss(model, dense_grad):
        model([1.0] * INPUTS, dense_grad=dense_grad)
        return model.layers[1].neurons[0].zero_ws[1] * 1.0, 0.0

    moves = rigl_update(model, given_loss, 0.25, scope="network")
    assert moves == [(Connection(0, 0, 0), Connection(1, 0, 1))]
    assert wiring_of(model) == [[{1: 2.0}, {0: 3.0}], [{0: 4.0, 1: 0.0}]]


# ---------------------------------------------------------------------------------------- ties


def test_ties_among_weights_go_to_the_first_neuron_then_to_the_oldest():
    model = one_layer({2: 1.0, 0: -1.0}, {1: 1.0})
    gradients = {(1, 3): 3.0, (1, 2): 2.0}
    moves = rigl_update(model, loss_with_gradients(gradients), update_fraction=0.7)
    assert moves == moves_between(((0, 2), (1, 3)), ((0, 0), (1, 2)))


def test_age_counts_from_the_growth_of_a_connection():
    model = one_layer({0: 1.0, 3: 1.0, 1: 1.0})
    del model.layers[0].neurons[0].w[0]
    model.layers[0].neurons[0].w[0] = Value(1.0)  # input 0 is the youngest now
    moves = rigl_update(model, loss_with_gradients({(0, 2): 1.0}), update_fraction=0.4)
    assert moves == moves_between(((0, 3), (0, 2)))


def test_ties_among_gradients_go_to_the_first_neuron_then_to_the_first_input():
    model = one_layer({3: 0.1, 0: 0.2}, {3: 0.3, 0: 0.4})
    gradients = {(1, 1): 1.0, (1, 2): -1.0, (0, 2): 1.0, (0, 1): -1.0}
    moves = rigl_update(model, loss_with_gradients(gradients), update_fraction=0.75)
    assert moves == moves_between(((0, 3), (0, 1)), ((0, 0), (0, 2)), ((1, 3), (1, 1)))


# ----------------------------------------------------------------- how many: shortage, rounding


def test_only_as_many_change_as_there_are_candidates():
    model = one_layer({0: 0.4, 1: 0.3, 2: 0.2}, {0: 0.1, 1: 0.5, 2: 0.6, 3: 0.7})
    moves = rigl_update(model, loss_with_gradients({(0, 3): 1.0}), update_fraction=1)
    # The only candidate is taken by the weakest of all.
    assert moves == moves_between(((1, 0), (0, 3)))
    assert wiring_of(model) == [[{0: 0.4, 1: 0.3, 2: 0.2, 3: 0.0}, {1: 0.5, 2: 0.6, 3: 0.7}]]


def test_a_dense_network_has_nothing_to_change():
    model = network([{0: 1.0, 1: 2.0}], nin=2)
    before = wiring_of(model)
    assert rigl_update(model, lambda m, dense_grad: (m([1.0, 1.0]), 1.0), 1) == []
    assert wiring_of(model) == before


def test_update_fraction_zero_changes_nothing():
    model = one_layer({0: 0.0}, {1: 0.0})
    before = wiring_of(model)
    assert rigl_update(model, loss_with_gradients({(0, 1): 9.0}), update_fraction=0) == []
    assert wiring_of(model) == before


def test_update_fraction_one_replaces_every_connection():
    model = one_layer({0: 5.0, 1: -6.0})
    rigl_update(model, loss_with_gradients({(0, 2): 1.0}), update_fraction=1)
    assert wiring_of(model) == [[{2: 0.0, 3: 0.0}]]


@pytest.mark.parametrize(
    ("existing", "fraction", "changed"),
    [
        (10, 0.3, 3),
        (10, 0.39, 3),
        (10, 0.0999, 0),
        (10, 0.1 + 0.2, 3),
        (10, 0.7, 7),
        (100, 0.29, 29),  # 0.29 * 100 is 28.999999999999996
        (100, 0.57, 57),  # 56.99999999999999
        (3, 1 / 3, 1),
        (30, 1 - 0.9, 3),
    ],
)
def test_the_number_is_rounded_down_and_robust_to_representation_error(existing, fraction, changed):
    nin = 2 * existing
    model = network([{i: 1.0 + i for i in range(existing)}], nin=nin)
    moves = rigl_update(model, lambda m, dense_grad: (m([1.0] * nin, dense_grad), 1.0), fraction)
    assert len(moves) == changed


# ----------------------------------------------------------------------------- for any network


@st.composite
def problems(draw):
    rng = random.Random(draw(st.integers(0, 10_000)))
    nin = draw(st.integers(1, 4))
    nouts = [*draw(st.lists(st.integers(1, 5), min_size=0, max_size=2)), 1]
    sparsities = [draw(st.sampled_from([0, 0.3, 0.5, 0.8, 0.95])) for _ in nouts]
    model = SparseMLP(nin, nouts, sparsities, init=1.0, rng=rng)
    X = [[rng.uniform(-1, 1) for _ in range(nin)] for _ in range(4)]
    y = [rng.choice([-1, 1]) for _ in X]

    def data_loss(model, dense_grad):
        return loss(model, X, y, dense_grad=dense_grad)

    return model, data_loss


@given(
    problem=problems(),
    scope=st.sampled_from(["neuron", "layer", "network"]),
    fraction=st.one_of(st.sampled_from([0, 0.3, 0.5, 1]), st.floats(0, 1)),
    dense_grad=st.sampled_from([True, "last"]),
)
def test_connections_are_conserved_and_moves_describe_exactly_the_change(
    problem, scope, fraction, dense_grad
):
    model, data_loss = problem
    before, weights = places_of(model), wiring_of(model)
    biases = [neuron.b.data for layer in model.layers for neuron in layer.neurons]

    moves = rigl_update(model, data_loss, fraction, scope, dense_grad)

    after = places_of(model)
    dropped, grown = [old for old, _ in moves], [new for _, new in moves]
    assert len(set(dropped)) == len(set(grown)) == len(moves)
    assert set(dropped) <= before
    assert before.isdisjoint(grown)  # so a dropped connection cannot have come back
    assert after == (before - set(dropped)) | set(grown)
    for k, j, i in after:
        expected = 0.0 if (k, j, i) in grown else weights[k][j][i]
        assert model.layers[k].neurons[j].w[i].data == expected
    assert [n.b.data for layer in model.layers for n in layer.neurons] == biases
    assert len(set(model.parameters())) == len(model.parameters()) == len(after) + len(biases)

    kept_apart = {"neuron": lambda c: c[:2], "layer": lambda c: c[0], "network": lambda c: None}
    for old, new in moves:
        assert kept_apart[scope](old) == kept_apart[scope](new)


@given(problem=problems(), scope=st.sampled_from(["neuron", "layer", "network"]))
def test_strongest_candidates_replace_weakest_connections_of_each_scope(problem, scope):
    model, data_loss = problem
    keys = {"neuron": lambda c: c[:2], "layer": lambda c: c[0], "network": lambda c: None}
    weights = {c: abs(wiring_of(model)[c.layer][c.neuron][c.input]) for c in places_of(model)}
    total, _ = data_loss(model, dense_grad=True)
    total.backward()
    gradients = {
        Connection(k, j, i): abs(p.grad)
        for k, layer in enumerate(model.layers)
        for j, neuron in enumerate(layer.neurons)
        for i, p in neuron.zero_ws.items()
    }
    moves = rigl_update(model, data_loss, 0.5, scope)
    for group in {keys[scope](c) for c in weights}:
        existing = [c for c in weights if keys[scope](c) == group]
        candidates = [c for c in gradients if keys[scope](c) == group]
        dropped = [old for old, _ in moves if keys[scope](old) == group]
        grown = [new for _, new in moves if keys[scope](new) == group]
        assert len(dropped) == min(len(existing) // 2, len(candidates))
        for old in dropped:
            assert all(weights[old] <= weights[c] for c in existing if c not in dropped)
        for new in grown:
            # Two ways of summing up the same gradient may differ in its last digits.
            rest = [gradients[c] for c in candidates if c not in grown]
            assert all(gradients[new] >= g - 1e-12 for g in rest)
        assert [weights[c] for c in dropped] == sorted(weights[c] for c in dropped)


def test_the_whole_batch_counts_by_default_and_the_last_sample_on_request():
    # The candidate over input 1 has gradients 5 - 4 = 1 over the batch, that over input 2 has
    # 2 + 1 = 3; of the last sample alone they have -4 and 1.
    X = [[1.0, 5.0, 2.0], [1.0, -4.0, 1.0]]

    def data_loss(model, dense_grad):
        return sum((model(x, dense_grad=dense_grad) for x in X), Value(0)), 0.0

    grown = {}
    for options in ({}, {"dense_grad": True}, {"dense_grad": "last"}):
        model = network([{0: 1.0}], nin=3)
        ((_, new),) = rigl_update(model, data_loss, 1, **options)
        grown[options.get("dense_grad")] = new.input
    assert grown == {None: 2, True: 2, "last": 1}


# ---------------------------------------------------------------------------- top_k_param_dict


def test_top_k_is_in_descending_order_of_magnitude_with_ties_in_order():
    entries = [(Value(2), "a", 0), (Value(-5), "b", 1), (Value(-2), "c", 2), (Value(1), "d", 3)]
    assert [entry[1] for entry in top_k_param_dict(entries, 3)] == ["b", "a", "c"]
    assert top_k_param_dict(entries, 1) == [entries[1]]


def test_top_k_by_another_function():
    entries = [(Value(2), "a"), (Value(-5), "b"), (Value(-2), "c")]
    chosen = top_k_param_dict(entries, 2, sort_fn=lambda p: -abs(p.data))
    assert [name for _, name in chosen] == ["a", "c"]


def test_top_k_of_too_few_or_of_none():
    entries = [(Value(2), "a")]
    assert top_k_param_dict(entries, 5) == entries
    assert top_k_param_dict(entries, 0) == []
    assert top_k_param_dict([], 3) == []


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_update_fraction_outside_its_range_is_an_error_and_changes_nothing(fraction):
    model = one_layer({0: 0.5})
    with pytest.raises(ValueError, match=rf"update_fraction must be in \[0, 1\]; got {fraction}"):
        rigl_update(model, loss_with_gradients({(0, 1): 1.0}), fraction)
    assert wiring_of(model) == [[{0: 0.5}]]


def test_unknown_scope_is_an_error_and_changes_nothing():
    model = one_layer({0: 0.5})
    with pytest.raises(
        ValueError, match="scope must be 'neuron', 'layer' or 'network'; got 'model'"
    ):
        rigl_update(model, loss_with_gradients({(0, 1): 1.0}), scope="model")
    assert wiring_of(model) == [[{0: 0.5}]]


@pytest.mark.parametrize("dense_grad", [False, "first"])
def test_dense_grad_other_than_true_or_last_is_an_error(dense_grad):
    model = network([{0: 0.5}], nin=2)
    with pytest.raises(ValueError, match=r"dense_grad must be .*True or 'last'"):
        rigl_update(
            model, lambda m, dense_grad: (m([1.0, 1.0], dense_grad), 1.0), 1, dense_grad=dense_grad
        )
