"""The sparse layers against PyTorch's dense ones, and everything that a module has to survive."""

import copy
import io
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call, grad, jvp, vmap
from torch.utils.checkpoint import checkpoint

import rewire.torch as rt
from rewire.torch.layers.operators import encode
from rewire.torch.layers.wiring import random_wiring

DOUBLE = torch.float64


def layers(dtype=DOUBLE):
    """One layer of each kind, with an input that fits it."""
    options = {"density": 0.4, "seed": 0, "dtype": dtype}
    generator = torch.Generator().manual_seed(0)

    def x(*shape):
        return torch.randn(*shape, dtype=dtype, generator=generator)

    return [
        (rt.Linear(6, 5, **options), x(3, 6)),
        (rt.Linear(6, 5, bias=False, **options), x(2, 3, 6)),
        (rt.Conv1d(4, 6, 3, padding="same", dilation=2, **options), x(2, 4, 7)),
        (rt.Conv2d(4, 6, 3, stride=2, padding=(1, 2), groups=2, **options), x(2, 4, 4, 3)),
        (rt.Conv2d(3, 4, (2, 3), padding=1, padding_mode="reflect", **options), x(1, 3, 3, 4)),
    ]


CASES = range(len(layers()))


@pytest.fixture(params=CASES)
def case(request):
    return layers()[request.param]


def gradients(module, x, scale):
    """Outputs, and gradients of input, weights and biases, for a fixed loss."""
    x = x.detach().requires_grad_()
    out = module(x)
    (out * torch.arange(1.0, out.numel() + 1).view(out.shape).to(out) * scale).sum().backward()
    return out.detach(), x.grad, *(parameter.grad for parameter in module.parameters())


# ---------------------------------------------------------------------------- the same numbers


def test_a_linear_layer_worked_by_hand():
    """Two targets; the first reads sources 0 and 2, the second source 0."""
    layer = rt.Linear(3, 2, wiring=([0, 2, 3], [0, 2, 0]))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0]))
        layer.bias.copy_(torch.tensor([0.5, -1.0]))
    out = layer(torch.tensor([[1.0, 7.0, 10.0]]))
    assert out.tolist() == [[21.5, 2.0]]
    out.sum().backward()
    assert layer.weight.grad.tolist() == [1.0, 10.0, 1.0]
    assert layer.bias.grad.tolist() == [1.0, 1.0]
    assert layer.dense_weight().tolist() == [[1.0, 0.0, 2.0], [3.0, 0.0, 0.0]]


def test_layers_agree_with_the_dense_ones(case):
    module, x = case
    dense = module.to_dense()
    ours, theirs = gradients(module, x, 0.01), gradients(dense, x, 0.01)
    exists = module.dense_weight() != 0
    theirs = [*theirs[:2], theirs[2][exists], *theirs[3:]]
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_gradients_and_second_gradients_agree_with_finite_differences(case):
    module, x = case
    names = [name for name, _ in module.named_parameters()]

    def function(x, *parameters):
        return functional_call(module, dict(zip(names, parameters, strict=True)), (x,))

    inputs = x.requires_grad_(), *module.parameters()
    assert torch.autograd.gradcheck(function, inputs)
    assert torch.autograd.gradgradcheck(function, inputs)


@st.composite
def convolutions(draw):
    groups = draw(st.sampled_from((1, 1, 2)))
    sizes = st.integers(1, 3)
    kernel = draw(sizes), draw(sizes)
    dilation = draw(sizes), draw(sizes)
    dense = nn.Conv2d(
        groups * draw(st.integers(1, 5)),
        groups * draw(st.integers(1, 5)),
        kernel,
        (draw(sizes), draw(sizes)),
        (draw(st.integers(0, 2)), draw(st.integers(0, 2))),
        dilation,
        groups,
        bias=draw(st.booleans()),
        dtype=DOUBLE,
    )
    size = [
        d * (k - 1) + 1 + draw(st.integers(0, 8)) for d, k in zip(dilation, kernel, strict=True)
    ]
    x = torch.randn(draw(st.sampled_from((0, 1, 2, 9))), dense.in_channels, *size, dtype=DOUBLE)
    return dense, x, draw(st.sampled_from(("plain", "channels last", "strided")))


@pytest.mark.slow
@settings(max_examples=60)
@given(convolutions())
def test_any_convolution_converted_at_full_density_computes_the_same(case):
    dense, x, memory = case
    if memory == "channels last":
        x = x.to(memory_format=torch.channels_last)
    elif memory == "strided":
        x = torch.stack((x, x), -1)[..., 0]
    sparse = nn.Sequential(copy.deepcopy(dense))
    with pytest.warns(UserWarning, match="dense layers are faster"):
        rt.sparsify(sparse, distribution={"*": 1.0}, min_weights=0, min_sources=0)
    assert isinstance(sparse[0], rt.Conv2d)
    ours, theirs = gradients(sparse, x, 0.1), gradients(dense, x, 0.1)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other.reshape(one.shape), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("wanted", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)])
@pytest.mark.parametrize("number", [n for n in CASES if layers()[n][0].bias is not None])
def test_only_the_gradients_that_are_asked_for_are_computed(number, wanted):
    module, x = layers()[number]
    expected = gradients(module, x, 0.1)[1:]
    module.zero_grad()
    inputs = x.detach(), module.weight, module.bias
    for tensor, want in zip(inputs, wanted, strict=True):
        tensor.requires_grad_(bool(want))
    out = module(inputs[0])
    (out * torch.arange(1.0, out.numel() + 1).view(out.shape).to(out) * 0.1).sum().backward()
    for tensor, want, value in zip(inputs, wanted, expected, strict=True):
        assert (tensor.grad is not None) == bool(want)
        if want:
            torch.testing.assert_close(tensor.grad, value)


@pytest.mark.parametrize("rows", [0, 1, 2, 63, 64, 65])
def test_any_number_of_rows(rows):
    layer = rt.Linear(40, 30, density=0.2, seed=0, dtype=DOUBLE)
    x = torch.randn(rows, 40, dtype=DOUBLE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(layer(x), layer.to_dense()(x), rtol=1e-12, atol=1e-12)


def test_targets_and_sources_without_connections():
    layer = rt.Linear(3, 3, wiring=([0, 0, 1, 1], [1]), dtype=DOUBLE)
    x = torch.ones(4, 3, dtype=DOUBLE, requires_grad=True)
    out = layer(x)
    assert torch.equal(out[:, [0, 2]], layer.bias[[0, 2]].expand(4, 2))
    out.sum().backward()
    assert (x.grad[:, [0, 2]] == 0).all()


def test_float32_is_right_to_rounding():
    layer = rt.Linear(500, 300, density=0.1, seed=0)
    x = torch.randn(70, 500, generator=torch.Generator().manual_seed(1))
    exact = copy.deepcopy(layer).double()(x.double())
    torch.testing.assert_close(layer(x).double(), exact, rtol=1e-5, atol=1e-5)


# ----------------------------------------------------------------------------- what else is asked


def test_the_dense_backend_computes_the_same(case):
    module, x = case
    expected = gradients(module, x, 0.1)
    module.zero_grad()
    module.backend = "dense"
    for one, other in zip(gradients(module, x, 0.1), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_operator_passes_pytorchs_own_checks(case):
    module, x = case
    if isinstance(module, rt.Conv1d):
        x = x.unsqueeze(2)
    x = x.flatten(0, -2) if isinstance(module, rt.Linear) else x
    arguments = x.requires_grad_(), module.weight, module.bias, *module.table
    found = torch.library.opcheck(
        torch.ops.rewire.layer.default, (*arguments, encode(module.window))
    )
    assert set(found.values()) == {"SUCCESS"}


def network():
    return nn.Sequential(
        rt.Conv2d(3, 8, 3, padding="same", density=0.3, seed=0),
        nn.ReLU(),
        nn.Flatten(),
        rt.Linear(8 * 36, 10, density=0.1, seed=1),
    )


def images(number=4):
    return torch.randn(number, 3, 6, 6, generator=torch.Generator().manual_seed(number))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch's own, in jvp
@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_transforms_of_functions_agree_with_the_dense_layer(kind):
    """Gradients for each sample, an ensemble's outputs and a directional derivative."""
    if kind == "linear":
        layer, shape = rt.Linear(7, 5, density=0.4, seed=0), (6, 1, 7)
    else:
        layer, shape = rt.Conv2d(4, 6, 3, density=0.3, seed=0, padding=1), (6, 1, 4, 5, 5)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    dense, mask = layer.to_dense(), layer.dense_weight() != 0

    def loss(model, weight, x):
        return functional_call(model, {"weight": weight}, (x,)).square().sum()

    found = vmap(grad(lambda w, x: loss(layer, w, x)), (None, 0))(layer.weight, x)
    expected = vmap(grad(lambda w, x: loss(dense, w, x)), (None, 0))(dense.weight, x)
    torch.testing.assert_close(found, torch.stack([g[mask] for g in expected]))
    weights = torch.stack([layer.weight, 2 * layer.weight])
    found = vmap(lambda w: functional_call(layer, {"weight": w}, (x[0],)))(weights)
    bias = dense.bias.reshape(-1, *[1] * (x.dim() - 3))
    torch.testing.assert_close(found[1], 2 * layer(x[0]) - bias)
    torch.testing.assert_close(jvp(layer, (x[0],), (x[1],))[1], dense(x[1]) - bias)


def test_the_kernels_alone_are_refused_under_transforms_of_functions():
    layer = rt.Linear(4, 3, density=0.5, backend="sparse", seed=0)
    with pytest.raises(RuntimeError, match="does not run under torch"):
        grad(lambda x: layer(x).sum())(torch.ones(2, 4))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_model_compiles_whole_and_computes_the_same():
    eager, x = network(), images()
    compiled = torch.compile(copy.deepcopy(eager), fullgraph=True)
    for one, other in zip(gradients(compiled, x, 0.1), gradients(eager, x, 0.1), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_model_is_exported_with_a_dynamic_batch():
    model = network().eval()
    batch = {0: torch.export.Dim("batch", min=1)}
    exported = torch.export.export(model, (images(),), dynamic_shapes=(batch,)).module()
    torch.testing.assert_close(exported(images(9)), model(images(9)))


def test_autocast_and_half_precision():
    model, x = network(), images()
    expected = model(x)
    with torch.autocast("cpu", torch.bfloat16):
        out = model(x)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), expected, rtol=0.05, atol=0.05)
    out.sum().backward()
    assert model[0].weight.grad.dtype == torch.float32
    half = copy.deepcopy(model).half()
    assert half(x.half()).dtype == torch.float16
    torch.testing.assert_close(half(x.half()).float(), expected, rtol=0.01, atol=0.01)
    with pytest.raises(TypeError, match=r"input must be of the layer's type, torch.float16"):
        half(x)


@pytest.mark.parametrize("reentrant", [False, True])
def test_activation_checkpointing(reentrant):
    model, x = network(), images()
    expected = gradients(model, x, 0.1)
    model.zero_grad()
    again = nn.Module()
    again.inner = model
    again.forward = lambda x: checkpoint(model, x, use_reentrant=reentrant)
    for one, other in zip(gradients(again, x, 0.1), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_copies_pickles_and_states_compute_the_same():
    model, x = network(), images()
    memory = io.BytesIO()
    torch.save(model.state_dict(), memory)
    memory.seek(0)
    loaded = nn.Sequential(
        rt.Conv2d(3, 8, 3, padding="same", density=0.3, seed=5),
        nn.ReLU(),
        nn.Flatten(),
        rt.Linear(8 * 36, 10, density=0.1, seed=6),
    )
    assert not torch.equal(loaded(x), model(x))
    loaded.load_state_dict(torch.load(memory))
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), loaded):
        for ours, theirs in zip(gradients(other, x, 1), gradients(model, x, 1), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
        model.zero_grad()


def test_the_state_has_weights_and_wiring_and_nothing_else():
    state = rt.Linear(8, 4, density=0.5, seed=0).state_dict()
    assert {name: (tuple(t.shape), t.dtype) for name, t in state.items()} == {
        "weight": ((16,), torch.float32),
        "bias": ((4,), torch.float32),
        "indptr": ((5,), torch.int32),
        "source": ((16,), torch.int32),
    }


def test_a_dense_state_of_the_same_shape_is_taken_over_at_the_connections(case):
    module, _ = case
    dense = module.to_dense()
    nn.init.normal_(dense.weight, generator=torch.Generator().manual_seed(3))
    before = module.source.clone()
    module.load_state_dict(dense.state_dict())
    exists = module.dense_weight() != 0
    assert torch.equal(module.weight, dense.weight[exists])
    assert torch.equal(module.source, before)


def test_any_dtype_of_parameters_and_an_optimiser_step():
    layer = rt.Linear(8, 4, density=0.5, seed=0)
    optimizer = torch.optim.AdamW(rt.parameter_groups(layer, weight_decay=0.1), lr=0.1)
    target, x = torch.ones(16, 4), torch.ones(16, 8)
    losses = []
    for _ in range(20):
        loss = (layer(x) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10


def test_the_same_seed_gives_the_same_layer():
    one, two = (rt.Linear(30, 20, density=0.2, seed=4) for _ in range(2))
    assert torch.equal(one.weight, two.weight)
    assert torch.equal(one.source, two.source)
    torch.manual_seed(7)
    one = rt.Linear(30, 20, density=0.2)
    torch.manual_seed(7)
    assert torch.equal(one.weight, rt.Linear(30, 20, density=0.2).weight)


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.1, 1), st.integers(0, 99))
def test_random_wiring_has_the_density_and_even_fan_in(sources, targets, density, seed):
    indptr, source = random_wiring(targets, sources, density, np.random.default_rng(seed))
    assert len(source) == indptr[-1] == max(1, round(density * sources * targets))
    assert np.ptp(np.diff(indptr)) <= 1
    for t in range(targets):
        row = source[indptr[t] : indptr[t + 1]]
        assert (np.diff(row) > 0).all()
        assert ((row >= 0) & (row < sources)).all()


def test_single_rows_with_weights_of_8_bits_are_off_by_their_rounding_at_most():
    layer = rt.Linear(300, 200, density=0.2, seed=0)
    x = torch.randn(1, 300, generator=torch.Generator().manual_seed(1))
    layer.int8_inference = True
    exact = layer(x).detach()  # with gradients nothing is rounded
    torch.testing.assert_close(exact, layer.to_dense()(x))
    dense = layer.dense_weight().detach()
    bound = (dense != 0) * dense.abs().amax(1, keepdim=True) / 254
    for _ in range(2):
        with torch.no_grad():
            error = (layer(x) - layer.to_dense()(x)).abs()
            assert (error <= bound @ x[0].abs() + 1e-6).all()
            assert error.max() > 0
            layer.weight.mul_(2)  # renewed when weights change
            bound = 2 * bound


# -------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either density or sparsity; got density=None and sparsity=None"),
        ({"density": 0.5, "sparsity": 0.5}, "give either density or sparsity"),
        ({"density": 0}, r"density must be in \(0, 1\]; got 0"),
        ({"density": 1.5}, r"density must be in \(0, 1\]; got 1.5"),
        ({"sparsity": 1}, r"sparsity must be in \[0, 1\); got 1"),
        ({"density": 0.5, "wiring": "even"}, "wiring must be 'random' or a table"),
        ({"density": 0.5, "backend": "cuda"}, "backend must be one of"),
        ({"density": 0.5, "wiring": ([0, 1, 2], [0, 1])}, "density and sparsity must be None"),
        ({"wiring": ([0, 2, 2], [1, 0])}, "wiring: source must rise within each target"),
        ({"wiring": ([0, 1, 2], [0, 4])}, r"wiring: source must be in \[0, 4\)"),
        ({"wiring": ([0, 1], [0])}, "wiring: indptr must rise from 0 in 3 numbers"),
        ({"wiring": ([0, 1, 3], [0, 1])}, "wiring: indptr must end at the number of connections"),
    ],
)
def test_bad_options_are_refused_by_name(options, message):
    with pytest.raises(ValueError, match=message):
        rt.Linear(4, 2, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 0}, "kernel_size must be 2 whole numbers"),
        ({"stride": (1, 2, 3)}, "stride must be 2 whole numbers"),
        ({"padding": "all"}, "padding must be numbers, 'valid' or 'same'; got 'all'"),
        ({"padding": "same", "stride": 2}, "stride must be 1 where padding is 'same'"),
        ({"groups": 3}, "groups must divide in_channels and out_channels; got groups=3"),
        ({"padding_mode": "none"}, "padding_mode must be one of"),
        ({"in_channels": 0}, "in_channels must be a whole number, at least 1; got 0"),
    ],
)
def test_bad_sizes_are_refused_by_name(options, message):
    sizes = {"in_channels": 4, "out_channels": 4, "kernel_size": 3}
    with pytest.raises(ValueError, match=message):
        rt.Conv2d(**{**sizes, **options}, density=0.5)


def test_bad_inputs_are_refused_by_name():
    layer, convolution = rt.Linear(4, 2, density=0.5), rt.Conv2d(4, 2, 3, density=0.5)
    with pytest.raises(ValueError, match=r"input must have 4 channels .* got shape \(3, 5\)"):
        layer(torch.ones(3, 5))
    with pytest.raises(TypeError, match=r"input must hold floating-point numbers; got torch.int64"):
        layer(torch.ones(3, 4, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"input must be of the layer's type, torch.float32; got"):
        layer(torch.ones(3, 4, dtype=DOUBLE))
    with pytest.raises(ValueError, match="input must be on the layer's device, cpu; got meta"):
        layer(torch.ones(3, 4, device="meta"))
    with pytest.raises(ValueError, match="input must be on the CPU where backend is 'sparse'"):
        rt.Linear(4, 2, density=0.5, backend="sparse").to("meta")(torch.ones(3, 4, device="meta"))
    with pytest.raises(ValueError, match="input must have 4 dimensions, or 3 for one image"):
        convolution(torch.ones(3, 4))
    with pytest.raises(ValueError, match="input must be at least as large as the kernel"):
        convolution(torch.ones(1, 4, 2, 9))


def test_neurons_without_inputs_are_counted():
    with pytest.warns(UserWarning, match="density 0.02 leaves 12 of 20 neurons without inputs"):
        rt.Linear(20, 20, density=0.02, seed=0)


def test_a_state_of_another_density_is_refused_by_the_layers_name():
    model = nn.Sequential(rt.Linear(8, 4, density=0.5, seed=0))
    other = nn.Sequential(rt.Linear(8, 4, density=0.25, seed=0))
    with pytest.raises(RuntimeError, match=r"0: weight must have shape \(16,\).*got \(8,\)"):
        model.load_state_dict(other.state_dict())


def test_changes_of_the_table_and_moves_of_the_weights_are_noticed():
    layer = rt.Linear(8, 4, density=0.5, seed=0)
    other, x = rt.Linear(8, 4, density=0.5, seed=1), torch.randn(3, 8)
    assert not torch.equal(layer(x), other(x))
    layer.load_state_dict(other.state_dict())  # in place
    assert torch.equal(layer(x), other(x))
    layer.weight = torch.nn.Parameter(2 * other.weight.detach())
    layer.bias.data = 2 * other.bias.detach()
    torch.testing.assert_close(layer(x), 2 * other(x))
    layer.double()
    torch.testing.assert_close(layer(x.double()).float(), 2 * other(x))


def test_inference_mode():
    with torch.inference_mode():
        layer, x = rt.Conv2d(4, 4, 3, density=0.5, seed=0), torch.randn(2, 4, 5, 5)
        torch.testing.assert_close(layer(x), layer.to_dense()(x))
        torch.testing.assert_close(layer(x), layer.to_dense()(x))


def test_several_threads_may_use_a_layer_at_once():
    layer = rt.Linear(64, 64, density=0.2, seed=0)
    inputs = [torch.randn(n, 64) for n in (1, 5, 64, 100)] * 5
    expected = [layer(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for out, theirs in zip(pool.map(layer, inputs), expected, strict=True):
            assert torch.equal(out, theirs)


def test_a_damaged_wiring_is_refused():
    layer = rt.Linear(8, 4, density=0.5, seed=0)
    state = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    state["source"][0] = 99
    with pytest.raises(RuntimeError, match=r"source must be in \[0, 8\): the state is damaged"):
        layer.load_state_dict(state)
    del state["source"]
    with pytest.raises(RuntimeError, match=r'Missing key.*"source"'):
        layer.load_state_dict(state)


def test_data_parallel_is_refused_by_name():
    layer = rt.Linear(8, 4, density=0.5, seed=0)
    with pytest.raises(RuntimeError, match="DataParallel does not work with sparse layers"):
        layer._replicate_for_data_parallel()
