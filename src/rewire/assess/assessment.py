"""The assessment of a model: scores, simpler models beside them, intervals, details, inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.io import received
from rewire.validation import of_type, plain_array, real_matrix, several, whole_number

from .inputs import input_table
from .parts import Part, Ruler
from .scores import SCORES, check_answers, weighted_scores
from .simpler import linear_model, without_inputs
from .verdicts import is_uneven, is_useless, notices, verdict

__all__ = ["Assessment", "assess"]

Answers = Callable[[Any], np.ndarray]
Samples = tuple[Any, np.ndarray]


@dataclass(frozen=True)
class Assessment:
    """How wrong a model is, how surely that is known, and which inputs it uses.

    Attributes
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
    parts : tuple of Part
        In the order in which they were given.
    inputs : list of dict, optional
        A row for each column: ``column``, ``inputs``, ``kept``, ``strength``, ``importance``,
        ``deviation``; the most important first.
    verdict : str
        The main figures in a sentence.
    notices : tuple of str
        What should not be overlooked, such as classes of very different size.

    Examples
    --------
    >>> X, y = np.arange(8.0).reshape(8, 1), np.array([0, 0, 1, 0, 1, 0, 1, 1])
    >>> found = assess(lambda X: np.hstack([5 - X, X]), {"test": (X, y)}, "classification")
    >>> found.main.scores["accuracy"], found.main.confusion
    (0.625, [[2, 2], [1, 3]])
    """

    task: str
    classes: tuple[str, ...]
    parts: tuple[Part, ...]
    inputs: list[dict[str, Any]] | None = None
    verdict: str = ""
    notices: tuple[str, ...] = ()

    @property
    def main(self) -> Part:
        """The part that says most: the last one that the model has not learnt from."""
        return _main(self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Those are the attributes, ``parts`` by name, the name of the ``main`` one, whether its
        classes are ``uneven``, and whether the model is ``useless``: surely worse than answering
        without any input.
        """
        return {
            "task": self.task,
            "classes": list(self.classes),
            "verdict": self.verdict,
            "notices": list(self.notices),
            "main": self.main.name,
            "uneven": is_uneven(self.main),
            "useless": is_useless(self.main, self.task),
            "parts": {part.name: part.to_dict() for part in self.parts},
            "inputs": self.inputs,
        }

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.notices])


def assess(
    answers: Answers,
    parts: Mapping[str, Samples],
    task: str,
    *,
    classes: Sequence[Any] = (),
    probabilistic: bool = True,
    training: Samples | None = None,
    seen: Sequence[str] = ("training",),
    network: Network | None = None,
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    class_weight: Any = None,
    seed: int = 0,
) -> Assessment:
    """Measure a model on samples, beside simpler models.

    Parameters
    ----------
    answers : callable
        From inputs to answers, as :func:`rewire.assess.score` takes them: such as the
        ``predict_proba`` of a classifier, or the ``predict`` of a regression.
    parts : mapping of str to (X, y)
        The samples to measure on, by a name: inputs as ``answers`` takes them, and class numbers
        from 0, or numbers.
    task : {"classification", "regression"}
    classes : sequence, optional
        The names of the classes.
    probabilistic : bool, default True
        Whether the answers of a classification are probabilities.
    training : (X, y), optional
        What the simpler models learn from; by default the part called "training". Without either
        there are no simpler models.
    seen : sequence of str, default ("training",)
        The parts that the model has learnt from.
    network : Network, optional
        The network behind ``answers``, whose inputs are those of X; with it, inputs are assessed.
    names : sequence of str, optional
        Of the inputs; by default their numbers.
    groups : sequence of str, optional
        For each input, the column that it was made of. Columns are then assessed, not inputs.
    class_weight : {"balanced"} or mapping, optional
        The weights of classes in training, by name, which the linear model is given as well; where
        there were none, uneven classes are advised some.
    seed : int, default 0
        Of resamples and shuffles.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If there are no parts, and for answers that do not fit the samples.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from rewire.sklearn import SparseMLPClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X = (X - X.mean(axis=0)) / X.std(axis=0)
    >>> parts = {"training": (X[::2], y[::2]), "test": (X[1::2], y[1::2])}
    >>> model = SparseMLPClassifier(random_state=0).fit(*parts["training"])
    >>> found = assess(model.predict_proba, parts, "classification", network=model.network_)
    >>> found.main.name, found.main.scores["accuracy"] > 0.9
    ('test', True)
    >>> list(found.main.beside)
    ['always 1', 'a linear model']
    >>> found.inputs[0]["importance"] > 0
    True
    """
    if not callable(answers):
        raise TypeError(f"answers must be a function of inputs; got {received(answers)}")
    for part in of_type(parts, "parts", Mapping).values():
        _check_pair(part, "parts")
    if training is not None:
        _check_pair(training, "training")
    if network is not None:
        of_type(network, "network", Network)
    classes, seen = several(classes, "classes", "names"), several(seen, "seen", "names of parts")
    seed = whole_number(seed, "seed")
    if not isinstance(task, str) or task not in SCORES:
        raise ValueError(f"task must be one of {', '.join(SCORES)}; got {received(task)}")
    if not parts:
        raise ValueError("parts must hold at least one part to measure on; got none")
    given = {name: np.asarray(answers(X)) for name, (X, _) in parts.items()}
    parts = {name: _as_arrays(*samples) for name, samples in parts.items()}
    count = next(iter(given.values())).shape[1] if task == "classification" else 0
    labels = tuple(map(str, classes))
    if labels and task == "classification" and len(labels) != count:
        raise ValueError(
            f"classes must name each of the {count} that are answered; got {len(labels)}"
        )
    ruler = Ruler(task, labels, probabilistic, seed)
    training = parts.get("training") if training is None else training
    if training is not None:
        X, y = _as_arrays(*training)
        linear = linear_model(X, y, task, count, seed, _by_number(class_weight, labels, count))
        trivial = without_inputs(y, task, count, labels)
        ruler.simpler = [trivial] if linear is None else [trivial, linear]
    flattered = set(seen) if set(parts) - set(seen) else set()
    found = tuple(
        ruler.measure(name, X, y, given[name], name in seen, compare=name not in flattered)
        for name, (X, y) in parts.items()
    )
    main = _main(found)
    rows = None
    if network is not None:
        X, y = parts[main.name]
        shown = list(map(str, range(X.shape[1]))) if names is None else names
        rows = input_table(network, shown, groups, partial(_quality, answers, y, task), X, seed)
    said = notices(main, task, class_weight)
    return Assessment(task, labels, found, rows, verdict(main, task), said)


def _check_pair(samples: Any, name: str) -> None:
    pair = isinstance(samples, (tuple, list)) and len(samples) == 2
    if not pair or not (hasattr(samples[0], "shape") or isinstance(samples[0], (list, tuple))):
        raise TypeError(f"{name} must hold inputs and targets, (X, y); got {received(samples)}")


def _as_arrays(X: Any, y: Any) -> Samples:
    return real_matrix(X, "parts"), plain_array(y, "parts")


def _by_number(weights: Any, labels: Sequence[str], count: int) -> Any:
    """Return weights of classes with numbers in the place of names."""
    if not isinstance(weights, Mapping):
        return weights
    number = {name: k for k, name in enumerate(labels or map(str, range(count)))}
    return {number[str(name)]: weight for name, weight in weights.items() if str(name) in number}


def _main(parts: Sequence[Part]) -> Part:
    return next((one for one in reversed(parts) if not one.seen), parts[-1])


def _quality(answers: Answers, y: np.ndarray, task: str, X: Any, rows: np.ndarray) -> float:
    """Return the first score of the task on some rows; 0 where it is undefined."""
    checked = check_answers(y[rows], answers(X), task)
    found = weighted_scores(*checked, np.ones((1, len(rows))), task, probabilistic=False)
    return float(np.nan_to_num(found[next(iter(SCORES[task]))][0]))
