"""Where a search of scikit-learn looks for an estimator's best parameters."""

from __future__ import annotations

from typing import Any

from scipy.stats import loguniform, uniform

from rewire.experiment.recipe import Recipe
from rewire.experiment.settings import settings_of

from .parameters import FIELDS

__all__ = ["parameter_distributions"]


def parameter_distributions() -> dict[str, Any]:
    """Return distributions of the parameters that ``rewire tune`` searches too.

    The ranges are those declared beside the fields of :class:`rewire.experiment.Recipe`.

    Returns
    -------
    dict
        By parameter, a list of choices or a distribution of SciPy, as ``RandomizedSearchCV`` and
        ``HalvingRandomSearchCV`` take them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from rewire.sklearn import SparseMLPClassifier
    >>> space = parameter_distributions()
    >>> list(space)
    ['solver', 'learning_rate_init', 'learning_rate', 'weight_decay', 'batch_size']
    >>> search = RandomizedSearchCV(
    ...     SparseMLPClassifier(max_iter=5, random_state=0), space, n_iter=2, cv=2, random_state=0
    ... )
    >>> set(search.fit(*load_iris(return_X_y=True)).best_params_) == set(space)
    True
    """
    settings = settings_of(Recipe)
    found: dict[str, Any] = {}
    for parameter, field in FIELDS.items():
        if (one := settings[field].search) is None:
            continue
        if one.choices:
            found[parameter] = list(one.choices)
        elif one.log:
            found[parameter] = loguniform(one.low, one.high)
        else:
            found[parameter] = uniform(one.low, one.high - one.low)
    return found
