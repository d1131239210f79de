"""Estimators for scikit-learn: networks that rewire themselves, in pipelines and searches."""

from .classifier import SparseMLPClassifier
from .distributions import parameter_distributions
from .regressor import SparseMLPRegressor

__all__ = ["SparseMLPClassifier", "SparseMLPRegressor", "parameter_distributions"]
