"""The connection table: arrays that move together when connections come and go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .ordering import order_of

__all__ = ["Columns", "ConnectionTable"]


SHOWN = 5  # connections in a repr


class Columns:
    """Arrays of one length whose rows are inserted and deleted together.

    Parameters
    ----------
    columns : mapping of str to ndarray
        One array per column, all of shape (rows,).
    """

    def __init__(self, columns: Mapping[str, np.ndarray]):
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns must have the same length; got {lengths}")
        self.data = dict(columns)

    def __len__(self) -> int:
        return len(next(iter(self.data.values())))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.data[name]

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def __setstate__(self, state: dict[str, Any]) -> None:
        # joblib hands large arrays to its workers as read-only memory maps.
        for name, value in state.items():
            columns = value.items() if isinstance(value, dict) else ()
            state[name] = {key: _own(column) for key, column in columns} or _own(value)
        self.__dict__.update(state)

    def zeros(self, name: str, dtype: np.dtype | type) -> np.ndarray:
        """Return the column of that name; one that is missing is added, filled with zeros."""
        if name not in self.data:
            self.data[name] = np.zeros(len(self), dtype)
        return self.data[name]

    def delete(self, rows: np.ndarray) -> None:
        """Remove rows; costs one copy of every column."""
        kept = np.ones(len(self), bool)
        kept[rows] = False
        self.data = {name: column[kept] for name, column in self.data.items()}

    def insert(self, before: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Insert rows before the given ones; columns without values get zeros. One copy each.

        Rows inserted before the same one keep their order.
        """
        self.data = {
            name: np.insert(
                column, before, np.asarray(values.get(name, 0)).astype(column.dtype, copy=False)
            )
            for name, column in self.data.items()
        }


class ConnectionTable(Columns):
    """All connections of a model, sorted by target and, within a target, by source.

    Parameters
    ----------
    units : int
        Units of the whole model; a connection goes from one to another with a higher number.
    source, target : array-like of int, shape (connections,)
        In any order.
    weight : array-like of float, shape (connections,)
    birth : array-like of int, shape (connections,), optional
        By default, births follow the order in which connections are given.

    Attributes
    ----------
    source, target : ndarray of int32 (int64 beyond 2**31 units or connections)
        Units by their number over the whole model.
    weight : ndarray of float32 or float64
    birth : ndarray of int64
        The order in which connections came to be; breaks ties, oldest first.
    indptr : ndarray
        The connections into unit t are rows ``indptr[t] : indptr[t + 1]``.
    next_birth : int
        Birth of the next connection.

    Examples
    --------
    >>> table = ConnectionTable(3, np.array([1, 0]), np.array([2, 2]), np.array([0.5, -1.0]))
    >>> table
    ConnectionTable: 2 connections between 3 units
     source  target  weight  birth
          0       2      -1      1
          1       2     0.5      0
    >>> table.source, table.weight
    (array([0, 1], dtype=int32), array([-1. ,  0.5]))
    """

    def __init__(
        self,
        units: int,
        source: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray,
        birth: np.ndarray | None = None,
    ):
        self.indptr: np.ndarray
        index = np.int32 if max(units, len(source)) < 2**31 else np.int64
        source, target = np.asarray(source, index), np.asarray(target, index)
        birth = np.arange(len(source)) if birth is None else np.asarray(birth, np.int64)
        order = canonical_order(source, target)
        columns = {"source": source, "weight": np.asarray(weight), "birth": birth}
        if order is not None:
            columns = {name: column[order] for name, column in columns.items()}
            target = target[order]
        super().__init__(columns)
        self.units = units
        self.next_birth = int(birth.max(initial=-1)) + 1
        self._set_rows(np.bincount(target, minlength=units))

    @property
    def source(self) -> np.ndarray:
        """Source unit of each connection."""
        return self.data["source"]

    @property
    def weight(self) -> np.ndarray:
        """Connection weights."""
        return self.data["weight"]

    @property
    def birth(self) -> np.ndarray:
        """Birth order of the connections."""
        return self.data["birth"]

    @property
    def fan_in(self) -> np.ndarray:
        """Number of connections into each unit, shape (units,)."""
        return self.indptr[1:] - self.indptr[:-1]

    @property
    def fan_out(self) -> np.ndarray:
        """Number of connections out of each unit, shape (units,)."""
        return np.bincount(self.source, minlength=self.units).astype(self.indptr.dtype)

    @property
    def target(self) -> np.ndarray:
        """Target unit of each connection; computed from ``indptr`` at each access."""
        return np.repeat(np.arange(self.units, dtype=self.source.dtype), self.fan_in)

    def rows(self, unit: int) -> slice:
        """Return the rows of the connections into a unit."""
        return slice(int(self.indptr[unit]), int(self.indptr[unit + 1]))

    def find(self, source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Locate connections.

        Returns
        -------
        row : ndarray of int64
            Where each connection is, or where it would have to be inserted.
        exists : ndarray of bool
        """
        source, target = np.asarray(source, np.int64), np.asarray(target, np.int64)
        low = self.indptr[target].astype(np.int64)
        high = end = self.indptr[target + 1]
        while (open_ := low < high).any():  # a binary search in all rows at once
            middle = (low + high) >> 1
            smaller = (self.source[middle - (middle == end)] < source) & open_
            low = np.where(smaller, middle + 1, low)
            high = np.where(smaller, high, middle)
        exists = low < end
        exists[exists] = self.source[low[exists]] == source[exists]
        return low, exists

    def replace(self, rows: Any, source: Any, target: Any, **values: np.ndarray) -> None:
        """Remove connections and add others; costs one copy of every column.

        All columns of a removed connection are removed with it. Columns of new connections that
        are not given start at zero; births follow the order given.

        Parameters
        ----------
        rows : array-like of int
            Connections to remove.
        source, target : array-like of int, same length
            Connections to add.
        **values
            Columns of the new connections.

        Raises
        ------
        ValueError
            If a new connection exists already and is not removed; nothing is changed then.
        """
        source, target = np.asarray(source, np.int64), np.asarray(target, np.int64)
        kept = np.ones(len(self), bool)
        kept[np.asarray(rows, np.int64)] = False
        place = self._merged(kept, source, target)
        fan_in = self.fan_in + np.bincount(target, minlength=self.units)
        fan_in -= np.bincount(self.target[~kept], minlength=self.units)
        given = {"source": source, "birth": self.next_birth + np.arange(len(source)), **values}
        for name, column in self.data.items():
            added = np.zeros(len(source), column.dtype)
            if name in given:
                added[:] = given[name]
            self.data[name] = np.concatenate((column, added))[place]
        self.next_birth += len(source)
        self._set_rows(fan_in)

    def _merged(self, kept: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return where each row comes from when some stay and others are added behind.

        Raises
        ------
        ValueError
            If one that is added exists already.
        """
        stays, new = np.flatnonzero(kept), target * self.units + source
        order = order_of(new)
        old = self.target[kept].astype(np.int64)
        old *= self.units
        old += self.source[kept]
        key = np.concatenate((old, new[order]))
        del old  # these are the largest arrays of a rewiring
        merged = np.argsort(key, kind="stable")  # two sorted runs are merged in one pass
        key = key[merged]
        again = np.flatnonzero(key[1:] == key[:-1])
        if len(again):
            c = int(order[merged[again[0] + 1] - len(stays)])
            raise ValueError(
                f"new connections must be absent; got {source[c]} to {target[c]}, which exists"
            )
        return np.concatenate((stays, len(self) + order))[merged]

    def insert_unit(self, number: int) -> None:
        """Add a unit without connections; the numbers of later ones rise by one."""
        self.source[self.source >= number] += 1
        self.indptr = np.insert(self.indptr, number, self.indptr[number])
        self.units += 1

    def delete_units(self, dead: np.ndarray) -> None:
        """Remove units with all their connections; the numbers of later ones fall.

        Parameters
        ----------
        dead : ndarray of bool, shape (units,)
        """
        self.replace(np.flatnonzero(dead[self.source] | dead[self.target]), [], [])
        new_number = (np.cumsum(~dead) - 1).astype(self.source.dtype)
        self.data["source"] = new_number[self.source]
        fan_in = self.fan_in[~dead]
        self.units = len(fan_in)
        self._set_rows(fan_in)

    def check(self) -> None:
        """Raise AssertionError if the table is not canonical; tests call it after every change."""
        assert len(self.indptr) == self.units + 1
        assert self.indptr[0] == 0
        assert self.indptr[-1] == len(self)
        assert (np.diff(self.indptr) >= 0).all()
        assert all(len(column) == len(self) for column in self.data.values())
        source, target = self.source.astype(np.int64), self.target.astype(np.int64)
        assert ((source >= 0) & (source < target)).all(), "a connection does not go forward"
        assert (np.diff(target * self.units + source) > 0).all(), "not sorted, or not unique"
        assert len(np.unique(self.birth)) == len(self)
        assert self.birth.max(initial=-1) < self.next_birth

    def __repr__(self) -> str:
        """Show how many connections there are, and the columns of the first few."""
        shown = {"source": self.source, "target": self.target, **self.data}
        lines = [[name, *(f"{value:.4g}" for value in shown[name][:SHOWN])] for name in shown]
        widths = [max(map(len, column)) for column in lines]
        text = [
            f"ConnectionTable: {len(self):,} connections between {self.units:,} units",
            *("  ".join(map(str.rjust, row, widths)) for row in zip(*lines, strict=True)),
        ]
        if len(self) > SHOWN:
            text.append(f"... and {len(self) - SHOWN:,} more")
        return "\n ".join(text)

    def _set_rows(self, fan_in: np.ndarray) -> None:
        self.indptr = np.zeros(len(fan_in) + 1, self.source.dtype)
        np.cumsum(fan_in, out=self.indptr[1:])


def canonical_order(source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Return the order by target, then source; None where they are in it already."""
    step = np.diff(target)
    if ((step > 0) | ((step == 0) & (np.diff(source) > 0))).all():
        return None
    return np.lexsort((source, target))


def _own(value: Any) -> Any:
    """Return a read-only array as a copy to write to, and anything else as it is."""
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        return np.array(value)
    return value
