"""Twenty tables, five folds: networks that rewire beside what scikit-learn has, all by default.

Figures go to tables_study.json as they are measured, from which tables_page.py writes
docs/results-tables.md; what is there already is not measured again.

    python benchmarks/tables_study.py                    all that is missing
    python benchmarks/tables_study.py --again rewire     one model from the beginning
    python benchmarks/tables_study.py --development      the tables on which defaults were chosen

Needs vega_datasets, statsmodels and palmerpenguins: pip install "rewire-nn[bench]".
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.compose import TransformedTargetRegressor as Scaled
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from rewire.kernels import set_num_threads
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor
from study_tables import DEVELOPMENT, STUDY, StudyTable

RESULT = Path(__file__).with_suffix(".json")
FOLDS = 5
# Networks begin at random: each fold is learnt with three seeds, and their scores are averaged.
SEEDS = {"rewire": (0, 1, 2), "MLP": (0, 1, 2), "linear": (0,), "boosting": (0,)}

# --------------------------------------------------------------------------- columns into inputs

numbers = make_column_selector(dtype_include=["number"])
words = make_column_selector(dtype_exclude=["number", "datetime"])
dates = make_column_selector(dtype_include=["datetime"])


def date_parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return time elapsed, and the time of year, of the week and of the day as sine and cosine."""
    found = {}
    for name, column in frame.items():
        found[f"{name} elapsed"] = (column - pd.Timestamp(0)) / pd.Timedelta("1D")
        hour = column.dt.hour + column.dt.minute / 60
        for part, share in {
            "year": (column.dt.day_of_year - 1) / 365.25,
            "week": (column.dt.day_of_week + hour / 24) / 7,
            "day": hour / 24,
        }.items():
            found[f"{name} {part} sine"] = np.sin(2 * np.pi * share)
            found[f"{name} {part} cosine"] = np.cos(2 * np.pi * share)
    return pd.DataFrame(found, index=frame.index)


def inputs() -> ColumnTransformer:
    """Return the encoding that the MLP and the linear model are given."""
    impute = SimpleImputer(strategy="median", add_indicator=True)
    encode = OneHotEncoder(
        min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(impute, StandardScaler()), numbers),
            ("words", encode, words),
            ("dates", make_pipeline(FunctionTransformer(date_parts), StandardScaler()), dates),
        ]
    )


def as_trees_like_it(frame: pd.DataFrame) -> pd.DataFrame:
    """Return categories as such, dates as their parts, and gaps as they are."""
    found = frame.astype(dict.fromkeys(words(frame), "category"))
    chosen = dates(frame)
    return found.drop(columns=chosen).join(date_parts(frame[chosen]))


# ---------------------------------------------------------------------------------------- models


def rewire_model(task: str, seed: int, **options: Any) -> Any:
    """Return the estimator alone: it encodes the columns itself, and scales them if told to."""
    make = SparseMLPClassifier if task == "classification" else SparseMLPRegressor
    return make(standardize=True, random_state=seed, **options)


def mlp_model(task: str, seed: int) -> Any:
    if task == "classification":
        return make_pipeline(inputs(), MLPClassifier(random_state=seed))
    # Without this, targets far from 1 are hardly learnt at all; rewire does it by itself.
    scaled = Scaled(MLPRegressor(random_state=seed), transformer=StandardScaler())
    return make_pipeline(inputs(), scaled)


def linear_model(task: str, seed: int) -> Any:
    return make_pipeline(
        inputs(), LogisticRegression(max_iter=1000) if task == "classification" else Ridge()
    )


def boosting_model(task: str, seed: int) -> Any:
    classes = task == "classification"
    make = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return make_pipeline(FunctionTransformer(as_trees_like_it), make(random_state=seed))


MODELS: dict[str, Callable[..., Any]] = {
    "rewire": rewire_model,
    "MLP": mlp_model,
    "linear": linear_model,
    "boosting": boosting_model,
}


# ------------------------------------------------------------------------------------------ size


def smallest_index(count: int) -> int:
    """Return the bytes of the smallest whole numbers that can tell so many things apart."""
    return np.min_scalar_type(max(count - 1, 0)).itemsize


def size_of(name: str, model: Any) -> tuple[int, int, int]:
    """Return a model's bytes, connections (or parameters, or nodes), and inputs that it reads.

    All numbers count as float32. A sparse network also has the number of the source of every
    connection and the number of connections of every neuron, in the smallest type that holds them.
    """
    if name == "rewire":
        net = model.network_.strip()
        table = net.connections
        neurons = net.size - net.ranks[0]
        index = len(table) * smallest_index(net.size) + neurons * smallest_index(
            int(table.fan_in.max(initial=0)) + 1
        )
        read = np.unique(table.source[table.source < net.ranks[0]])
        return 4 * (len(table) + neurons) + index, len(table), len(read)
    last = getattr(model[-1], "regressor_", model[-1])
    if name == "MLP":
        weights = sum(one.size for one in last.coefs_)
        return (
            4 * (weights + sum(one.size for one in last.intercepts_)),
            weights,
            last.n_features_in_,
        )
    if name == "linear":
        biases = np.size(last.intercept_)
        return 4 * (last.coef_.size + biases), last.coef_.size, last.n_features_in_
    nodes = np.concatenate([tree.nodes for trees in last._predictors for tree in trees])
    splits = nodes[~nodes["is_leaf"].astype(bool)]
    return nodes.nbytes, len(nodes), len(np.unique(splits["feature_idx"]))


# --------------------------------------------------------------------------------------- measure


def folds(table: StudyTable, y: pd.Series) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    kind = StratifiedKFold if table.task == "classification" else KFold
    return kind(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(y)), y)


def scores(model: Any, X: pd.DataFrame, y: pd.Series, task: str) -> dict[str, float]:
    answers = model.predict(X)
    if task == "regression":
        return {"score": r2_score(y, answers), "error": mean_absolute_error(y, answers)}
    labels = model.classes_
    known = y.isin(labels).to_numpy()
    return {
        "score": accuracy_score(y, answers),
        "error": log_loss(y[known], model.predict_proba(X[known]), labels=labels),
    }


def measure(table: StudyTable, name: str, make: Callable[[str, int], Any], seeds: Any) -> dict:
    """Return the scores by fold, means over seeds, and the means of size and time."""
    X, y = table.data()
    found: list[dict[str, Any]] = []
    for fold, (train, test) in enumerate(folds(table, y)):
        for seed in seeds:
            model = make(table.task, seed)
            start = time.process_time()
            model.fit(X.iloc[train], y.iloc[train])
            seconds = time.process_time() - start
            size, connections, read = size_of(name, model)
            found.append(
                {
                    "fold": fold,
                    **scores(model, X.iloc[test], y.iloc[test], table.task),
                    "bytes": size,
                    "connections": connections,
                    "inputs": read,
                    "seconds": seconds,
                }
            )
    runs = pd.DataFrame(found)
    by_fold = runs.groupby("fold")[["score", "error"]].mean()
    means = runs[["bytes", "connections", "inputs", "seconds"]].mean()
    return {**by_fold.to_dict("list"), **means.to_dict()}


def load(path: Path = RESULT) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", choices=MODELS, action="append", default=[])
    parser.add_argument("--development", action="store_true")
    options = parser.parse_args()
    tables = DEVELOPMENT if options.development else STUDY
    path = RESULT.with_stem("tables_development") if options.development else RESULT
    results = load(path)
    for model in options.again:
        for found in results.values():
            found.pop(model, None)
    # One thread each, so that seconds of the processor are those of a quiet machine.
    set_num_threads(1)
    threadpool_limits(1)
    warnings.simplefilter("ignore", ConvergenceWarning)  # 200 passes are MLP's default
    SparseMLPClassifier(max_iter=40).fit(
        np.eye(4), [0, 1, 0, 1]
    )  # compiled before the first second
    for table in tables.values():
        for model, make in MODELS.items():
            found = results.setdefault(table.name, {})
            if model not in found:
                found[model] = measure(table, model, make, SEEDS[model])
                line = {k: np.mean(v) for k, v in found[model].items()}
                print(
                    table.name, model, {k: float(f"{v:.4g}") for k, v in line.items()}, flush=True
                )
                path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
