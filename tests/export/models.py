"""Random models of tables, random raw rows, and what is right for them."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import rewire
from rewire.data import Standardizer
from rewire.experiment import Predictor
from rewire.tables import Column, DateFormat, NumberFormat, Schema, Table, TableEncoder

ODD = ["", "plain", 'quo"te', "back\\slash", "what??/", "*/ /*", "été", "日本", "new\nline", " "]
ODD += ["double", "int", "y", "label", "row", "NULL", "X", "a=b", "x" * 70, "1st", "%s", "{}"]
CATEGORIES = [one for one in ODD if one.strip() and one != "NULL"]  # which means a missing value
KINDS = ["number", "boolean", "category", "date", "text"]


def columns(kinds, names):
    made = []
    for kind, name in zip(kinds, names, strict=True):
        extra = {"category": {"na": ("?", "n/a")}, "number": {"number": NumberFormat(prefix="$")}}
        if kind == "date":
            extra[kind] = {"date": DateFormat("%Y-%m-%d", utc=True)}
        if kind == "boolean":
            extra[kind] = {"words": (("no", "n"), ("yes",))}
        made.append(Column(name, kind, **extra.get(kind, {})))
    return tuple(made)


def values(kind, rows, rng, unseen=False):
    """A column with missing values; ``unseen`` adds texts that no training row had."""
    if kind == "number":
        found = rng.normal(1e6, 300, rows) * rng.choice([1, -1, 1e-3])
    elif kind == "boolean":
        found = rng.integers(0, 2, rows).astype(float)
    elif kind == "date":
        found = np.floor(rng.uniform(-4e9, 4e9, rows))
    elif kind == "text":
        words = ["Van Dyck", "de  Groot\t", "Müller", "groot ", "DYCK", ""]
        found = np.array([" ".join(rng.choice(words, 3)) for _ in range(rows)], object)
    else:
        known = CATEGORIES + ["never seen", "zzz", "A"] * unseen
        found = rng.choice(np.array(known, object), rows)
    missing = rng.random(rows) < 0.2
    found[missing] = None if found.dtype == object else np.nan
    return found


def table(schema, rows, rng, unseen=False):
    inputs = [one for one in schema.columns if one.role == "input"]
    return Table(schema, {one.name: values(one.kind, rows, rng, unseen) for one in inputs})


def model_of(schema, rng, outputs=3, loss="cross_entropy", dtype="float32", scaled=True):
    """A model whose encoder has seen 40 rows."""
    training = table(schema, 40, rng)
    encoder = TableEncoder.fit(training)
    return model_on(encoder.transform(training), rng, outputs, loss, dtype, scaled, encoder)


def model_by(columned, names, outputs, loss):
    """A model of a column of each kind, or of three numbers."""
    rng = np.random.default_rng(3)
    if columned:
        return model_of(Schema(columns(KINDS, names)), rng, outputs, loss)
    return model_on(rng.normal(size=(20, 3)), rng, outputs, loss)


def model_on(X, rng, outputs=3, loss="cross_entropy", dtype="float32", scaled=True, encoder=None):
    """A model of an array; ``loss`` decides what the outputs are."""
    activation = [str(rng.choice(["relu", "tanh", "sigmoid", "leaky_relu"])), "linear"]
    seed = int(rng.integers(1000))
    net = rewire.mlp(
        [X.shape[1], 7, outputs], density=0.6, activation=activation, dtype=dtype, seed=seed
    )
    net.backend = "numpy"
    net.bias[X.shape[1] :] = rng.normal(size=7 + outputs)
    regression = loss == "mean_squared_error"
    labels = [*ODD[2:], *map(str, range(100))][: max(outputs, 2)]
    return Predictor(
        net,
        "regression" if regression else "classification",
        () if regression else tuple(labels),
        None if encoder is None else encoder.feature_names,
        None,
        Standardizer.fit(X, limit=rng.choice([None, 1.5])) if scaled else None,
        rng.normal(1e5, 10, outputs) if regression else None,
        rng.uniform(10, 100, outputs) if regression else None,
        loss=loss,
        encoder=encoder,
    )


OUTPUTS = [(3, "cross_entropy"), (2, "cross_entropy"), (1, "binary_cross_entropy"), (1, "hinge")]
OUTPUTS += [(1, "mean_squared_error"), (2, "mean_squared_error")]


@st.composite
def specifications(draw, kinds=tuple(KINDS)):
    """What :func:`specified` makes a model of: one to five columns of odd names."""
    name = st.one_of(st.sampled_from(ODD), st.text(max_size=5))
    names = draw(st.lists(name, unique=True, min_size=1, max_size=5))
    return {
        "columns": {one: draw(st.sampled_from(kinds)) for one in names},
        "answers": draw(st.sampled_from(OUTPUTS)),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "scaled": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def specified(one):
    """The model, and a generator to draw rows by."""
    rng = np.random.default_rng(one["seed"])
    target = (Column("the target", "category", "target"),)
    schema = Schema(columns(one["columns"].values(), one["columns"]) + target)
    return model_of(schema, rng, *one["answers"], one["dtype"], one["scaled"]), rng


@dataclass
class Right:
    """What a model answers in Python, for comparison with another program's answers."""

    model: Predictor
    X: np.ndarray

    @property
    def labels(self):
        return [str(one) for one in self.model.predict(self.X)]

    def check_labels(self, labels):
        """The same label; another only where the two best outputs are a rounding apart."""
        scores = np.sort(self.model.outputs(self.X).astype(float), axis=1)
        margin = np.abs(scores[:, 0]) if scores.shape[1] == 1 else scores[:, -1] - scores[:, -2]
        clear = margin > 1e-4 * (1 + np.abs(scores).max(axis=1))
        assert [a for a, c in zip(labels, clear, strict=True) if c] == [
            a for a, c in zip(self.labels, clear, strict=True) if c
        ]

    def close(self, answers, expected):
        relative = 2e-5 if self.model.network.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(answers, expected, rtol=relative, atol=relative)
