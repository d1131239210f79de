"""Which inputs the answers of a model rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network
from rewire.io import received
from rewire.validation import of_type, real_matrix, several, whole_number

__all__ = [
    "by_column",
    "columns_of",
    "input_strengths",
    "input_table",
    "inputs_in_use",
    "permutation_importance",
]

# Times that a column is shuffled, and the most samples that are answered each time.
REPEATS, MOST_SAMPLES = 5, 2000
# Columns that are shuffled in a table of inputs: those with the strongest paths.
MOST_COLUMNS = 50
# Numbers in the dense inputs that are answered at a time.
MOST_NUMBERS = 4_000_000

Groups = Sequence[str] | Mapping[str, Sequence[int]]


def inputs_in_use(net: Network) -> np.ndarray:
    """Return which inputs reach an output.

    Parameters
    ----------
    net : Network

    Returns
    -------
    ndarray of bool, shape (inputs,)
    """
    return _to_outputs(net, np.ones(len(net.connections))) > 0


def input_strengths(net: Network) -> np.ndarray:
    r"""Return the strength of the paths from each input to the outputs.

    That is the sum over all paths of the product of their \|weights\|. It is 0 exactly for the
    inputs that the wiring has dropped. It compares inputs of the same scale, such as standardized
    ones, and knows nothing of activations and data; :func:`permutation_importance` does.

    Parameters
    ----------
    net : Network

    Returns
    -------
    ndarray of float64, shape (inputs,)

    Examples
    --------
    Input 0 reaches the output over two paths, 2 · 3 + 1 · 1; input 1 over none:

    >>> from rewire.graph import Network
    >>> source, target = [0, 0, 1, 3, 4], [3, 4, 5, 6, 6]
    >>> net = Network.from_connections([3, 3, 1], source, target, weight=[2, -1, 5, -3, 1])
    >>> input_strengths(net).tolist()
    [7.0, 0.0, 0.0]
    """
    of_type(net, "net", Network)
    return _to_outputs(net, np.abs(net.connections.weight.astype(np.float64)))


def _to_outputs(net: Network, factor: np.ndarray) -> np.ndarray:
    """Return the sum over all paths to the outputs of the products of their factors."""
    table, start = net.connections, net.rank_start
    reached = np.zeros(net.size)
    reached[start[-2] :] = 1
    for rank in range(len(net.ranks) - 1, 0, -1):  # all that a rank reaches is known before it
        rows = slice(int(table.indptr[start[rank]]), int(table.indptr[start[rank + 1]]))
        onward = factor[rows] * reached[table.target[rows]]
        reached += np.bincount(table.source[rows], onward, minlength=net.size)
        if (most := reached.max(initial=0)) > 1e100:  # only how they compare matters
            reached /= most
    return reached[: net.ranks[0]]


def columns_of(names: Sequence[str], groups: Sequence[str] | None = None) -> dict[str, list[int]]:
    """Return the inputs that were made of each column.

    Parameters
    ----------
    names : sequence of str
        One for each input.
    groups : sequence of str, optional
        For each input, the column it was made of; by default every input is its own column.

    Examples
    --------
    >>> columns_of(["area", "town=Bonn", "town=Celle"], ["area", "town", "town"])
    {'area': [0], 'town': [1, 2]}
    """
    if groups is not None and len(groups) != len(names):
        raise ValueError(
            f"groups must name a column for each of {len(names)} inputs; got {len(groups)}"
        )
    found: dict[str, list[int]] = {}
    for number, column in enumerate(names if groups is None else groups):
        found.setdefault(str(column), []).append(number)
    return found


def by_column(values: np.ndarray, columns: Mapping[str, Sequence[int]]) -> np.ndarray:
    """Return the sum of the values of each column's inputs."""
    return np.array([values[list(inputs)].sum() for inputs in columns.values()])


def permutation_importance(
    quality: Callable[[Any], float],
    X: Any,
    columns: Mapping[str, Sequence[int]] | None = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Measure how much worse a model is without what a column tells.

    All inputs made of a column are shuffled together, from sample to sample, so that each row of
    them stays one that occurs.

    Parameters
    ----------
    quality : callable
        From inputs, whose samples are in the order of X, to a number of which more is better, such
        as the accuracy.
    X : ndarray or SciPy sparse matrix, shape (samples, inputs)
        Samples that the model has not learnt from.
    columns : mapping of str to sequence of int, optional
        The inputs of each column; by default each input is one, named by its number.
    repeats : int, default 5
        Times that each column is shuffled, at least 1.
    seed : int, default 0

    Returns
    -------
    dict of str to ndarray, shape (repeats,)
        For each column, by how much the quality falls.

    Raises
    ------
    ValueError
        For fewer than one repeat.

    References
    ----------
    Breiman: Random forests, Machine Learning 45, 2001; Fisher, Rudin, Dominici, Journal of Machine
    Learning Research 20, 2019.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = X[:, 0] > 0
    >>> found = permutation_importance(lambda X: ((X[:, 0] > 0) == y).mean(), X)
    >>> bool(found["0"].mean() > 0.4), found["1"].tolist()
    (True, [0.0, 0.0, 0.0, 0.0, 0.0])
    """
    if not callable(quality):
        raise TypeError(f"quality must be a function of inputs; got {received(quality)}")
    repeats, seed = whole_number(repeats, "repeats", 1), whole_number(seed, "seed")
    X = real_matrix(X, "X")
    if X.ndim != 2:
        raise ValueError(f"X must have shape (samples, inputs); got {X.shape}")
    if columns is None:
        columns = columns_of([str(i) for i in range(X.shape[1])])
    for inputs in of_type(columns, "columns", Mapping).values():
        several(inputs, "columns", "inputs")
    X = X.toarray() if issparse(X) else np.array(X)
    generator, whole = np.random.default_rng(seed), quality(X)
    orders = [generator.permutation(len(X)) for _ in range(repeats)]
    found = {}
    for name, inputs in columns.items():
        own = X[:, list(inputs)]
        falls = []
        for order in orders:
            X[:, list(inputs)] = own[order]
            falls.append(whole - quality(X))
        X[:, list(inputs)] = own
        found[name] = np.array(falls)
    return found


def input_table(
    net: Network,
    names: Sequence[str],
    groups: Sequence[str] | None,
    quality: Callable[[Any, np.ndarray], float] | None,
    X: Any,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return the columns, the most important first.

    Parameters
    ----------
    net : Network
    names, groups
        As for :func:`columns_of`.
    quality : callable, optional
        From inputs, and the rows of X that they are, to a number of which more is better. Without
        it, columns are compared by their paths alone.
    X : array or SciPy sparse matrix
        Samples to shuffle.
    seed : int, default 0

    Returns
    -------
    list of dict
        ``column``; ``inputs`` made of it and how many of them are ``kept``; ``strength``, the
        column's share of all paths; ``importance``, the mean fall of the quality, and its
        ``deviation`` over the shuffles, None for columns beyond the fifty with the strongest paths.
        A column that is not kept has importance 0.
    """
    columns = columns_of(names, groups)
    strength, kept = input_strengths(net), inputs_in_use(net)
    share = by_column(strength, columns) / (strength.sum() or 1)
    rows: list[dict[str, Any]] = [
        {
            "column": column,
            "inputs": len(inputs),
            "kept": int(kept[inputs].sum()),
            "strength": float(own),
            "importance": None if kept[inputs].any() else 0.0,
            "deviation": None if kept[inputs].any() else 0.0,
        }
        for (column, inputs), own in zip(columns.items(), share, strict=True)
    ]
    if quality is not None:
        strongest = sorted((r for r in rows if r["kept"]), key=lambda r: -r["strength"])
        wanted = {r["column"]: columns[r["column"]] for r in strongest[:MOST_COLUMNS]}
        chosen = _some_rows(X, seed)
        falls = permutation_importance(
            lambda shuffled: quality(shuffled, chosen), X[chosen], wanted, seed=seed
        )
        for row in rows:
            if (fall := falls.get(row["column"])) is not None:
                row |= {"importance": float(fall.mean()), "deviation": float(fall.std())}
    rows.sort(key=lambda r: (r["importance"] is None, -(r["importance"] or 0), -r["strength"]))
    return rows


def _some_rows(X: Any, seed: int) -> np.ndarray:
    samples, inputs = X.shape
    most = max(1, min(MOST_SAMPLES, MOST_NUMBERS // max(inputs, 1)))
    if samples <= most:
        return np.arange(samples)
    return np.sort(np.random.default_rng(seed).choice(samples, most, replace=False))
