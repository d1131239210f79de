"""Every criterion on a table of eight connections, with scores worked out by hand."""

import numpy as np
import pytest

from rewire.connectivity import Signals
from rewire.topology import drop_criteria, drop_criterion, grow_criteria, grow_criterion
from rewire.topology.criteria import DropCriterion, magnitude, magnitude_and_gradient

from .tables import SOURCE, TARGET, WEIGHT, context, eight

# Activations of the four sources and sensitivities of the three targets, for two samples.
ACTIVATION = np.array([[1, 0], [2, 1], [0, 3], [1, 1], [0, 0], [0, 0], [0, 0]], float)
SENSITIVITY = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [1, 0], [0, 2], [-1, 1]], float)
SIGNALS = Signals(ACTIVATION, SENSITIVITY)
# D[t] · A[s], by hand: rows are the targets 4, 5, 6, columns the sources 0, 1, 2, 3.
GRADIENT = np.array([[1, 2, 0, 1], [0, 2, 6, 2], [-1, -1, 3, 0]], float)
OF_CONNECTIONS = [GRADIENT[t - 4, s] for s, t in zip(SOURCE, TARGET, strict=True)]


def score(name, net=None, **options):
    criterion = drop_criteria[name]
    criterion = criterion.using(**options) if options else criterion
    return criterion(context(net or eight(), signals=[SIGNALS]))


def test_magnitude():
    np.testing.assert_array_equal(score("magnitude"), np.abs(WEIGHT))


def test_sign_magnitude_ranks_within_each_sign():
    # Positive: 0.1 < 0.2 < 0.25 < 0.3 < 0.5. Negative: 0.1 < 0.4 < 0.6.
    fifths, thirds = (np.arange(5) + 0.5) / 5, (np.arange(3) + 0.5) / 3
    expected = [fifths[4], thirds[0], fifths[3], thirds[1], fifths[1], fifths[0], thirds[2]]
    np.testing.assert_allclose(score("sign magnitude"), [*expected, fifths[2]])


def test_sign_magnitude_ranks_within_each_group():
    found = drop_criteria["sign magnitude"](context(eight(), scope="neuron"))
    # Neuron 4: 0.3 < 0.5 and -0.1; neuron 5: 0.2 and -0.4; neuron 6: 0.1 < 0.25 and -0.6.
    np.testing.assert_allclose(found, [0.75, 0.5, 0.25, 0.5, 0.5, 0.25, 0.5, 0.75])


def test_sign_magnitude_counts_zeros_as_positive_and_takes_the_oldest_first():
    net = eight([0.0, -1, 0, -1, 0, -1, 0, -1])
    net.connections.birth[:4] = [3, 2, 1, 0]
    # Zeros by target, then birth: rows 2, 0 (neuron 4), 4, 6; negative: 1, 3, 5, 7.
    np.testing.assert_allclose(
        score("sign magnitude", net), [0.375, 0.125, 0.125, 0.375, 0.625, 0.625, 0.875, 0.875]
    )


def test_magnitude_and_gradient():
    expected = np.abs(WEIGHT) + 0.5 * np.abs(OF_CONNECTIONS)
    np.testing.assert_allclose(score("magnitude and gradient", balance=0.5), expected)


def test_sensitivity():
    # |w g|: 0.5·1, 0.1·2, 0.3·0, 0.4·0, 0.2·2, 0.1·1, 0.6·3, 0.25·0
    np.testing.assert_allclose(score("sensitivity"), [0.5, 0.2, 0, 0, 0.4, 0.1, 1.8, 0])


def test_relative_importance():
    # Out of the sources 0.9, 0.2, 0.9, 0.45; into the targets 0.9, 0.6, 0.95.
    out, into = {0: 0.9, 1: 0.2, 2: 0.9, 3: 0.45}, {4: 0.9, 5: 0.6, 6: 0.95}
    expected = [
        abs(w) / out[s] + abs(w) / into[t] for s, t, w in zip(SOURCE, TARGET, WEIGHT, strict=True)
    ]
    np.testing.assert_allclose(score("relative importance"), expected)


def test_relative_importance_of_weights_that_are_all_zero_is_zero():
    np.testing.assert_array_equal(score("relative importance", eight([0.0] * 8)), np.zeros(8))


def test_random_is_uniform_and_the_generators():
    found = score("random")
    np.testing.assert_array_equal(found, np.random.default_rng(0).random(8))


@pytest.mark.parametrize("name", ["soft magnitude", "soft relative importance"])
def test_soft_scores_keep_connections_in_proportion(name):
    """The first to be kept, the highest score, is drawn with probability p / Σ p."""
    net, draws = eight(), 20_000
    weighed = drop_criteria[name.removeprefix("soft ")](context(net))
    ctx = context(net)
    first = [int(np.argmax(drop_criteria[name](ctx))) for _ in range(draws)]
    share = np.bincount(first, minlength=8) / draws
    np.testing.assert_allclose(share, weighed / weighed.sum(), atol=4 * np.sqrt(0.25 / draws))


def test_a_temperature_sharpens_the_soft_choice():
    cold = drop_criteria["soft magnitude"].using(temperature=200.0)(context(eight()))
    assert np.argsort(cold).tolist()[-1] == 6  # -0.6 by far
    assert np.isneginf(score("soft magnitude", eight([0.0] + [1.0] * 7))[0])


# ------------------------------------------------------------------------------------- to grow


def test_gradient_of_absent_connections():
    found = grow_criteria["gradient"](
        context(eight(), signals=[SIGNALS]), slice(4, 7), np.array([0, 2, 3])
    )
    np.testing.assert_array_equal(found, np.abs(GRADIENT)[:, [0, 2, 3]])


def test_gradients_are_averaged_over_batches():
    twice = Signals(ACTIVATION, 3 * SENSITIVITY)
    ctx = context(eight(), signals=[SIGNALS, twice])
    np.testing.assert_allclose(
        grow_criteria["gradient"](ctx, slice(4, 7), slice(0, 4)), 2 * np.abs(GRADIENT)
    )
    np.testing.assert_allclose(ctx.gradient, 2 * np.array(OF_CONNECTIONS))


def test_momentum_of_absent_connections_decays_with_age():
    older = Signals(ACTIVATION[:, ::-1].copy(), SENSITIVITY)
    ctx = context(eight(), signals=[older, SIGNALS], momentum_factor=0.9)
    dense = 0.9 * SENSITIVITY @ older.activation.T + SENSITIVITY @ ACTIVATION.T
    found = grow_criteria["momentum"](ctx, slice(4, 7), slice(0, 4))
    np.testing.assert_allclose(found, np.abs(dense[4:7, :4]))


def test_random_growth_needs_no_scores_but_gives_uniform_ones():
    criterion = grow_criteria["random"]
    assert criterion.uniform
    found = criterion(context(eight()), slice(4, 7), slice(0, 4))
    np.testing.assert_array_equal(found, np.random.default_rng(0).random((3, 4)))


# ------------------------------------------------------------------------------------- making one


@pytest.fixture
def registered():
    names = []
    yield lambda registry, name: names.append((registry, name))
    for registry, name in names:
        registry.remove(name)


def test_a_decorator_registers_under_its_name(registered):
    @drop_criterion("oldest", needs=["age"])
    def oldest(ctx):
        """Drop the oldest."""
        return -ctx.age

    registered(drop_criteria, "oldest")
    assert drop_criteria["oldest"] is oldest
    assert oldest.__doc__ == "Drop the oldest."
    assert oldest.needs == {"age"}
    np.testing.assert_array_equal(oldest(context(eight())), np.full(8, -10))


def test_a_name_can_be_taken_only_once():
    with pytest.raises(ValueError, match="drop criterion 'magnitude' exists already"):
        drop_criterion("magnitude")(np.abs)


def test_needs_that_do_not_exist_are_refused():
    message = "needs must be among signals, .*, gradient, momentum, age; got 'gradients'"
    with pytest.raises(ValueError, match=message):
        grow_criterion("mine", needs=["gradients"])(np.abs)
    assert "mine" not in grow_criteria


def test_options_make_another_criterion_and_are_shown():
    other = magnitude_and_gradient.using(balance=2.0)
    assert other.options == {"balance": 2.0}
    assert repr(other) == "<DropCriterion 'magnitude and gradient', balance=2.0>"
    assert magnitude_and_gradient.options == {}
    assert repr(magnitude) == "<DropCriterion 'magnitude'>"


@pytest.mark.parametrize("attribute", ["gradient", "activation", "sensitivity", "momentum", "age"])
def test_what_is_not_declared_cannot_be_read(attribute):
    def reads(ctx):
        return getattr(ctx, attribute)

    need = "signals" if attribute in ("activation", "sensitivity") else attribute
    message = rf"'nosy' reads '{attribute}' without declaring it: add needs=\['{need}'\]"
    with pytest.raises(TypeError, match=message):
        DropCriterion("nosy", reads)(context(eight(), signals=[SIGNALS]))


def test_scores_of_the_wrong_shape_and_nan_are_refused():
    ctx = context(eight())
    with pytest.raises(ValueError, match=r"'short' must return one score per connection, shape "):
        DropCriterion("short", lambda ctx: ctx.weight[1:])(ctx)
    with pytest.raises(ValueError, match="drop criterion 'lost' returned NaN"):
        DropCriterion("lost", lambda ctx: ctx.weight * np.nan)(ctx)
    with pytest.raises(ValueError, match=r"shape \(3, 4\); got \(4, 3\)"):
        type(grow_criteria["random"])("turned", lambda ctx, t, s: np.zeros((4, 3)))(
            ctx, slice(4, 7), slice(0, 4)
        )
