"""The base class of both estimators: training, warm starts, passes over a stream."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, _fit_context, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from rewire import defaults, losses
from rewire.experiment.build import (
    make_method,
    make_optimizer,
    make_schedule,
)
from rewire.experiment.choices import first_network, rewiring_interval
from rewire.experiment.decay import with_decay
from rewire.experiment.notices import below_trivial
from rewire.experiment.recipe import Recipe
from rewire.io import warn
from rewire.losses import Loss
from rewire.train import EarlyStopping, History, fit
from rewire.train.evaluation import outputs

from .checks import check_samples, column_names, restored_on_error
from .fitted import Fitted
from .inputs import Inputs, is_table
from .parameters import CONSTRAINTS, PARAMETERS, SIGNATURE, recipe_of
from .stream import Stream

__all__ = ["SparseMLP"]


class SparseMLP(Fitted, MultiOutputMixin, BaseEstimator):
    """A sparse multi-layer perceptron with scikit-learn's interface.

    A subclass says which loss fits the targets, and how they are learnt and read.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS

    def __init__(self, **parameters: Any):
        for name, one in PARAMETERS.items():
            setattr(self, name, parameters.pop(name, one.default))
        if parameters:
            unknown, name = next(iter(parameters)), type(self).__name__
            raise TypeError(f"{name}() got an unexpected keyword argument {unknown!r}")

    # What scikit-learn, help() and editors read the parameters from; type checkers know functions
    # without it.
    __init__.__signature__ = SIGNATURE  # type: ignore[attr-defined]

    # ---------------------------------------------------------------------------- for subclasses

    @abstractmethod
    def _inspect_targets(self, y: np.ndarray, weight: np.ndarray | None, classes: Any) -> None:
        """Record what the first targets are: their classes, or their mean and scale."""

    def _follow_targets(self, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Take note of further targets, from which a network that is there goes on."""

    @abstractmethod
    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Return targets as the loss takes them; refuse those that do not fit the first ones."""

    @property
    def _targets_vary(self) -> bool:
        """Whether there is something to learn."""
        return True

    def _with_class_weights(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
        """Return sample weights of mean 1 in which classes count as they are told to."""
        return weight

    def _rescale_inward(self, net: Any) -> None:
        """Rescale a copy of :attr:`network_` so that it computes encoded targets."""

    def _rescale_back(self, net: Any, done: bool = False) -> None:
        """Rescale it back to the targets' own unit, after ``fit`` or before more is to come."""

    # ---------------------------------------------------------------------------------- training

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train a network.

        Parameters
        ----------
        X : array-like, SciPy sparse matrix or table, shape (samples, features)
            A sparse one is made dense batch by batch. The network computes in float32 where X is
            float32, which takes about half the time, and otherwise in float64. A pandas, Polars or
            Arrow table may have texts, categories, dates and truth values too: they are encoded,
            and such a table is standardized. Missing values (NaN, None) are filled in, with an
            input that says so where at least 5% are missing.
        y : array-like, shape (samples,) or (samples, outputs)
        sample_weight : array-like, shape (samples,), optional
            Weight of each sample, at least 0 and relative to the others. Where all samples make
            one batch, a sample of weight 2 is the same as the sample twice; in smaller batches it
            is so on average.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For parameters, data and labels out of range, and if the training diverges; an earlier
            fit is then still there.

        Warns
        -----
        ConvergenceWarning
            If the network is worse than always answering the mean or the most frequent class, on
            the validation samples or, without early stopping, on the training samples.
        """
        go_on = self.warm_start and hasattr(self, "network_")
        with restored_on_error(self):
            X, targets, loss = self._prepare(X, y, sample_weight, go_on)
            seed = self._draw_seed()
            recipe = recipe_of(self, seed)
            net, densities = self._network(recipe, X, go_on)
            train, validation = self._split(X, targets, seed)
            if not go_on:
                recipe = with_decay(recipe, X, targets, loss, self._task[1], X.dtype)
            per_epoch = -(-len(train[1]) // self.batch_size)
            optimizer = self._next_optimizer(recipe, go_on, per_epoch)
            total_steps = self.max_iter * per_epoch
            interval = rewiring_interval(total_steps)
            history = fit(
                net,
                *train,
                method=make_method(recipe, densities=densities, every=interval),
                loss=loss,
                optimizer=optimizer,
                total_steps=total_steps,
                batch_size=self.batch_size,
                schedule=make_schedule(recipe),
                validation_data=validation,
                early_stopping=(
                    EarlyStopping(self.n_iter_no_change, monitor=self.monitor)
                    if validation
                    else None
                ),
                report_every=per_epoch,
                seed=seed,
                progress=bool(self.verbose),
            )
            self._judge(net, train, validation)
            net = net.strip() if self.strip else net
            self._rescale_back(net, done=True)
            self.network_ = net
            self._optimizer, self._stream = optimizer, Stream(seed)
            self.history_, self.loss_curve_, self.n_iter_ = history, history["loss"], len(history)
        return self

    def _learn_once(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """Train for one pass; the common part of ``partial_fit``."""
        if self.early_stopping:
            raise ValueError(
                "early_stopping must be False for partial_fit, which keeps no data for validation"
            )
        go_on = hasattr(self, "network_")
        with restored_on_error(self):
            X, targets, loss = self._prepare(X, y, sample_weight, go_on, classes)
            if not go_on:
                self._stream, self.history_ = Stream(self._draw_seed()), History()
            recipe = recipe_of(self, self._stream.seed)
            net, densities = self._network(recipe, X, go_on)
            optimizer = self._next_optimizer(recipe, go_on)
            self._stream.learn(
                net,
                X,
                targets,
                method=make_method(recipe, densities=densities, every=defaults.REWIRE_EVERY),
                loss=loss,
                optimizer=optimizer,
                batch_size=self.batch_size,
                history=self.history_,
                steady=isinstance(recipe.method, str),
            )
            self._rescale_back(net)
            self.network_, self._optimizer = net, optimizer
            self.loss_curve_, self.n_iter_ = self.history_["loss"], len(self.history_)
        return self

    def _prepare(
        self, X: Any, y: Any, sample_weight: Any, go_on: bool, classes: Any = None
    ) -> tuple[Any, np.ndarray, Loss]:
        """Return X, targets for the loss, and the loss."""
        X, y, weight = check_samples(self, X, y, sample_weight, reset=not go_on)
        if go_on:
            self._follow_targets(y, weight)
        else:
            self._inspect_targets(y, weight, classes)
        weight = self._with_class_weights(y, weight)
        targets, loss = self._encode(y), losses.get(self._task[0])
        if go_on:
            X = self._inputs.transform(X, column_names(self))
        else:
            # Several labels at once are no class numbers.
            learnt = targets if targets.ndim == 1 else targets.astype(np.float64)
            wanted = is_table(X) if self.standardize is None else self.standardize
            self._inputs, X = Inputs.learn(X, learnt, column_names(self), wanted)
            self.encoder_, self.standardizer_ = self._inputs.encoder, self._inputs.standardizer
        if weight is None:
            return X, targets, loss
        return X, np.column_stack([targets, weight]), type(loss)(weighted=True)

    def _split(self, X: Any, targets: np.ndarray, seed: int) -> tuple[Any, Any]:
        """Split off the validation samples, None without early stopping."""
        if not self.early_stopping:
            return (X, targets), None
        # Slow to import, and most fits do without.
        from sklearn.model_selection import train_test_split

        one_class_each = is_classifier(self) and not self._several
        train, held_out = train_test_split(
            np.arange(len(targets)),
            test_size=self.validation_fraction,
            random_state=seed,
            stratify=targets.reshape(len(targets), -1)[:, 0] if one_class_each else None,
        )
        return (X[train], targets[train]), (X[held_out], targets[held_out])

    def _network(self, recipe: Recipe, X: Any, go_on: bool) -> tuple[Any, list[float] | None]:
        """Return the network to train, and the final densities of its layers.

        A warm start trains a copy of the network that there is.
        """
        if go_on:
            net = self.network_.copy()
            self._rescale_inward(net)
            return net, net.layer_densities()
        net, densities, raised = first_network(
            recipe, X.shape[1], self._task[1], table=True, dtype=X.dtype
        )
        self._raised = [] if raised is None else [raised]
        self.notices_ = list(self._raised)
        return net, densities

    def _judge(self, net: Any, train: Any, validation: Any) -> None:
        """Take note, and warn, if a network is worse than the mean or the most frequent class."""
        self.notices_, seen = list(self._raised), self._comparable(train[1])
        if seen is None:
            return
        X, targets = train if validation is None else validation
        y = self._comparable(targets)
        assert y is not None
        scores, classes = outputs(net, X), getattr(self, "classes_", None)
        worse = below_trivial(
            scores if classes is None else scores.argmax(axis=1),
            y,
            seen,
            "training" if validation is None else "validation",
            classes,
        )
        if worse is not None:
            self.notices_.append(worse)
            warn(worse, ConvergenceWarning)

    def _comparable(self, targets: np.ndarray) -> np.ndarray | None:
        """Return targets without their weights; None where no trivial answer is to be beaten."""
        name, count = self._task
        if name == "binary_cross_entropy" or not self._targets_vary:
            return None
        return targets.reshape(len(targets), -1)[:, 0 if name == "cross_entropy" else slice(count)]

    def _next_optimizer(
        self, recipe: Recipe, go_on: bool, steps_per_epoch: int | None = None
    ) -> Any:
        task = "classification" if is_classifier(self) else "regression"
        optimizer = make_optimizer(recipe, task, steps_per_epoch)
        if go_on:  # what it remembers is in the network; how long it has been, here
            optimizer.steps = self._optimizer.steps
        return optimizer

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
