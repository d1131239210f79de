"""The estimators' docstrings: parameters from their settings, attributes common to both."""

from __future__ import annotations

import textwrap
from typing import TypeVar

from sklearn.base import ClassifierMixin

from rewire.experiment.settings import Setting

from .parameters import CLASSIFIER, PARAMETERS, REGRESSOR

__all__ = ["documented"]

Class = TypeVar("Class", bound=type)
TYPES = {int: "int", float: "float", str: "str", bool: "bool"}
SPECIAL_TYPES = {
    "method": "str, rewire.topology.Method or None",
    "activation": "str or rewire.activations.Activation",
    "columns": "dict, str or path",
    "random_state": "int, RandomState or None",
    "class_weight": '{"balanced"} or dict',
}


def _type(name: str, one: Setting) -> str:
    if name in SPECIAL_TYPES:
        return SPECIAL_TYPES[name]
    if one.choices is not None:
        names = ", ".join(f'"{choice}"' for choice in one.choice_names())
        return f"{{{names}}}" + (" or callable" if one.objects else "")
    text = TYPES[one.kind]
    if one.many:
        text += f" or array-like of {text}"
    return " or ".join([text, *(f'"{word}"' for word in one.words)])


def _document(name: str, one: Setting) -> str:
    """Return a parameter's entry in a docstring."""
    default = "optional"
    if one.default is not None or one.effective_default is not None:
        value = one.effective_default if one.default is None else one.default
        default = "default " + (f'"{value}"' if isinstance(value, str) else str(value))
    lines = [f"{name} : {_type(name, one)}, {default}"]
    words = one.help_text
    if one.range_text:
        words += f" {one.range_text[0].upper()}{one.range_text[1:]}."
    if one.default_text:
        words += f" By default {one.default_text}."
    return "\n".join([*lines, *_wrapped(words)])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 96 - 8, initial_indent=" " * 8, subsequent_indent=" " * 8)


ATTRIBUTES = """\
history_ : rewire.train.History
        Everything that was measured, epoch by epoch, and every rewiring.
    loss_curve_ : list of float
        The loss of each epoch.
    n_iter_ : int
        Epochs.
    notices_ : list of str
        What was arranged otherwise than the parameters say, such as a density that was raised so
        that every neuron reads enough (``network_.density`` is what it is); and whether ``fit``
        ended worse than the mean or the most frequent class.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X had names.
    encoder_ : rewire.tables.TableEncoder or None
        What makes inputs of X's columns, where they are not all numbers or have missing values.
    standardizer_ : rewire.data.Standardizer or None
        What scales the inputs, if they are scaled here.
    input_names_ : ndarray of str
        Of each input of the network."""


def documented(estimator: Class) -> Class:
    """Put what all estimators have in common into one's docstring, and its own parameters."""
    own = PARAMETERS | (CLASSIFIER if issubclass(estimator, ClassifierMixin) else REGRESSOR)
    parameters = "\n    ".join(_document(name, one) for name, one in own.items())
    text = estimator.__doc__ or ""
    text = text.replace("{parameters}", parameters).replace("{attributes}", ATTRIBUTES)
    estimator.__doc__ = text
    return estimator
