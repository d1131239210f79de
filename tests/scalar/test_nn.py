"""Neurons, layers and networks: shapes, wiring, starting weights, gradients, errors."""

import math
import random
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rewire.scalar import MLP, Layer, Module, Neuron, SparseLayer, SparseMLP, SparseNeuron, Value


def weights_of(model):
    return [p.data for p in model.parameters()]


def neuron_with(w, b=0.0, nin=None, nonlin=True):
    neuron = SparseNeuron(nin or max(w) + 1, 0, nonlin)
    neuron.w = {i: Value(x) for i, x in w.items()}
    neuron.b = Value(b)
    return neuron


# ----------------------------------------------------------------------- shapes and texts


def test_neuron_has_the_attributes_of_the_post():
    neuron = SparseNeuron(5, 0.5)
    assert list(map(type, neuron.w.values())) == [Value] * 3
    assert set(neuron.w) <= set(range(5))
    assert (neuron.b.data, neuron.nonlin, neuron.zero_ws) == (0.0, True, {})
    assert neuron.parameters() == [*neuron.w.values(), neuron.b]


def test_signatures_of_the_post_by_position_and_by_name():
    assert SparseNeuron(4, 0.5, False).nonlin is False
    assert SparseNeuron(nin=4, sparsity=0.5, nonlin=False).nonlin is False
    assert len(SparseLayer(4, 3).neurons[0].w) == 4
    assert len(SparseLayer(4, 3, sparsity=0.5, nonlin=False).neurons[2].w) == 2
    by_position = SparseMLP(2, [3, 1], [0.0, 0.5])
    by_name = SparseMLP(nin=2, nouts=[3, 1], sparsities=[0.0, 0.5])
    assert repr(by_position) == repr(by_name)


def test_sizes_may_be_tuples():
    assert repr(SparseMLP(2, (3, 1), (0, 0))) == repr(SparseMLP(2, [3, 1], [0, 0]))


def test_reprs_are_those_of_the_post():
    assert repr(SparseNeuron(4, 0.5)) == "ReLUNeuron(2)"
    assert repr(SparseNeuron(4, 0, nonlin=False)) == "LinearNeuron(4)"
    assert repr(SparseLayer(4, 2, 0.5)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    assert repr(SparseMLP(2, [2, 1], [0, 0.5])) == (
        "MLP of [\nLayer of [ReLUNeuron(2), ReLUNeuron(2)]\nLayer of [LinearNeuron(1)]\n]"
    )


def test_repr_counts_the_connections_that_exist_now():
    neuron = SparseNeuron(4, 0)
    del neuron.w[2]
    assert repr(neuron) == "ReLUNeuron(3)"


def test_only_the_output_layer_is_linear():
    model = SparseMLP(2, [3, 3, 2], [0, 0, 0])
    nonlinear = [[neuron.nonlin for neuron in layer.neurons] for layer in model.layers]
    assert nonlinear == [[True] * 3, [True] * 3, [False] * 2]


def test_network_of_the_post_has_101_parameters():
    model = SparseMLP(2, [16, 16, 1], [0.0, 0.9, 0.8])
    fan_ins = [[len(neuron.w) for neuron in layer.neurons] for layer in model.layers]
    assert fan_ins == [[2] * 16, [2] * 16, [4]]
    assert len(model.parameters()) == 101


def test_parameters_are_each_there_once_neuron_by_neuron():
    model = SparseMLP(2, [2, 1], [0, 0])
    expected = [
        p
        for layer in model.layers
        for neuron in layer.neurons
        for p in [*neuron.w.values(), neuron.b]
    ]
    assert model.parameters() == expected
    assert len(set(expected)) == 9


def test_zero_grad_resets_every_parameter():
    model = SparseMLP(2, [2, 1], [0, 0])
    for p in model.parameters():
        p.grad = 3.0
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 9


def test_module_alone_has_no_parameters():
    assert Module().parameters() == []


# ------------------------------------------------------------------------- fan-in and wiring


@pytest.mark.parametrize(
    ("nin", "sparsity", "fan_in"),
    [
        (10, 0.7, 3),  # (1 - 0.7) * 10 is 3.0000000000000004
        (10, 0.9, 1),
        (10, 0.1, 9),
        (100, 0.99, 1),
        (1000, 0.7, 300),
        (16, 0.9, 2),
        (16, 0.8, 4),
        (2, 0.0, 2),
        (3, 0.5, 2),
        (1, 0.999, 1),
        (7, 0.999, 1),
        (30, 1 - 1 / 3, 10),
    ],
)
def test_fan_in_is_rounded_up_and_robust_to_representation_error(nin, sparsity, fan_in):
    assert len(SparseNeuron(nin, sparsity).w) == fan_in


@given(nin=st.integers(1, 60), missing=st.integers(0, 59))
def test_sparsity_given_as_a_fraction_of_the_inputs_is_exact(nin, missing):
    missing %= nin
    assert len(SparseNeuron(nin, missing / nin).w) == nin - missing


@pytest.mark.parametrize("sparsity", [1 - 1e-10, 1 - 1e-15])
def test_fan_in_is_at_least_one_for_every_allowed_sparsity(sparsity):
    assert len(SparseNeuron(3, sparsity).w) == 1


def test_wiring_first_takes_the_first_inputs():
    for seed in range(20):
        neuron = SparseNeuron(10, 0.6, wiring="first", rng=random.Random(seed))
        assert sorted(neuron.w) == [0, 1, 2, 3]


def test_wiring_is_random_over_all_inputs_by_default():
    rng = random.Random(0)
    neurons = [SparseNeuron(10, 0.7, rng=rng) for _ in range(2000)]
    assert {len(neuron.w) for neuron in neurons} == {3}
    counts = [sum(i in neuron.w for neuron in neurons) for i in range(10)]
    # Each input is chosen with probability 0.3: 600 of 2000, standard deviation 20.
    assert all(500 < count < 700 for count in counts)


def test_wiring_random_is_the_default():
    default = SparseNeuron(20, 0.5, rng=random.Random(3))
    named = SparseNeuron(20, 0.5, wiring="random", rng=random.Random(3))
    assert list(default.w) == list(named.w)


# ----------------------------------------------------------------------------- starting weights


@pytest.mark.parametrize(("nin", "sparsity", "fan_in"), [(50, 0.0, 50), (50, 0.9, 5)])
def test_init_fan_in_is_normal_with_the_variance_of_he(nin, sparsity, fan_in):
    rng = random.Random(0)
    weights = [w.data for _ in range(400) for w in SparseNeuron(nin, sparsity, rng=rng).w.values()]
    expected = math.sqrt(2 / fan_in)
    assert statistics.fmean(weights) == pytest.approx(0, abs=4 * expected / len(weights) ** 0.5)
    assert statistics.pstdev(weights) == pytest.approx(expected, rel=0.06)
    beyond_two = sum(abs(w) > 2 * expected for w in weights) / len(weights)
    assert 0.02 < beyond_two < 0.08  # 4.6% for a normal distribution, none for a uniform one


def test_init_by_a_number_is_uniform_up_to_it():
    weights = weights_of(SparseLayer(100, 40, init=0.1, rng=random.Random(0)))
    weights = [w for w in weights if w]  # not the biases
    assert len(weights) == 4000
    assert -0.1 <= min(weights) < -0.099
    assert 0.099 < max(weights) <= 0.1
    assert statistics.pstdev(weights) == pytest.approx(0.1 / math.sqrt(3), rel=0.03)


def test_init_by_a_function_gets_fan_in_and_generator():
    rng, calls = random.Random(0), []

    def init(fan_in, generator):
        calls.append((fan_in, generator))
        return fan_in / 2

    neuron = SparseNeuron(10, 0.7, init=init, rng=rng)
    assert [w.data for w in neuron.w.values()] == [1.5] * 3
    assert calls == [(3, rng)] * 3


def test_biases_start_at_zero():
    model = SparseMLP(3, [4, 2], [0.5, 0], rng=random.Random(0))
    assert [n.b.data for layer in model.layers for n in layer.neurons] == [0.0] * 6


# ---------------------------------------------------------------------------------- randomness


@pytest.fixture
def global_random():
    state = random.getstate()
    yield random
    random.setstate(state)


@pytest.mark.parametrize("wiring", ["first", "random"])
@pytest.mark.parametrize("init", ["fan_in", 0.1])
def test_the_module_random_is_the_default_generator(global_random, wiring, init):
    def build(**rng):
        return SparseMLP(5, [4, 1], [0.5, 0], wiring=wiring, init=init, **rng)

    global_random.seed(42)
    first = build()
    following = build()
    given_rng = random.Random(42)
    for seeded, model in [(build(rng=given_rng), first), (build(rng=given_rng), following)]:
        assert weights_of(seeded) == weights_of(model)
        assert [list(n.w) for n in seeded.layers[0].neurons] == [
            list(n.w) for n in model.layers[0].neurons
        ]
    assert weights_of(first) != weights_of(following)


def test_a_given_generator_leaves_the_module_random_alone(global_random):
    before = global_random.getstate()
    SparseMLP(5, [4, 1], [0.5, 0], rng=random.Random(1))
    assert global_random.getstate() == before


# -------------------------------------------------------------------------------------- outputs


def test_neuron_by_hand():
    x = [Value(2), Value(5), Value(-1)]
    assert neuron_with({2: 3.0, 0: 4.0}, b=0.5)(x).data == 0.5 - 3 + 8
    assert neuron_with({2: 3.0}, b=0.5)(x).data == 0.0
    assert neuron_with({2: 3.0}, b=0.5, nonlin=False)(x).data == -2.5


def test_inputs_may_be_plain_numbers():
    neuron = neuron_with({0: 2.0, 1: 1.0})
    assert neuron([1, 2.5]).data == neuron([Value(1), Value(2.5)]).data == 4.5


def test_a_layer_always_returns_a_list():
    x = [Value(1), Value(2)]
    assert len(SparseLayer(2, 3)(x)) == 3
    single = SparseLayer(2, 1)(x)
    assert isinstance(single, list)
    assert len(single) == 1


def test_network_returns_one_value_or_a_list():
    x = [Value(1), Value(2)]
    assert isinstance(SparseMLP(2, [3, 1], [0, 0])(x), Value)
    several = SparseMLP(2, [3, 2], [0, 0])(x)
    assert isinstance(several, list)
    assert [type(v) for v in several] == [Value, Value]


@pytest.mark.parametrize("dense_grad", [False, True, "last"])
def test_hidden_layer_of_one_neuron_works(dense_grad):
    model = SparseMLP(2, [1, 3, 1, 1], [0] * 4)
    for k, layer in enumerate(model.layers):
        for neuron in layer.neurons:
            for w in neuron.w.values():
                w.data = k + 1.0
    # 1 + 2 = 3; thrice 2 * 3; 3 * 18; 4 * 54
    assert model([1.0, 2.0], dense_grad=dense_grad).data == 216.0


architectures = st.tuples(
    st.integers(1, 4),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.floats(0, 0.9),
    st.integers(0, 10_000),
)


def random_model(architecture):
    nin, nouts, sparsity, seed = architecture
    rng = random.Random(seed)
    model = SparseMLP(nin, nouts, [sparsity] * len(nouts), rng=rng)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = rng.uniform(-1, 1)
    samples = [[rng.uniform(-2, 2) for _ in range(nin)] for _ in range(3)]
    return model, samples


def in_torch(model):
    """Return per layer a dense weight matrix, zero where there is no connection, and biases."""
    layers, nin = [], model.layers[0].neurons[0].nin
    for layer in model.layers:
        w = torch.zeros(len(layer.neurons), nin, dtype=torch.float64)
        for j, neuron in enumerate(layer.neurons):
            for i, p in neuron.w.items():
                w[j, i] = p.data
        b = torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64)
        layers.append((w.requires_grad_(), b.requires_grad_()))
        nin = len(layer.neurons)
    return layers


def forward_in_torch(layers, samples):
    x = torch.tensor(samples, dtype=torch.float64)
    for k, (w, b) in enumerate(layers):
        x = x @ w.T + b
        x = torch.relu(x) if k < len(layers) - 1 else x
    return x


def outputs_of(model, sample, **options):
    out = model(sample, **options)
    return out if isinstance(out, list) else [out]


@given(architectures)
def test_outputs_and_gradients_of_whole_networks_equal_torch(architecture):
    model, samples = random_model(architecture)
    layers = in_torch(model)
    expected = forward_in_torch(layers, samples)
    outputs = [outputs_of(model, sample) for sample in samples]
    for ours, theirs in zip(outputs, expected.tolist(), strict=True):
        assert [v.data for v in ours] == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    sum((v * v for row in outputs for v in row), Value(0)).backward()
    (expected**2).sum().backward()
    for layer, (w, b) in zip(model.layers, layers, strict=True):
        for j, neuron in enumerate(layer.neurons):
            got = [neuron.b.grad, *(p.grad for p in neuron.w.values())]
            wanted = [b.grad[j].item(), *(w.grad[j, i].item() for i in neuron.w)]
            assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)


# ------------------------------------------------------------- gradients of absent connections


@given(architectures)
def test_dense_grad_gives_the_gradient_of_every_absent_connection_over_the_batch(architecture):
    model, samples = random_model(architecture)
    layers = in_torch(model)
    (forward_in_torch(layers, samples) ** 2).sum().backward()
    rows = [outputs_of(model, sample, dense_grad=True) for sample in samples]
    sum((v * v for row in rows for v in row), Value(0)).backward()
    for layer, (w, _) in zip(model.layers, layers, strict=True):
        for j, neuron in enumerate(layer.neurons):
            assert list(neuron.zero_ws) == sorted(set(range(w.shape[1])) - set(neuron.w))
            got = [p.grad for p in neuron.zero_ws.values()]
            wanted = [w.grad[j, i].item() for i in neuron.zero_ws]
            assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_gradient_of_an_absent_connection_is_the_slope_of_adding_it():
    model = SparseMLP(3, [3, 1], [0.6, 0.5], rng=random.Random(5))
    samples, h = [[0.4, -1.2, 0.9], [1.1, 0.3, -0.7], [-0.2, 0.8, 1.5]], 1e-6

    def total(**options):
        return sum((model(sample, **options) ** 2 for sample in samples), Value(0))

    total(dense_grad=True).backward()
    gradients = {
        (k, j, i): p.grad
        for k, layer in enumerate(model.layers)
        for j, neuron in enumerate(layer.neurons)
        for i, p in neuron.zero_ws.items()
    }
    assert len(gradients) == 3 + 1
    assert any(gradients.values())
    for (k, j, i), gradient in gradients.items():
        w = model.layers[k].neurons[j].w
        w[i] = Value(h)
        up = total().data
        w[i] = Value(-h)
        down = total().data
        del w[i]
        assert gradient == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)


def test_dense_grad_last_keeps_the_last_sample_only():
    def absent_gradient(dense_grad):
        neuron = neuron_with({0: 1.0}, nin=2)
        outs = [neuron([Value(1), Value(x)], dense_grad=dense_grad) for x in (10.0, 3.0)]
        sum(outs, Value(0)).backward()
        return neuron.zero_ws[1].grad

    assert absent_gradient("last") == 3.0
    assert absent_gradient(True) == 13.0


def test_dense_grad_starts_anew_when_zero_ws_is_emptied():
    neuron = neuron_with({0: 1.0}, nin=2)
    neuron([1.0, 10.0], dense_grad=True).backward()
    neuron.zero_ws = {}
    neuron([1.0, 3.0], dense_grad=True).backward()
    assert neuron.zero_ws[1].grad == 3.0


def test_dense_grad_follows_connections_made_in_between():
    neuron = neuron_with({0: 1.0}, nin=3)
    neuron([1.0, 2.0, 3.0], dense_grad=True)
    assert list(neuron.zero_ws) == [1, 2]
    neuron.w[1] = Value(0.0)
    neuron([1.0, 2.0, 3.0], dense_grad=True)
    assert list(neuron.zero_ws) == [2]


def test_dense_grad_changes_no_output():
    model, samples = random_model((3, [4, 2], 0.6, 11))
    for sample in samples:
        plain = [v.data for v in model(sample)]
        assert [v.data for v in model(sample, dense_grad=True)] == pytest.approx(plain, rel=1e-14)
        assert [v.data for v in model(sample, dense_grad="last")] == pytest.approx(plain, rel=1e-14)


def test_zero_ws_stays_empty_without_dense_grad_and_out_of_the_parameters():
    neuron = SparseNeuron(4, 0.5)
    neuron([1.0] * 4)
    assert neuron.zero_ws == {}
    neuron([1.0] * 4, dense_grad=True)
    assert [p.data for p in neuron.zero_ws.values()] == [0.0, 0.0]
    assert len(neuron.parameters()) == 3


# ------------------------------------------------------------------------------ dense classes


def test_dense_classes_connect_to_every_input():
    neuron, layer, model = Neuron(3), Layer(3, 2), MLP(3, [4, 1])
    assert sorted(neuron.w) == [0, 1, 2]
    assert [sorted(n.w) for n in layer.neurons] == [[0, 1, 2]] * 2
    assert len(model.parameters()) == 4 * 4 + 5
    assert repr(model.layers[1]) == "Layer of [LinearNeuron(4)]"


def test_dense_classes_pass_their_options_on():
    assert Neuron(3, nonlin=False).nonlin is False
    assert Neuron(3, False).nonlin is False
    assert Layer(3, 2, nonlin=False).neurons[1].nonlin is False
    seeded = [MLP(3, [4, 1], init=0.1, rng=random.Random(7)) for _ in range(2)]
    assert weights_of(seeded[0]) == weights_of(seeded[1])
    assert max(map(abs, weights_of(seeded[0]))) <= 0.1


def test_dense_network_is_the_sparse_one_of_sparsity_zero():
    dense = MLP(3, [4, 1], rng=random.Random(7))
    sparse = SparseMLP(3, [4, 1], [0, 0], rng=random.Random(7))
    assert weights_of(dense) == weights_of(sparse)
    assert isinstance(dense, SparseMLP)


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("sparsity", [1, 1.2, -0.1, float("nan"), float("inf")])
def test_sparsity_outside_its_range_is_an_error(sparsity):
    with pytest.raises(ValueError, match=rf"sparsity must be in \[0, 1\); got {sparsity}"):
        SparseNeuron(4, sparsity)


def test_sparsity_outside_its_range_names_the_layer():
    with pytest.raises(ValueError, match=r"sparsity must be in \[0, 1\); got 1.2 for layer 2"):
        SparseMLP(2, [4, 4, 1], [0, 1.2, 0])


@pytest.mark.parametrize("sparsities", [[0], [0, 0, 0], []])
def test_there_must_be_as_many_sparsities_as_layers(sparsities):
    with pytest.raises(
        ValueError, match=rf"sparsities .* each of the 2 layers; got {len(sparsities)}"
    ):
        SparseMLP(2, [4, 1], sparsities)


@pytest.mark.parametrize(
    "model", [SparseNeuron(2, 0), SparseLayer(2, 3), SparseMLP(2, [3, 1], [0, 0])]
)
@pytest.mark.parametrize("dense_grad", [False, True])
@pytest.mark.parametrize("width", [0, 1, 3])
def test_inputs_of_the_wrong_width_are_an_error(model, dense_grad, width):
    with pytest.raises(ValueError, match=rf"x must hold 2 inputs .*; got {width}"):
        model([1.0] * width, dense_grad=dense_grad)


def test_unknown_wiring_is_an_error():
    with pytest.raises(ValueError, match="wiring must be 'random' or 'first'; got 'ring'"):
        SparseNeuron(4, 0.5, wiring="ring")


@pytest.mark.parametrize("init", ["he", 0, -0.1, float("nan"), float("inf"), None])
def test_unusable_init_is_an_error(init):
    with pytest.raises(ValueError, match=r"init must be 'fan_in', a number above 0 or a function"):
        SparseNeuron(4, 0.5, init=init)


@pytest.mark.parametrize("dense_grad", ["first", 2, None])
def test_unknown_dense_grad_is_an_error(dense_grad):
    with pytest.raises(ValueError, match="dense_grad must be False, True or 'last'; got"):
        SparseNeuron(4, 0.5)([1.0] * 4, dense_grad=dense_grad)


def test_sizes_below_one_are_errors():
    with pytest.raises(ValueError, match="nin must be at least 1; got 0"):
        SparseNeuron(0, 0)
    with pytest.raises(ValueError, match="nout must be at least 1; got 0"):
        SparseLayer(2, 0)
    with pytest.raises(ValueError, match="nouts must name at least one layer"):
        SparseMLP(2, [], [])
