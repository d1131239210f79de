"""The tables of the study in tables_study.py: twenty that count, and others to choose settings on.

All come with packages and are used as they are there: vega_datasets, statsmodels, palmerpenguins
and scikit-learn. Chosen before anything was trained, ten with classes and ten with quantities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class StudyTable:
    """A table, what to predict from it, and what is left out of it and why."""

    name: str
    load: Callable[[], pd.DataFrame]
    target: str
    task: str
    ignore: tuple[str, ...] = ()
    note: str = ""

    def data(self) -> tuple[pd.DataFrame, pd.Series]:
        """Return inputs and target; rows without a target are left out."""
        frame = self.load().dropna(subset=[self.target]).reset_index(drop=True)
        y = frame[self.target]
        y = y.astype(str) if self.task == "classification" else y.astype(float)
        return frame.drop(columns=[self.target, *self.ignore]), y


# ---------------------------------------------------------------------------------------- loading


def _vega(name: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        from vega_datasets import local_data

        return getattr(local_data, name)()

    return load


def _named(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Write codes, which count nothing, as names."""
    return frame.assign(**{name: "kind " + frame[name].astype(str) for name in columns})


def _statsmodels(name: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        import statsmodels.api

        return getattr(statsmodels.api.datasets, name).load_pandas().data

    return load


def _sklearn(name: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        import sklearn.datasets

        return getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame

    return load


def _penguins() -> pd.DataFrame:
    from palmerpenguins import load_penguins

    return load_penguins()


def _fair() -> pd.DataFrame:
    frame = _named(_statsmodels("fair")(), "occupation", "occupation_husb")
    return frame.assign(any_affair=np.where(frame.pop("affairs") > 0, "yes", "no"))


def _large_states() -> pd.DataFrame:
    frame = _vega("airports")()
    return frame[frame.groupby("state")["state"].transform("size") >= 50]


def _star98() -> pd.DataFrame:
    frame = _statsmodels("star98")()
    above, below = frame.pop("NABOVE"), frame.pop("NBELOW")
    return frame.assign(share_above=above / (above + below))


def _co2() -> pd.DataFrame:
    return _statsmodels("co2")().rename_axis("date").reset_index()


def _modechoice() -> pd.DataFrame:
    return _named(_statsmodels("modechoice")(), "mode").drop(columns="individual")


def _madelon() -> pd.DataFrame:
    from rewire.data import load

    data = load("madelon")
    return pd.DataFrame(np.asarray(data.X, float)).add_prefix("x").assign(target=data.y)


# ----------------------------------------------------------------------------------------- tables


def _table(
    name: str, load: Any, target: str, task: str, *ignore: str, note: str = ""
) -> StudyTable:
    return StudyTable(name, load, target, task, ignore, note)


CLASSES, NUMBERS = "classification", "regression"

STUDY = {
    one.name: one
    for one in (
        _table("penguins: species", _penguins, "species", CLASSES),
        _table(
            "cars: origin", _vega("cars"), "Origin", CLASSES, "Name", note="names differ by row"
        ),
        _table("weather: kind", _vega("seattle_weather"), "weather", CLASSES),
        _table(
            "airports: state",
            _large_states,
            "state",
            CLASSES,
            *("iata", "name", "city", "country"),
            note="from longitude and latitude alone; states with 50 airports or more",
        ),
        _table("iris", _sklearn("iris"), "target", CLASSES),
        _table("wine", _sklearn("wine"), "target", CLASSES),
        _table("breast cancer", _sklearn("breast_cancer"), "target", CLASSES),
        _table("digits", _sklearn("digits"), "target", CLASSES),
        _table(
            "fair: any affair",
            _fair,
            "any_affair",
            CLASSES,
            note="whether affairs, a number, is above 0; codes of occupations as names",
        ),
        _table("anes96: vote", _statsmodels("anes96"), "vote", CLASSES),
        _table("diabetes", _sklearn("diabetes"), "target", NUMBERS),
        _table(
            "cars: miles per gallon",
            _vega("cars"),
            "Miles_per_Gallon",
            NUMBERS,
            "Name",
            note="names differ by row",
        ),
        _table("penguins: body mass", _penguins, "body_mass_g", NUMBERS),
        _table("barley: yield", _vega("barley"), "yield", NUMBERS),
        _table("stocks: price", _vega("stocks"), "price", NUMBERS),
        _table("seattle: temperature", _vega("seattle_temps"), "temp", NUMBERS),
        _table(
            "star98: share above",
            _star98,
            "share_above",
            NUMBERS,
            note="the two counts that make the share are left out",
        ),
        _table("grunfeld: investment", _statsmodels("grunfeld"), "invest", NUMBERS),
        _table("engel: food", _statsmodels("engel"), "foodexp", NUMBERS),
        _table("randhie: visits", _statsmodels("randhie"), "mdvis", NUMBERS),
    )
}

# Other tables, and other questions to some of the same: what defaults are chosen on.
DEVELOPMENT = {
    one.name: one
    for one in (
        _table("penguins: sex", _penguins, "sex", CLASSES),
        _table("cars: cylinders", _vega("cars"), "Cylinders", CLASSES, "Name"),
        _table("modechoice: choice", _modechoice, "choice", CLASSES),
        _table("anes96: party", _statsmodels("anes96"), "PID", CLASSES, "vote"),
        _table("fair: marriage", _fair, "rate_marriage", CLASSES, "any_affair"),
        _table("randhie: good health", _statsmodels("randhie"), "hlthg", CLASSES, "hlthf", "hlthp"),
        _table(
            "breast cancer: texture", _sklearn("breast_cancer"), "mean texture", NUMBERS, "target"
        ),
        _table("madelon", _madelon, "target", CLASSES),
        _table("iris: petal width", _sklearn("iris"), "petal width (cm)", NUMBERS, "target"),
        _table("wine: alcohol", _sklearn("wine"), "alcohol", NUMBERS, "target"),
        _table("diabetes: glucose", _sklearn("diabetes"), "s6", NUMBERS, "target"),
        _table("cars: acceleration", _vega("cars"), "Acceleration", NUMBERS, "Name"),
        _table(
            "weather: maximum", _vega("seattle_weather"), "temp_max", NUMBERS, "temp_min", "weather"
        ),
        _table("penguins: flipper", _penguins, "flipper_length_mm", NUMBERS),
        _table("macrodata: unemployment", _statsmodels("macrodata"), "unemp", NUMBERS),
        _table("ccard: expenditure", _statsmodels("ccard"), "AVGEXP", NUMBERS),
        _table("statecrime: murder", _statsmodels("statecrime"), "murder", NUMBERS),
        _table("co2", _co2, "co2", NUMBERS),
        _table("grunfeld: value", _statsmodels("grunfeld"), "value", NUMBERS),
        _table("star98: low income", _star98, "LOWINC", NUMBERS),
    )
}
