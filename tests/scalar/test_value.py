"""Value agrees with PyTorch in double precision and with finite differences."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from rewire.scalar import Value, weighted_sum

# ------------------------------------------------------------------------- random expressions
#
# An expression is data: ("leaf", n), or (name, constant or None, operands). The same tree is
# evaluated with Values, with tensors and with floats.

LEAVES = 3
INTEGER_POWERS = [0, 1, 2, 3, -1, -2]
REAL_POWERS = [0.5, 1.5, -0.5, 2.0]

UNARY = ["neg", "relu", "exp", "log", "tanh"]
BINARY = ["add", "sub", "mul", "div"]
WITH_NUMBER = ["add_n", "n_add", "sub_n", "n_sub", "mul_n", "n_mul", "div_n", "n_div"]

numbers = st.one_of(
    st.integers(-3, 3).filter(bool),
    st.floats(0.3, 3).map(lambda x: round(x, 3)),
    st.floats(-3, -0.3).map(lambda x: round(x, 3)),
)


def expressions_over(children):
    return st.one_of(
        st.tuples(st.sampled_from(UNARY), st.none(), st.tuples(children)),
        st.tuples(st.sampled_from(BINARY), st.none(), st.tuples(children, children)),
        st.tuples(st.sampled_from(WITH_NUMBER), numbers, st.tuples(children)),
        st.tuples(
            st.just("pow"), st.sampled_from(INTEGER_POWERS + REAL_POWERS), st.tuples(children)
        ),
        st.tuples(
            st.just("weighted_sum"),
            st.none(),
            st.integers(0, 2).flatmap(lambda n: st.tuples(*[children] * (2 * n + 1))),
        ),
    )


expressions = st.recursive(
    st.tuples(st.just("leaf"), st.integers(0, LEAVES - 1)), expressions_over, max_leaves=12
)
points = st.lists(
    st.floats(-2, 2).map(lambda x: round(x, 3)), min_size=LEAVES, max_size=LEAVES
).filter(lambda xs: all(abs(x) > 0.05 for x in xs))


class OutOfBoundsError(Exception):
    """The expression comes too near to a pole or a kink, or grows too large to compare."""


def plain(name):
    return {
        "neg": lambda a: -a,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
    }[name]


def with_number(name):
    return {
        "add_n": lambda a, n: a + n,
        "n_add": lambda a, n: n + a,
        "sub_n": lambda a, n: a - n,
        "n_sub": lambda a, n: n - a,
        "mul_n": lambda a, n: a * n,
        "n_mul": lambda a, n: n * a,
        "div_n": lambda a, n: a / n,
        "n_div": lambda a, n: n / a,
        "pow": lambda a, n: a**n,
    }[name]


class WithValues:
    relu, exp, log, tanh = Value.relu, Value.exp, Value.log, Value.tanh

    @staticmethod
    def weighted_sum(bias, *operands):
        n = len(operands) // 2
        return weighted_sum(operands[:n], operands[n:], bias)


class WithTensors:
    relu, exp, log, tanh = torch.relu, torch.exp, torch.log, torch.tanh

    @staticmethod
    def weighted_sum(bias, *operands):
        n = len(operands) // 2
        return bias + sum(w * x for w, x in zip(operands[:n], operands[n:], strict=True))


class WithFloats:
    exp, log, tanh = math.exp, math.log, math.tanh
    weighted_sum = WithTensors.weighted_sum

    @staticmethod
    def relu(x):
        return max(0.0, x)


def evaluate(tree, leaves, engine):
    if tree[0] == "leaf":
        return leaves[tree[1]]
    name, number, children = tree
    operands = [evaluate(child, leaves, engine) for child in children]
    if engine is WithFloats:
        keep_away_from_trouble(name, number, operands)
    if number is not None:
        out = with_number(name)(*operands, number)
    elif hasattr(engine, name):
        out = getattr(engine, name)(*operands)
    else:
        out = plain(name)(*operands)
    if engine is WithFloats and not abs(out) < 1e3:
        raise OutOfBoundsError
    return out


def keep_away_from_trouble(name, number, operands):
    fine = {
        "relu": lambda: abs(operands[0]) > 0.05,
        "log": lambda: operands[0] > 0.05,
        "exp": lambda: operands[0] < 5,
        "div": lambda: abs(operands[1]) > 0.2,
        "n_div": lambda: abs(operands[0]) > 0.2,
        # torch's own second derivatives of x**n have poles at 0 where n is small
        "pow": lambda: operands[0] > 0.2 if number in REAL_POWERS else abs(operands[0]) > 0.2,
    }
    if not fine.get(name, lambda: True)():
        raise OutOfBoundsError


def as_float(tree, xs):
    try:
        return evaluate(tree, xs, WithFloats)
    except OutOfBoundsError:
        return assume(False)


def tensors(xs):
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]


def torch_gradients(out, leaves, **options):
    if not out.requires_grad:
        return [torch.zeros((), dtype=torch.float64) for _ in leaves]
    gradients = torch.autograd.grad(out, leaves, allow_unused=True, **options)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, gradients, strict=True)]


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(tree=expressions, xs=points)
def test_values_and_gradients_of_random_expressions_equal_those_of_torch(tree, xs):
    as_float(tree, xs)
    ours, theirs = [Value(x) for x in xs], tensors(xs)
    out, torch_out = evaluate(tree, ours, WithValues), evaluate(tree, theirs, WithTensors)
    assert out.data == close(torch_out.item())
    out.backward()
    assert [x.grad for x in ours] == close([g.item() for g in torch_gradients(torch_out, theirs)])


@given(tree=expressions, xs=points)
def test_gradients_of_random_expressions_equal_central_differences(tree, xs):
    as_float(tree, xs)
    leaves = [Value(x) for x in xs]
    evaluate(tree, leaves, WithValues).backward()
    h = 1e-5
    for i, leaf in enumerate(leaves):

        def along(step, i=i):
            return as_float(tree, [x + step * (j == i) for j, x in enumerate(xs)])

        slope = (along(h) - along(-h)) / (2 * h)
        finer = (along(h / 2) - along(-h / 2)) / h
        assume(abs(slope - finer) < 1e-4 * (1 + abs(slope)))  # where the difference itself is good
        assert leaf.grad == pytest.approx(slope, rel=1e-3, abs=1e-3)


@given(tree=expressions, xs=points)
def test_second_derivatives_of_random_expressions_equal_those_of_torch(tree, xs):
    as_float(tree, xs)
    ours, theirs = [Value(x) for x in xs], tensors(xs)
    evaluate(tree, ours, WithValues).backward(keep_graph=True)
    first = [x.grad for x in ours]
    torch_first = torch_gradients(evaluate(tree, theirs, WithTensors), theirs, create_graph=True)
    numbers = [g.data if isinstance(g, Value) else g for g in first]
    assert numbers == close([g.item() for g in torch_first])
    for gradient, torch_gradient in zip(first, torch_first, strict=True):
        for x in ours:
            x.grad = 0.0
        if isinstance(gradient, Value):
            gradient.backward()
        expected = torch_gradients(torch_gradient, theirs, retain_graph=True)
        assert [x.grad for x in ours] == close([g.item() for g in expected])


# --------------------------------------------------------- expressions written out by hand


def one_input_reused(x):
    twice = x + x
    hinge = (1 - twice).relu()
    return hinge * twice + (x * x + 2 * x).relu() / 2


def sums_that_grow_by_themselves(a, b):
    total = a * b - b**2
    total = total + total * a
    total = total - (1.5 - total)
    hinge = (total + b).relu() - (-total).relu()
    ratio = 4.0 / (hinge**2 + 1) + hinge / 8.0
    total = total * ratio
    return -total + (3 + a) ** -1 * ratio


@pytest.mark.parametrize(
    ("expression", "xs"),
    [
        (one_input_reused, [-3.5]),
        (one_input_reused, [0.25]),
        (sums_that_grow_by_themselves, [-2.0, 1.25]),
        (sums_that_grow_by_themselves, [0.5, -3.0]),
    ],
)
def test_expressions_that_reuse_their_parts_equal_torch(expression, xs):
    ours, theirs = [Value(x) for x in xs], tensors(xs)
    out, theirs_out = expression(*ours), expression(*theirs)
    out.backward()
    theirs_out.backward()
    assert out.data == close(theirs_out.item())
    assert [x.grad for x in ours] == close([x.grad.item() for x in theirs])


@pytest.mark.parametrize(
    ("make", "result", "slope"),
    [
        (lambda x: x + 3, 5, 1),
        (lambda x: 3 + x, 5, 1),
        (lambda x: x - 3, -1, 1),
        (lambda x: 3 - x, 1, -1),
        (lambda x: x * 3, 6, 3),
        (lambda x: 3 * x, 6, 3),
        (lambda x: x / 4, 0.5, 0.25),
        (lambda x: 4 / x, 2, -1),
        (lambda x: x**3, 8, 12),
        (lambda x: x**-1, 0.5, -0.25),
        (lambda x: x**0.5, math.sqrt(2), 0.5 / math.sqrt(2)),
        (lambda x: -x, -2, -1),
        (lambda x: x.relu(), 2, 1),
        (lambda x: (-x).relu(), 0, 0),
        (lambda x: x.exp(), math.exp(2), math.exp(2)),
        (lambda x: x.log(), math.log(2), 0.5),
        (lambda x: x.tanh(), math.tanh(2), 1 - math.tanh(2) ** 2),
    ],
)
def test_each_operation_at_two(make, result, slope):
    x = Value(2)
    out = make(x)
    out.backward()
    assert isinstance(out, Value)
    assert out.data == pytest.approx(result, rel=1e-15)
    assert x.grad == pytest.approx(slope, rel=1e-14)


def test_relu_has_derivative_zero_at_zero():
    x = Value(0.0)
    out = x.relu()
    out.backward()
    assert (out.data, x.grad) == (0.0, 0.0)


def test_power_zero_is_constant_also_at_zero():
    x = Value(0.0)
    out = x**0
    out.backward()
    assert (out.data, x.grad) == (1.0, 0.0)


def test_powers_of_zero_have_their_derivatives():
    for exponent, slope in [(1, 1.0), (2, 0.0), (1.5, 0.0)]:
        x = Value(0.0)
        (x**exponent).backward()
        assert x.grad == slope


def test_numpy_numbers_work_on_both_sides():
    x = Value(3.0)
    for out, expected in [
        (np.float64(2) * x, 6.0),
        (x * np.float64(2), 6.0),
        (np.int64(-1) * x, -3.0),
        (1 + np.int64(-1) * x, -2.0),
        (np.float64(6) / x, 2.0),
        (np.float64(1) - x, -2.0),
    ]:
        assert isinstance(out, Value)
        assert out.data == expected


# -------------------------------------------------------------------- the rules of backward


def test_leaves_accumulate_over_calls_and_intermediates_do_not():
    x = Value(3.0)
    square = x * x
    out = square * 2
    out.backward()
    assert (x.grad, square.grad, out.grad) == (12.0, 2.0, 1.0)
    out.backward()
    assert (x.grad, square.grad, out.grad) == (24.0, 2.0, 1.0)


def test_leaves_accumulate_over_different_results():
    x = Value(3.0)
    (x * 5).backward()
    (x * x).backward()
    assert x.grad == 5 + 6


def test_backward_on_a_leaf_adds_one_to_its_gradient():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_shared_subexpressions_are_counted_on_every_way():
    x = Value(1.0)
    node = x
    for _ in range(40):  # 2**40 ways lead from the top to x
        node = node + node
    node.backward()
    assert x.grad == 2.0**40


def test_second_backward_through_a_shared_subexpression_counts_it_once():
    x = Value(2.0)
    y = x * x
    first, second = y * 3, y * y
    first.backward()
    assert (x.grad, y.grad) == (12.0, 3.0)
    x.grad = 0.0
    second.backward()
    assert (x.grad, y.grad) == (32.0, 8.0)


def test_keep_graph_reaches_any_order_of_derivative():
    x = Value(1.5)
    current = x**4
    for expected in [4 * 1.5**3, 12 * 1.5**2, 24 * 1.5, 24]:
        x.grad = 0.0
        current.backward(keep_graph=True)
        current = x.grad
        assert isinstance(current, Value)
        assert current.data == pytest.approx(expected, rel=1e-14)


def test_gradients_are_floats_without_keep_graph():
    x = Value(2)
    (x * x + 1).backward()
    assert type(x.grad) is float


@pytest.mark.parametrize(("length", "keep_graph"), [(100_000, False), (20_000, True)])
def test_long_chains_meet_no_recursion_limit(length, keep_graph):
    x, step = Value(1.0), Value(0.5)
    node = x
    for i in range(length):
        node = node + step if i % 2 else node * 1.0
    node.backward(keep_graph=keep_graph)
    gradient = step.grad.data if keep_graph else step.grad
    assert node.data == 1 + length / 4
    assert gradient == length / 2
    del node  # freeing the chain must not recurse either
    step.grad = x.grad = 0.0


def test_second_derivative_through_a_long_chain():
    x = Value(1.0)
    node = x * x
    for _ in range(20_000):
        node = node + 0.0
    node.backward(keep_graph=True)
    slope, x.grad = x.grad, 0.0
    slope.backward()
    assert (slope.data, x.grad) == (2.0, 2.0)


# --------------------------------------------------------------------------- the rest


def test_integers_become_floats():
    x = Value(3)
    out = x * 2
    assert type(x.data) is float
    assert type(out.data) is float


def test_repr_shows_data_and_gradient():
    x = Value(2)
    assert repr(x) == "Value(data=2.0, grad=0.0)"
    (x * 3).backward()
    assert repr(x) == "Value(data=2.0, grad=3.0)"


@pytest.mark.parametrize("data", [0.0, -1.5])
def test_log_of_what_is_not_above_zero_is_an_error(data):
    with pytest.raises(ValueError, match=rf"data > 0; got {data}"):
        Value(data).log()


def test_power_by_a_value_is_an_error_that_says_what_to_write_instead():
    with pytest.raises(TypeError, match=r"exponent.*Value.*exp\(\)"):
        Value(2.0) ** Value(3.0)


def test_fractional_power_of_a_negative_number_is_an_error():
    with pytest.raises(ValueError, match=r"data must be >= 0 for the power 0.5; got -2.0"):
        Value(-2.0) ** 0.5


def test_weighted_sum_by_hand():
    b, w, x = Value(1), [Value(2), Value(-3)], [Value(5), 7]
    out = weighted_sum(w, x, b)
    out.backward()
    assert out.data == 1 + 10 - 21
    assert (b.grad, w[0].grad, w[1].grad, x[0].grad) == (1.0, 5.0, 7.0, 2.0)


def test_weighted_sum_of_nothing_is_the_bias():
    b = Value(4)
    out = weighted_sum([], [], b)
    out.backward()
    assert (out.data, b.grad) == (4.0, 1.0)


def test_weighted_sum_with_one_value_in_two_places_adds_both_gradients():
    v = Value(3)
    out = weighted_sum([v, v], [v, 2], v)  # v + v² + 2v
    out.backward()
    assert (out.data, v.grad) == (18.0, 9.0)


def test_weighted_sum_of_unequal_lengths_is_an_error():
    with pytest.raises(ValueError, match="argument"):
        weighted_sum([Value(1)], [1, 2], Value(0))


@pytest.mark.parametrize("exponent", [-1.5, 0.0, 2.0])
def test_a_number_to_the_power_of_a_value(exponent):
    x = Value(exponent)
    out = 3**x
    out.backward()
    assert out.data == pytest.approx(3**exponent)
    assert x.grad == pytest.approx(math.log(3) * 3**exponent)


def test_a_negative_number_to_the_power_of_a_value_is_refused():
    with pytest.raises(ValueError, match=r"base must be above 0.*got -2"):
        (-2) ** Value(0.5)
