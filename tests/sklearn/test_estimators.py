"""What the estimators promise beyond scikit-learn's own checks."""

import pickle
import re

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import rewire
from rewire import defaults, methods
from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.methods import RigL
from rewire.schedules import Cosine, Every
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor
from rewire.sklearn.parameters import DEFAULTS, FIELDS
from rewire.topology import Method

BOTH = pytest.mark.parametrize("kind", [SparseMLPClassifier, SparseMLPRegressor])
# Trainings as short as these may end worse than the mean.
pytestmark = pytest.mark.filterwarnings("ignore:.*worse than")

SMALL = {
    "hidden_layer_sizes": 16,
    "density": 0.4,
    "max_iter": 10,
    "batch_size": 128,
    "weight_decay": 0.01,  # otherwise it is chosen by further trainings
    "random_state": 0,
}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def numbers(samples=300, outputs=1, seed=0):
    """Inputs, and targets that are far from mean 0 and deviation 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, 6))
    y = 1000 + 50 * np.column_stack([X[:, i] * X[:, i + 1] + X[:, 2] for i in range(outputs)])
    return X, y[:, 0] if outputs == 1 else y


def wiring(model):
    table = model.network_.connections
    return table.source, table.target, table.weight


def same_network(one, other):
    for a, b in zip(wiring(one), wiring(other), strict=True):
        assert_array_equal(a, b)
    assert_array_equal(one.network_.bias, other.network_.bias)


# -------------------------------------------------------------------------------- what is learnt


def test_digits_are_learnt_at_a_tenth_of_the_connections(digits):
    X, y = digits
    model = SparseMLPClassifier(sparsity=0.9, max_iter=30, random_state=0).fit(X[:1200], y[:1200])
    assert model.score(X[1200:], y[1200:]) > 0.85
    assert len(model.network_.connections) <= 0.11 * 7400
    assert len(model.history_.rewirings) > 5
    assert model.history_.rewirings[0].moved > 0
    assert model.n_iter_ == len(model.loss_curve_) == 30
    assert model.loss_curve_[-1] < 0.2 * model.loss_curve_[0]


@pytest.mark.parametrize("outputs", [1, 3])
def test_numbers_are_learnt_in_any_unit(outputs):
    X, y = numbers(1500, outputs)
    model = SparseMLPRegressor(density=0.5, random_state=0).fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) > 0.9
    assert model.predict(X).shape == y.shape
    # The network is the whole function: no scaling hides elsewhere.
    assert_array_equal(model.network_.predict(X).reshape(y.shape), model.predict(X))


def test_outliers_among_the_targets_pull_less_on_the_huber_loss():
    X, y = numbers(600, 1)
    wild = y.copy()
    wild[::20] += 30 * y.std() * np.sign(np.random.default_rng(0).normal(size=30))
    reached = {}
    for loss in ("mean_squared_error", "huber"):
        model = SparseMLPRegressor(loss=loss, max_iter=60, random_state=0).fit(X[:500], wild[:500])
        reached[loss] = model.score(X[500:], y[500:])
    assert reached["huber"] > reached["mean_squared_error"] + 0.2


def test_a_large_mean_costs_no_digits_in_single_precision():
    X, y = numbers(600, 1)
    X, y = X.astype(np.float32), y / y.std()
    plain = SparseMLPRegressor(max_iter=30, random_state=0).fit(X, y)
    far = SparseMLPRegressor(max_iter=30, random_state=0).fit(X, y + 1e9)
    assert far.network_.dtype == np.float32
    np.testing.assert_allclose(far.predict(X) - 1e9, plain.predict(X), atol=1e-3)
    assert_array_equal(far.as_model().predict(X), far.predict(X))
    before = far.predict(X)
    far.network_.bias[-1] += 1e9  # what is changed by hand counts
    assert np.ptp(far.predict(X) - before - 1e9) < 1e3
    far = SparseMLPRegressor(random_state=0)
    for first in range(0, 600, 60):
        far.partial_fit(X[first : first + 60], y[first : first + 60] + 1e9)
    assert far.score(X, y + 1e9) > 0.3


def test_several_labels_at_once():
    X, y = make_multilabel_classification(400, n_classes=4, random_state=0)
    X = StandardScaler().fit_transform(X)
    model = SparseMLPClassifier(max_iter=40, random_state=0).fit(X, y)
    assert (model.predict(X) == y).mean() > 0.8
    assert_array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X), rtol=1e-12)
    again = clone(model).fit(X, sparse.csr_array(y))
    same_network(model, again)


def test_probabilities_are_the_softmax_of_the_scores(iris):
    X, y = iris
    model = SparseMLPClassifier(**SMALL).fit(X, y)
    assert_allclose(model.predict_log_proba(X), log_softmax(model.decision_function(X), axis=1))
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    two = SparseMLPClassifier(**SMALL).fit(X, y == 2)
    assert two.network_.ranks[-1] == 1
    assert_allclose(
        two.predict_proba(X)[:, 1], 1 / (1 + np.exp(-two.decision_function(X))), rtol=1e-12
    )
    assert_array_equal(two.predict(X), two.decision_function(X) > 0)


def test_labels_of_any_kind(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"], object)
    model = SparseMLPClassifier(**SMALL).fit(X, names[y])
    plain = SparseMLPClassifier(**SMALL).fit(X, y)
    same_network(model, plain)
    assert_array_equal(model.classes_, names)
    assert_array_equal(model.predict(X), names[plain.predict(X)])
    other = SparseMLPClassifier(**SMALL | {"max_iter": 100}).fit(X, y - 7.0)
    assert_array_equal(other.classes_, [-7.0, -6.0, -5.0])
    assert other.score(X, y - 7) > 0.8


def test_float32_stays_float32(iris):
    X, y = iris
    for dtype in (np.float32, np.float64):
        model = SparseMLPClassifier(**SMALL).fit(X.astype(dtype), y)
        assert model.network_.dtype == dtype
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
    assert SparseMLPClassifier(**SMALL).fit(X > 0, y).network_.dtype == np.float64


# ----------------------------------------------------------------------------------- parameters


def test_the_defaults_are_the_recipes_unless_there_is_a_reason():
    for kind in (SparseMLPClassifier, SparseMLPRegressor):
        model = kind()
        assert (model.method, model.distribution) == (defaults.METHOD, defaults.DISTRIBUTION)
        for name, field in FIELDS.items():
            expected = DEFAULTS.get(name, settings_of(Recipe)[field].default)
            assert getattr(model, name) == expected


def test_parameters_are_called_as_in_scikit_learns_own_networks():
    """All of MLPClassifier's that have a meaning here; a pipeline takes one for the other."""
    theirs, mine = MLPClassifier().get_params(), SparseMLPClassifier().get_params()
    of_other_solvers = {"beta_1", "beta_2", "epsilon", "max_fun", "power_t", "shuffle", "tol"}
    assert set(theirs) - set(mine) == of_other_solvers | {"alpha"}
    same = ("activation", "momentum", "nesterovs_momentum", "max_iter")
    same += ("early_stopping", "validation_fraction", "n_iter_no_change", "warm_start")
    for name in (*same, "random_state", "verbose"):
        assert mine[name] == theirs[name]


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(TypeError, match=r"SparseMLPRegressor\(\) got an .* argument 'optimizer'"):
        SparseMLPRegressor(optimizer="sgd")


def test_a_method_without_intervals_ignores_one(iris):
    """So that a search may go over methods."""
    settings = SMALL | {"method": "static", "max_iter": 1}
    same_network(
        SparseMLPClassifier(**settings).fit(*iris),
        SparseMLPClassifier(rewire_every=5, **settings).fit(*iris),
    )


@pytest.mark.parametrize("method", [None, *(name for name, _ in methods.registry.items())])
def test_every_method_by_its_name_ends_with_the_connections_asked_for(digits, method):
    X, y = digits
    model = SparseMLPClassifier(
        hidden_layer_sizes=(20,),
        density=0.2,
        method=method,
        learning_rate_init=0.02,
        max_iter=20,
        random_state=0,
    ).fit(X[:400], y[:400])
    asked = rewire.mlp([64, 20, 10], density=0.2, distribution="erk")
    assert len(model.network_.connections) == len(asked.connections)
    assert model.score(X[:400], y[:400]) > 0.25


def test_intervals(digits):
    X, y = digits[0][:300], digits[1][:300]  # 3 steps per epoch

    def rewired(**settings):
        model = SparseMLPClassifier(**{**SMALL, "max_iter": 20, "method": "set"} | settings)
        return [record.step for record in model.fit(X, y).history_.rewirings]

    assert rewired(rewire_every=25) == [25, 50]
    assert rewired(rewire_every="epoch") == list(range(3, 60, 3))
    assert rewired() == list(range(3, 60, 3))  # a twentieth of 60
    assert rewired(max_iter=1000)[:2] == [100, 200]
    assert rewired(method=RigL(every=20)) == [20, 40]


def test_densities():
    X, y = numbers(50)

    def ranks(**settings):
        model = SparseMLPRegressor(method="rigl", max_iter=2, random_state=0, **settings)
        net = model.fit(X, y).network_
        return net.ranks, [round(density, 2) for density in net.layer_densities()]

    assert ranks(hidden_layer_sizes=(10, 10), density=[0.5, 0.2, 1]) == (
        (6, 10, 10, 1),
        [0.5, 0.2, 1],
    )
    expected = (6, 10, 1), [0.5, 1.0]
    assert ranks(hidden_layer_sizes=10, sparsity=np.array([0.5, 0])) == expected
    assert ranks(hidden_layer_sizes=[10], sparsity=[np.float32(0.5), 0]) == expected
    assert ranks(hidden_layer_sizes=()) == ((6, 1), [0.5])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sparsity": 0.5, "density": 0.5}, "either sparsity or density"),
        ({"sparsity": 1.0}, "sparsity"),
        ({"sparsity": [0.5, 1.5]}, r"sparsity must be numbers in \[0, 1\); got \(0.5, 1.5\)"),
        ({"density": [0.5, 0.5, 0.5]}, "one for each of the 2 layers; got 3"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes must be whole numbers, at least 1"),
        ({"method": "rigel"}, "did you mean 'rigl'"),
        ({"method": RigL(), "rewire_every": 10}, r"RigL\(every=10\)"),
        ({"activation": "swish"}, "activation"),
        ({"solver": "lbfgs"}, "solver"),
        ({"learning_rate": "warm"}, "learning_rate"),
        ({"learning_rate_init": 0}, "learning_rate_init"),
        ({"batch_size": 0}, "batch_size"),
        ({"max_iter": 1.5}, "max_iter"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"solver": "sgd", "momentum": 0, "method": "snfs"}, "momentum"),
    ],
)
@BOTH
def test_bad_parameters_are_named_and_lose_nothing(kind, settings, message, iris):
    X, y = iris
    model = kind(**SMALL).fit(X, y)
    before = model.predict(X)
    if "density" not in settings:
        model.set_params(density=None)
    with pytest.raises(ValueError, match=message):
        model.set_params(**{"distribution": "uniform"} | settings).fit(X, y)
    assert_array_equal(model.predict(X), before)


@BOTH
def test_a_training_that_diverges_says_so_and_loses_nothing(kind, iris):
    X, y = iris
    model = kind(**SMALL).fit(X, y)
    before = vars(model).copy()
    reckless = {"solver": "sgd", "learning_rate_init": 1e6, "method": "static", "max_iter": 100}
    with pytest.raises(ValueError, match=r"training diverged: .* lower the learning rate"):
        model.set_params(**reckless).fit(X[:, :2], y == 1)
    assert model.n_features_in_ == 4
    assert vars(model) == before | reckless


def test_several_classes_per_output_are_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        SparseMLPClassifier().fit(X, np.column_stack([y, y]))


# ------------------------------------------------------------------------- pipelines and searches


def test_a_search_over_sparsity_and_methods_in_processes(digits):
    X, y = digits[0][:300], digits[1][:300]
    pipeline = make_pipeline(StandardScaler(), SparseMLPClassifier(max_iter=5, random_state=0))
    grid = {
        "sparsemlpclassifier__sparsity": [0.5, 0.9],
        "sparsemlpclassifier__method": ["set", RigL(every=2)],
    }
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise").fit(X, y)
    alone = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    for name in ("mean_test_score", "std_test_score"):
        assert_array_equal(search.cv_results_[name], alone.cv_results_[name])
    assert search.best_score_ > 0.6
    same_network(search.best_estimator_[-1], alone.best_estimator_[-1])


@pytest.mark.parametrize("backend", ["loky", "threading"])
@BOTH
def test_cross_validation_in_processes_and_threads_gives_the_same(kind, backend, iris):
    X, y = iris
    model = kind(**SMALL)
    expected = cross_val_score(model, X, y)
    with joblib.parallel_backend(backend, n_jobs=2):
        assert_array_equal(cross_val_score(model, X, y), expected)


@BOTH
def test_the_same_seed_gives_the_same_bits_and_another_one_others(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    model = kind(**SMALL).fit(X, y)
    same_network(model, clone(model).fit(X, y))
    other = clone(model).set_params(random_state=1).fit(X, y)
    assert (other.network_.bias != model.network_.bias).any()
    state = clone(model).set_params(random_state=np.random.RandomState(0)).fit(X, y)
    same_network(model, state)


@BOTH
def test_pickles_predict_the_same_and_go_on_the_same(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    model = kind(method="set", rewire_every=2, **SMALL).fit(X, y).partial_fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(model.predict(X), again.predict(X))
    same_network(model.partial_fit(X, y), again.partial_fit(X, y))


def test_names_of_columns(iris):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    model = SparseMLPClassifier(**SMALL).fit(X, iris[1])
    assert_array_equal(model.feature_names_in_, ["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["b", "a", "c", "d"]])


# --------------------------------------------------------------------------------------- weights


@BOTH
@pytest.mark.parametrize("method", ["rigl", "set", "gmp"])
def test_weights_are_repetitions_where_all_samples_make_one_batch(kind, method, iris):
    X, y = iris
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, len(y))
    settings = SMALL | {"method": method, "batch_size": 500, "max_iter": 60}
    weighted = kind(**settings).fit(X, y, sample_weight=7.5 * weight)
    repeated = kind(**settings).fit(X.repeat(weight, axis=0), y.repeat(weight))
    assert weighted.history_.rewirings
    assert_array_equal(wiring(weighted)[0], wiring(repeated)[0])
    assert_allclose(wiring(weighted)[2], wiring(repeated)[2], rtol=1e-7, atol=1e-9)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-8)
    unweighted = kind(**settings).fit(X, y)
    assert np.abs(wiring(unweighted)[2] - wiring(weighted)[2]).max() > 1e-3


@BOTH
def test_equal_weights_change_no_bit(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    same_network(kind(**SMALL).fit(X, y), kind(**SMALL).fit(X, y, np.full(300, 0.3)))


def test_weights_pull_towards_what_they_weigh_in_small_batches_too():
    X = np.random.default_rng(0).normal(size=(2000, 3))
    y = np.tile([0, 1], 1000)  # nothing to learn but how often
    weight = np.where(y == 1, 3.0, 1.0)
    model = SparseMLPClassifier(max_iter=10, batch_size=32, random_state=0).fit(X, y, weight)
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_bad_weights_are_refused(bad, iris):
    weight = np.ones(150)
    weight[7] = bad
    with pytest.raises(ValueError, match="sample_weight"):
        SparseMLPClassifier().fit(*iris, weight)


# ----------------------------------------------------------------------------------- partial_fit


def test_passes_one_by_one_are_a_training(iris):
    """Without schedules, and one batch that keeps its order, they make the same steps."""
    X, y = iris
    method = Method(name="m", when=Every(4), grow="gradient", fraction=0.3)
    settings = SMALL | {"learning_rate": "constant", "batch_size": 200, "method": method}
    settings["solver"] = "adam"  # the decay of AdamW goes by the number of steps, if it is known
    whole = SparseMLPClassifier(**settings).fit(X, y)
    steps = SparseMLPClassifier(**settings)
    for _ in range(10):
        steps.partial_fit(X, y, classes=[0, 1, 2])
    assert [r.step for r in steps.history_.rewirings] == [4, 8]
    same_network(whole, steps)
    assert whole.loss_curve_ == steps.loss_curve_
    assert whole.n_iter_ == steps.n_iter_
    assert whole.history_["flops"][-1] == steps.history_["flops"][-1]
    numbers = SparseMLPRegressor(**settings).fit(X, y)
    steps = SparseMLPRegressor(**settings)
    for _ in range(10):
        steps.partial_fit(X, y)
    # Scaling back and forth between the passes costs roundings.
    assert_allclose(numbers.predict(X), steps.predict(X), rtol=1e-8)


def test_a_stream_keeps_rewiring_as_it_began(digits):
    X, y = digits
    model = SparseMLPClassifier(
        method=Method(name="m", when=Every(7, end=0.5), grow="random", fraction=Cosine(0.3)),
        hidden_layer_sizes=100,
        sparsity=0.8,
        batch_size=32,
        random_state=0,
    )
    for first in range(0, 1500, 100):  # 4 steps for each piece
        piece = slice(first, first + 100)
        model.partial_fit(X[piece], y[piece], classes=range(10))
    records = model.history_.rewirings
    assert [record.step for record in records] == list(range(7, 60, 7))
    assert len({record.moved for record in records}) == 1
    assert model.history_["step"] == list(range(4, 61, 4))
    assert model.n_iter_ == 15
    assert model.score(X[1500:], y[1500:]) > 0.7


def test_a_stream_remembers_the_age_of_connections(digits):
    X, y = digits[0][:100], digits[1][:100]
    model = SparseMLPClassifier(method="set", rewire_every=3, batch_size=50, random_state=0)
    for _ in range(6):
        model.partial_fit(X, y, classes=range(10))
    assert [record.step for record in model.history_.rewirings] == [3, 6, 9]
    # What has been there from the beginning is as old as the stream.
    assert [record.age[2] for record in model.history_.rewirings] == [3, 6, 9]


@BOTH
def test_a_stream_goes_on_after_fit_also_when_stripped(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    model = kind(**SMALL | {"strip": True, "sparsity": 0.95, "density": None}).fit(X, y)
    loss, ranks = model.loss_curve_[-1], model.network_.ranks
    for _ in range(20):
        model.partial_fit(X, y)
    assert model.loss_curve_[-1] < loss
    assert model.network_.ranks == ranks
    assert model.n_iter_ == 30


@pytest.mark.parametrize("method", ["gmp", "snip", "lottery ticket"])
def test_methods_that_prune_towards_an_end_are_refused_without_one(iris, method):
    model = SparseMLPClassifier(method=method)
    with pytest.raises(ValueError, match=f"which knows no end; got '{method}'"):
        model.partial_fit(*iris, classes=[0, 1, 2])
    assert not hasattr(model, "n_features_in_")


def test_errors_of_partial_fit_lose_nothing(iris):
    X, y = iris
    with pytest.raises(ValueError, match="classes must be given"):
        SparseMLPClassifier().partial_fit(X, y)
    model = SparseMLPClassifier(**SMALL).partial_fit(X, y, classes=[0, 1, 2, 3])
    before = pickle.dumps(model)
    for arguments, message in (
        ((X, y + 2), r"classes of the first call, \[0 1 2 3\]; got .*4"),
        ((X, y, [0, 1]), r"classes must stay \[0 1 2 3\]"),
        ((X[:, :2], y), "2 features"),
        ((X, np.eye(3)[y].astype(int)), "y must"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(*arguments)
    assert pickle.dumps(model) == before
    with pytest.raises(ValueError, match="early_stopping must be False"):
        model.set_params(early_stopping=True).partial_fit(X, y)
    with pytest.raises(ValueError, match="y must have 1 columns; got 2"):
        SparseMLPRegressor(**SMALL).partial_fit(X, y).partial_fit(X, np.column_stack([y, y]))


# ------------------------------------------------------------------- stopping, stripping, going on


def test_early_stopping_ends_and_returns_to_the_best(digits):
    X, y = digits[0][:600], digits[1][:600]
    y = np.where(np.random.default_rng(0).random(600) < 0.3, 0, y)  # noise to overfit
    model = SparseMLPClassifier(
        density=0.5, max_iter=200, early_stopping=True, n_iter_no_change=5, random_state=0
    ).fit(X, y)
    losses, right = (model.history_[f"validation_{name}"] for name in ("loss", "accuracy"))
    assert model.n_iter_ == len(losses) < 200
    assert int(np.argmax(right)) == len(right) - 6
    model.set_params(monitor="loss").fit(X, y)
    by_loss = model.history_["validation_loss"]
    assert int(np.argmin(by_loss)) == len(by_loss) - 6
    model.set_params(monitor=None).fit(X, y)
    split = SparseMLPClassifier(**model.get_params() | {"max_iter": model.n_iter_ - 5})
    assert split.fit(X, y).history_["validation_loss"][-1] != losses[-1]


def test_validation_has_all_classes_alike_and_weights(iris, monkeypatch):
    X, y = iris
    seen = []
    monkeypatch.setattr(
        "rewire.sklearn.base.fit",
        lambda *a, validation_data, **k: seen.append(validation_data) or rewire.fit(*a, **k),
    )
    monkeypatch.setattr("rewire.sklearn.base.EarlyStopping", lambda patience, monitor: None)
    model = SparseMLPClassifier(early_stopping=True, validation_fraction=0.2, **SMALL)
    weight = np.where(y == 0, 2.0, 1.0)
    model.fit(X, y, weight)
    targets = seen[0][1]
    assert_array_equal(np.bincount(targets[:, 0].astype(int)), [10, 10, 10])
    assert_allclose(targets[:, 1], np.where(targets[:, 0] == 0, 1.5, 0.75))


@BOTH
def test_strip_keeps_predictions(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    settings = {"sparsity": 0.97, "max_iter": 10, "random_state": 0}
    whole = kind(**settings).fit(X, y)
    stripped = kind(strip=True, **settings).fit(X, y)
    assert stripped.network_.size < whole.network_.size
    assert_allclose(stripped.predict(X), whole.predict(X), rtol=1e-9)


@BOTH
def test_warm_start_goes_on(kind, digits):
    X, y = digits[0][:300], digits[1][:300]
    model = kind(warm_start=True, **SMALL).fit(X, y)
    loss, total_steps = model.loss_curve_[-1], model._optimizer.steps
    model.fit(X, y)
    assert model.loss_curve_[0] < 1.1 * loss
    assert model.loss_curve_[-1] < loss
    assert model._optimizer.steps == 2 * total_steps
    assert_array_equal(kind(**SMALL).fit(X, y).fit(X, y).loss_curve_[-1], loss)


# ---------------------------------------------------------------------------------------- sparse


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@BOTH
def test_a_sparse_x_gives_the_same_bits_as_a_dense_one(kind, form, digits):
    X, y = digits[0][:300], digits[1][:300]
    weight = np.random.default_rng(0).uniform(size=300)
    settings = SMALL | {"early_stopping": True, "rewire_every": 5}
    dense = kind(**settings).fit(X, y, weight)
    rare = kind(**settings).fit(form(X), y, weight)
    same_network(dense, rare)
    assert_array_equal(dense.predict(X), rare.predict(form(X)))
    settings["early_stopping"] = False
    first = {"classes": range(10)} if kind is SparseMLPClassifier else {}
    dense, rare = (kind(**settings).partial_fit(data, y, **first) for data in (X, form(X)))
    same_network(dense, rare)


def test_a_sparse_x_is_never_dense_as_a_whole(monkeypatch):
    """1000 samples of 20000 numbers are five times what may be dense at once."""
    X = sparse.csr_array(sparse.random(1000, 20_000, 0.0005, random_state=0))
    y = np.asarray(X[:, :10_000].sum(axis=1) > X[:, 10_000:].sum(axis=1)).astype(int)
    largest, toarray = [], sparse.csr_array.toarray

    def watched(self, *arguments, **options):
        largest.append(self.shape[0] * self.shape[1])
        return toarray(self, *arguments, **options)

    monkeypatch.setattr(sparse.csr_array, "toarray", watched)
    model = SparseMLPClassifier(
        hidden_layer_sizes=8, density=0.01, batch_size=64, max_iter=1, random_state=0
    ).fit(X, y)
    model.predict(X)
    assert max(largest) <= 1 << 22


# ------------------------------------------------------------------------------------------ talk


def test_verbose_writes_the_first_line_and_the_last(iris, capsys):
    """A line every few seconds lies between them; this takes less."""
    SparseMLPClassifier(verbose=True, **SMALL).fit(*iris)
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("step 2 of 20: loss ")
    assert last.startswith("step 20 of 20: loss ")


def test_a_notebook_shows_the_parameters():
    html = make_pipeline(StandardScaler(), SparseMLPClassifier(sparsity=0.95))._repr_html_()
    assert "SparseMLPClassifier" in html
    assert "0.95" in html


def test_every_parameter_is_documented():
    for kind in (SparseMLPClassifier, SparseMLPRegressor):
        for name in kind().get_params():
            assert re.search(rf"^    (\w+, )?{name}(, \w+)? : ", kind.__doc__, re.M)
        for name in ("network_", "history_", "loss_curve_", "n_iter_", "n_features_in_"):
            assert f"    {name} : " in kind.__doc__
