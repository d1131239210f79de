"""What can be asked of a fitted estimator: outputs, inputs and their strengths, the whole model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from rewire.assess import input_strengths
from rewire.graph import Network
from rewire.train.evaluation import outputs

from .checks import check_inputs, column_names
from .inputs import Inputs

if TYPE_CHECKING:
    from rewire.data import Standardizer
    from rewire.tables import TableEncoder

__all__ = ["Fitted"]


class Fitted(ABC):
    """The part of both estimators that comes after ``fit``."""

    network_: Network
    encoder_: TableEncoder | None
    standardizer_: Standardizer | None
    classes_: np.ndarray
    _inputs: Inputs

    @property
    @abstractmethod
    def _task(self) -> tuple[str, int]:
        """Name of the loss, and number of outputs."""

    # -------------------------------------------------------------------------------- inspecting

    @property
    def input_names_(self) -> np.ndarray:
        """Name of each input of the network: of a column of X, or of what is made of one."""
        check_is_fitted(self)
        names = self.encoder_.feature_names if self.encoder_ else column_names(self)
        return np.array(names, dtype=object)

    @property
    def feature_importances_(self) -> np.ndarray:
        r"""Share of all paths to the outputs that begins at each input, shape (features,).

        A path is as strong as the product of its \|weights\|. Inputs that the wiring has dropped
        have exactly 0; ``SelectFromModel(model, threshold=1e-9)`` keeps all others. It compares
        inputs of the same scale: put a ``StandardScaler`` in front.
        """
        check_is_fitted(self)
        strengths = input_strengths(self.network_)
        return strengths / (strengths.sum() or 1)

    # --------------------------------------------------------------------------------- exporting

    def as_model(self) -> Any:
        """Return network, columns, scaling and classes as a :class:`rewire.experiment.Predictor`.

        :func:`rewire.export.export` does so to write an estimator for another program.

        Raises
        ------
        ValueError
            For several labels at once.
        """
        from rewire.experiment import Predictor  # only for those who leave scikit-learn

        check_is_fitted(self)
        if getattr(self, "_several", False):
            raise ValueError(
                "an estimator must have one class for each sample to become a model; this one has "
                "several labels at once: export its network_"
            )
        net, mean = self._parted()
        return Predictor(
            net,
            "classification" if is_classifier(self) else "regression",
            tuple(self.classes_.tolist()) if is_classifier(self) else (),
            tuple(self.input_names_) if hasattr(self, "feature_names_in_") else None,
            standardizer=self.standardizer_,
            target_mean=mean,
            target_scale=None if mean is None else np.ones_like(mean),
            loss=self._task[0],
            encoder=self.encoder_
            or self._inputs.as_encoder(getattr(self, "feature_names_in_", ())),
        )

    # -------------------------------------------------------------------------------- predicting

    def _scores(self, X: Any) -> np.ndarray:
        """Return the network's outputs, shape (samples, outputs)."""
        check_is_fitted(self)
        X = self._inputs.transform(check_inputs(self, X), column_names(self))
        net, mean = self._parted()
        return outputs(net, X) if mean is None else outputs(net, X).astype(np.float64) + mean

    def _parted(self) -> tuple[Network, np.ndarray | None]:
        """Return a network, and what is added to its outputs in double precision, if anything."""
        return self.network_, None
