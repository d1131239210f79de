"""Finds what each column of a table is, from all of its values and what a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .numbers import plain_numbers
from .raw import RawTable, TextColumn
from .schema import Column, Schema

__all__ = ["understand"]


def understand(
    raw: RawTable,
    *,
    target: str | int | Sequence[str | int] | None = None,
    task: str | None = None,
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    date: Sequence[str] = (),
    text: Sequence[str] = (),
    ignore: Sequence[str | int] = (),
    na: Sequence[str] = (),
    thousands: str | None = None,
    decimal: str | None = None,
    censored: str | None = None,
    columns: str | Path | Mapping[str, Any] | None = None,
) -> Schema:
    """Find what each column is and how it is written."""
    wanted = [] if target is None else target if isinstance(target, (list, tuple)) else [target]
    names = list(raw.columns)
    targets = [one if one in names else names[int(one)] for one in wanted]
    found = []
    for name, column in raw.columns.items():
        role = "target" if name in targets else "ignored" if name in ignore else "input"
        if isinstance(column, TextColumn):
            filled = np.array([one not in ("", "?", "NA") for one in column.texts], bool)
            number = plain_numbers(column.texts[filled])
            kind = "category" if number is None else "number"
            na_found = tuple(column.texts[~filled & (column.texts != "")])
            missing = int(column.counts[~filled].sum() + (column.codes < 0).sum())
            different = int(filled.sum())
        else:
            kind, na_found = column.kind, ()
            missing, different = 0, 0
        found.append(
            Column(
                name, kind, role, na=na_found, rows=len(raw), missing=missing, different=different
            )
        )
    return Schema(tuple(found))
