"""Everything that decides a training, as plain data that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..settings import settings_of
from .data import DataSettings
from .network import MethodSettings, NetworkSettings
from .training import TrainingSettings

__all__ = ["Recipe", "method_name"]


# Fields stand in the order of the bases from the last to the first.
@dataclass(frozen=True, repr=False)
class Recipe(TrainingSettings, MethodSettings, NetworkSettings, DataSettings):
    """What to train on, which network, by which method, and how.

    Each field holds its own range, default and help text, from which the options of ``rewire
    train`` and ``rewire compare`` and the parameters of the estimators are generated;
    ``rewire.experiment.settings_table(Recipe)`` lists them as Markdown tables. Of a field that may
    hold several numbers, one number stands for a tuple of one.

    Raises
    ------
    ValueError
        For a value out of range, naming the setting, the range and the value.

    Examples
    --------
    >>> Recipe("digits", hidden=(300, 100), sparsity=(0.99, 0.89, 0), method="rigl")
    Recipe('digits', hidden=(300, 100), sparsity=(0.99, 0.89, 0), method='rigl')
    >>> Recipe("digits", momentum=1.5)
    Traceback (most recent call last):
    ValueError: momentum must be a number in [0, 1); got 1.5
    """

    def __post_init__(self) -> None:
        for name, one in settings_of(type(self)).items():
            value = one.plain(getattr(self, name))
            if name != "method_options":
                one.check(value)
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        known = settings_of(type(self))
        changed = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if name != "data" and value != known[name].default and value != {}
        ]
        return f"Recipe({', '.join([repr(self.data), *changed])})"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that :meth:`to_dict` gave, also by way of JSON."""
        known = sorted(one.name for one in fields(cls))
        if unknown := sorted(set(values) - set(known)):
            raise ValueError(f"settings must be among {', '.join(known)}; got {unknown[0]}")
        if "data" not in values:
            raise ValueError("settings must have data, the name of a data set or a file; got none")
        return cls(**values)


def method_name(name: str) -> str:
    """Return a method's name as it is registered; hyphens may stand for spaces.

    Examples
    --------
    >>> method_name("reviving-rigl")
    'reviving rigl'
    """
    known = settings_of(Recipe)["method"]
    name = known.plain(name)
    known.check(name)
    return name
