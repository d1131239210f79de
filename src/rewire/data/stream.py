"""Samples larger than memory: arrays on disk and Parquet files, read piece by piece."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from rewire.io import as_path
from rewire.tables.encoder import Missing
from rewire.validation import of_type, real_number

from .dataset import Dataset, Task
from .splitting import random_state
from .standardizer import Standardizer
from .stream_arrays import label, open_arrays
from .stream_rows import generator_for
from .stream_samples import StoredSamples
from .stream_sizes import buffer_samples, sample_rows, validation_rows
from .stream_tables import open_table

__all__ = ["Stream"]

# The buffer is filled from so many places of the data, so that neighbours there are parted.
PLACES = 16
# What a seed decides: the rows that are understood, those split off, and those held of the latter.
SAMPLE, SPLIT, HELD = range(3)


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """Inputs and targets that stay on disk; :func:`rewire.fit` takes one in place of X and y.

    Make one with :meth:`from_arrays` or :meth:`from_parquet`. In every epoch its pieces are read in
    a random order into a buffer and shuffled there, so that a training takes the memory of the
    buffer and of a piece, whatever the size of the data. The same buffer and seed give the same
    bits; a buffer that holds everything gives those of the same inputs as arrays in memory.

    Attributes
    ----------
    inputs : int
    buffer : int
        Samples to hold in memory at a time.
    bounds : ndarray of int64, shape (pieces + 1,)
        First samples of the pieces, and the number of samples.
    sample : Dataset or None
        Some of the samples, drawn by the seed, with the names of inputs and classes; of a table,
        those that its columns were understood from, and their encoder. Arrays have one once they
        are :meth:`labelled`.

    Examples
    --------
    >>> import rewire, tempfile
    >>> from pathlib import Path
    >>> X, y = rewire.data.moons(n_samples=1000, seed=0)
    >>> path = Path(tempfile.mkdtemp()) / "moons.npy"
    >>> np.save(path, X.astype("float32"))
    >>> stream = Stream.from_arrays(path, y, buffer=256)
    >>> stream
    <Stream: 1,000 samples, 2 inputs, 256 at a time>
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, stream, total_steps=100, seed=0)
    >>> history["step"][-1]
    100
    """

    inputs: int
    buffer: int
    _size: int | str
    _samples: StoredSamples
    _standardizer: Standardizer | None = None

    @classmethod
    def from_arrays(cls, X: Any, y: Any, *, buffer: int | str) -> Stream:
        """Stream arrays, which may be memory-mapped.

        Parameters
        ----------
        X : ndarray, or path of a ``.npy`` file, shape (samples, inputs)
            A file is memory-mapped, never loaded as a whole.
        y : ndarray, or path of a ``.npy`` file, shape (samples,) or (samples, outputs)
        buffer : int or str
            Samples to hold in memory, or their size, such as ``"500 MB"``.

        Raises
        ------
        ValueError
            For arrays of other shapes, and a buffer that holds no sample.
        OSError
            For a file that cannot be read.
        """
        source = open_arrays(X, y)
        rows, inputs = source.open_inputs().shape
        size = buffer_samples(buffer, inputs)
        bounds = np.append(np.arange(0, rows, max(1, size // PLACES)), rows)
        return cls(inputs, size, buffer, StoredSamples(replace(source, bounds=bounds)))

    @classmethod
    def from_parquet(
        cls,
        path: str | os.PathLike[str],
        target: Any,
        *,
        buffer: int | str,
        task: Task | None = None,
        ignore: Any = (),
        missing: Missing = "impute",
        seed: int | np.random.Generator | None = 0,
        **options: Any,
    ) -> Stream:
        """Stream a Parquet file, or a folder of such files, row group by row group.

        Columns are understood and encoded as :func:`rewire.data.load` does it. What it learns of
        all rows is learnt here of some that the seed draws, in a quarter of the buffer: kinds,
        categories, medians. The classes, and which rows have a target, are found in all rows. What
        is seen in none of the drawn rows is treated as what is new to a trained model: a category
        as an unseen one, a text in a column of numbers as missing.

        Parameters
        ----------
        path : path-like
            A file, or a folder whose ``.parquet`` files, of the same columns, are taken in the
            order of their names.
        target : str, int, or list of them
            The column to predict, or the columns of a regression.
        buffer : int or str
            Samples to hold in memory, or their size, such as ``"500 MB"``; a row group comes on
            top, so that files should have small ones.
        task, ignore, missing, **options
            As of :func:`rewire.data.load`, such as ``categorical`` and ``na``.
        seed : int or numpy.random.Generator, default 0
            Decides which rows are drawn.

        Raises
        ------
        ValueError
            For columns that differ between files, an unknown target, and whatever must be settled
            to use a table.
        OSError
            For a file that cannot be read.
        ImportError
            If pandas or pyarrow is not installed.

        Examples
        --------
        >>> import pandas, tempfile
        >>> path = tempfile.mkdtemp() + "/houses.parquet"
        >>> town = ["Bonn", "Ulm", "Bonn", None] * 50
        >>> frame = pandas.DataFrame({"town": town, "rooms": [1, 2, 4, 3] * 50})
        >>> frame.to_parquet(path, row_group_size=60)
        >>> stream = Stream.from_parquet(path, "rooms", task="regression", buffer="10 kB")
        >>> stream, stream.sample.feature_names  # doctest: +NORMALIZE_WHITESPACE
        (<Stream houses: 200 samples, 3 inputs, 200 at a time, understood from 200>,
         ('town=Bonn', 'town=Ulm', 'town is missing'))
        """
        samples = open_table(
            as_path(path, "path"),
            target=target,
            buffer=buffer,
            generator=generator_for(seed, SAMPLE),
            task=task,
            ignore=ignore,
            missing=missing,
            **options,
        )
        assert samples.sample is not None
        inputs = samples.sample.inputs
        return cls(inputs, buffer_samples(buffer, inputs), buffer, samples)

    @property
    def sample(self) -> Dataset | None:
        """Some of the samples, drawn by the seed."""
        found = self._samples.sample
        if found is None or self._standardizer is None:
            return found
        return found.standardized(self._standardizer)

    @property
    def bounds(self) -> np.ndarray:
        """First samples of the pieces, and the number of samples."""
        return self._samples.bounds

    def __len__(self) -> int:
        return int(self.bounds[-1])

    def __repr__(self) -> str:
        known = self._samples.sample
        parts = [f"{len(self):,} samples", f"{self.inputs} input{'s' * (self.inputs != 1)}"]
        if known is not None and known.classes:
            parts.append(f"{len(known.classes)} classes")
        parts.append(f"{min(self.buffer, len(self)):,} at a time")
        if known is not None and known.table is not None:
            parts.append(f"understood from {len(known.y):,}")
        return f"<Stream{f' {known.name}' if known is not None else ''}: {', '.join(parts)}>"

    def read(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of samples ``first`` to ``last`` (exclusive) of one piece."""
        X, y = self._samples.read(first, last)
        return (X if self._standardizer is None else self._standardizer.transform(X)), y

    def targets(self, first: int, last: int) -> np.ndarray:
        """Return the targets alone, for which no inputs are read."""
        return self._samples.targets(first, last)

    def labelled(
        self, *, task: Task | None = None, seed: int | np.random.Generator | None = 0
    ) -> Stream:
        """Return a stream of arrays with a sample, and in a classification with numbered classes.

        Parameters
        ----------
        task : {"classification", "regression"}, optional
            By default it is inferred from the sample, as :meth:`Dataset.from_arrays` does.
        seed : int or numpy.random.Generator, default 0
            Decides which samples are drawn.

        Raises
        ------
        ValueError
            If it is labelled already, and as :meth:`Dataset.from_arrays` does.

        Examples
        --------
        >>> X, y = np.arange(8.0).reshape(4, 2), np.array(["no", "yes", "no", "no"])
        >>> stream = Stream.from_arrays(X, y, buffer=2).labelled()
        >>> stream.sample.classes, stream.read(0, 1)[1].tolist()
        (('no', 'yes'), [0])
        """
        if self.sample is not None:
            raise ValueError(f"a stream must not be labelled twice; got {self!r}")
        most = sample_rows(self._size, self.inputs)
        labelled = label(self._samples, task, most, generator_for(seed, SAMPLE))
        return replace(self, _samples=labelled)

    def split(
        self, size: float = 0.1, *, seed: Any = None, stratify: bool = True
    ) -> tuple[Stream, Stream]:
        """Split validation samples off, without reading more than targets.

        What was learnt of the columns of a table is learnt anew, of those drawn rows that remain.

        Parameters
        ----------
        size : float or int, default 0.1
            Share of the samples, or their number.
        seed : int or numpy.random.Generator, optional
            Decides which samples are split off.
        stratify : bool, default True
            Give both parts the same share of each class, where classes are known; the only sample
            of a class remains.

        Returns
        -------
        train, validation : Stream
            Samples keep their order. The ``sample`` of the second holds as many of its samples as
            a quarter of the buffer does, or all.

        Raises
        ------
        ValueError
            For a size that leaves either part empty, and a stream that is standardized.

        Examples
        --------
        >>> X, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 4 // 3
        >>> stream = Stream.from_arrays(X, y, buffer=8).labelled()
        >>> train, validation = stream.split(0.2, seed=0)
        >>> len(train), np.bincount(validation.sample.y).tolist()
        (32, [6, 2])
        """
        if self._standardizer is not None:
            raise ValueError("a stream must be split before it is standardized; got one that is")
        size, seed = real_number(size, "size"), random_state(seed)
        by_class = stratify and self.sample is not None and bool(self.sample.classes)
        kept, held_out = self._samples.hold_out(size, generator_for(seed, SPLIT), by_class=by_class)
        inputs = self.inputs if kept.sample is None else kept.sample.inputs
        buffer = buffer_samples(self._size, inputs)
        train = replace(self, inputs=inputs, buffer=buffer, _samples=kept)
        most = validation_rows(self._size, inputs)
        held_out = held_out.with_drawn(most, generator_for(seed, HELD))
        return train, replace(train, _samples=held_out)

    def fit_standardizer(self, *, limit: float | None = None) -> Standardizer:
        """Compute mean and standard deviation of all inputs in one pass.

        Parameters
        ----------
        limit : float, optional
            As of :class:`Standardizer`.

        Examples
        --------
        >>> X = np.array([[1.0], [3.0], [5.0]])
        >>> Stream.from_arrays(X, np.zeros(3), buffer=1).fit_standardizer().mean.tolist()
        [3.0]
        """
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler()
        for first, last in pairwise(self.bounds.tolist()):
            scaler.partial_fit(np.asarray(self.read(first, last)[0], np.float64))
        return Standardizer(scaler.mean_, scaler.scale_, limit)

    def standardized(self, standardizer: Standardizer) -> Stream:
        """Return the stream with its inputs transformed by a standardizer as they are read."""
        if self._standardizer is not None:
            raise ValueError("a stream must not be standardized twice; got one that is already")
        return replace(self, _standardizer=of_type(standardizer, "standardizer", Standardizer))
