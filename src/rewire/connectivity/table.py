"""Arrays that move together: the connections of a network, and what each of them carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Columns", "ConnectionTable"]


class Columns:
    """Arrays of one length, so that what belongs to a row always moves with it.

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
        """Return the column of that name, made of zeros where there is none yet."""
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
    """All connections of a network, sorted by target and, within a target, by source.

    Attributes
    ----------
    source, target : ndarray of int32 (int64 beyond 2**31 neurons or connections)
        Neurons by their number over the whole network.
    weight : ndarray of float32 or float64
    birth : ndarray of int64
        The order in which connections came to be; breaks ties, oldest first.
    indptr : ndarray
        The connections into neuron t are rows ``indptr[t] : indptr[t + 1]``.
    next_birth : int
        What the next connection gets.

    Examples
    --------
    >>> table = ConnectionTable(3, np.array([1, 0]), np.array([2, 2]), np.array([0.5, -1.0]))
    >>> table.source, table.weight  # in order of target and source; births are as they were given
    (array([0, 1], dtype=int32), array([-1. ,  0.5]))
    >>> table.birth
    array([1, 0])
    """

    def __init__(
        self,
        neurons: int,
        source: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray,
        birth: np.ndarray | None = None,
    ):
        self.indptr: np.ndarray
        index = np.int32 if max(neurons, len(source)) < 2**31 else np.int64
        source, target = np.asarray(source, index), np.asarray(target, index)
        birth = np.arange(len(source)) if birth is None else np.asarray(birth, np.int64)
        order = canonical_order(source, target)
        columns = {"source": source, "weight": np.asarray(weight), "birth": birth}
        if order is not None:
            columns = {name: column[order] for name, column in columns.items()}
            target = target[order]
        super().__init__(columns)
        self.neurons = neurons
        self.next_birth = int(birth.max(initial=-1)) + 1
        self._set_rows(np.bincount(target, minlength=neurons))

    @property
    def source(self) -> np.ndarray:
        """Where each connection comes from."""
        return self.data["source"]

    @property
    def weight(self) -> np.ndarray:
        """Each connection's number."""
        return self.data["weight"]

    @property
    def birth(self) -> np.ndarray:
        """The order in which the connections came to be."""
        return self.data["birth"]

    @property
    def fan_in(self) -> np.ndarray:
        """Connections into each neuron, shape (neurons,)."""
        return self.indptr[1:] - self.indptr[:-1]

    @property
    def fan_out(self) -> np.ndarray:
        """Connections out of each neuron, shape (neurons,)."""
        return np.bincount(self.source, minlength=self.neurons).astype(self.indptr.dtype)

    @property
    def target(self) -> np.ndarray:
        """Where each connection goes; computed, as the table itself holds row pointers."""
        return np.repeat(np.arange(self.neurons, dtype=self.source.dtype), self.fan_in)

    def rows(self, neuron: int) -> slice:
        """Return the rows of the connections into a neuron."""
        return slice(int(self.indptr[neuron]), int(self.indptr[neuron + 1]))

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

        What a connection carries goes with it. Columns of new connections that are not given start
        at zero; they are born in the order given.

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
        new, owner = target * self.neurons + source, self.target
        order = np.argsort(new)
        old = owner * np.int64(self.neurons) + self.source
        before = np.searchsorted(old, new[order])
        kept = np.ones(len(self), bool)
        kept[np.asarray(rows, np.int64)] = False
        exists = before < len(self)
        found = before[exists]
        exists[exists] = (old[found] == new[order[exists]]) & kept[found]
        if exists.any():
            c = int(order[np.flatnonzero(exists)[0]])
            raise ValueError(
                f"new connections must be absent; got {source[c]} to {target[c]}, which exists"
            )
        gone = np.flatnonzero(~kept)
        fan_in = self.fan_in + np.bincount(target, minlength=self.neurons)
        fan_in -= np.bincount(owner[gone], minlength=self.neurons)
        places = before - np.searchsorted(gone, before) + np.arange(len(source))
        old = np.ones(len(self) - len(gone) + len(source), bool)
        old[places] = False
        given = {"source": source, "birth": self.next_birth + np.arange(len(source)), **values}
        for name, column in self.data.items():
            merged = np.zeros(len(old), column.dtype)
            merged[old] = column[kept]
            if name in given:
                merged[places] = given[name][order]
            self.data[name] = merged
        self.next_birth += len(source)
        self._set_rows(fan_in)

    def insert_neuron(self, number: int) -> None:
        """Make room for a new neuron without connections; later ones move up by one."""
        self.source[self.source >= number] += 1
        self.indptr = np.insert(self.indptr, number, self.indptr[number])
        self.neurons += 1

    def delete_neurons(self, dead: np.ndarray) -> None:
        """Remove neurons with all their connections; the others close ranks.

        Parameters
        ----------
        dead : ndarray of bool, shape (neurons,)
        """
        self.replace(np.flatnonzero(dead[self.source] | dead[self.target]), [], [])
        new_number = (np.cumsum(~dead) - 1).astype(self.source.dtype)
        self.data["source"] = new_number[self.source]
        fan_in = self.fan_in[~dead]
        self.neurons = len(fan_in)
        self._set_rows(fan_in)

    def check(self) -> None:
        """Raise AssertionError if the table is not canonical; tests call it after every change."""
        assert len(self.indptr) == self.neurons + 1
        assert self.indptr[0] == 0
        assert self.indptr[-1] == len(self)
        assert (np.diff(self.indptr) >= 0).all()
        assert all(len(column) == len(self) for column in self.data.values())
        source, target = self.source.astype(np.int64), self.target.astype(np.int64)
        assert ((source >= 0) & (source < target)).all(), "a connection does not go forward"
        assert (np.diff(target * self.neurons + source) > 0).all(), "not sorted, or not unique"
        assert len(np.unique(self.birth)) == len(self)
        assert self.birth.max(initial=-1) < self.next_birth

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
