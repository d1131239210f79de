"""Odd arrays: of every type, shape and layout, and in everything that holds one."""

from __future__ import annotations

import array
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import scipy.sparse

__all__ = ["odd_array"]

Random = random.Random
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16"),
    *("float32", "float64", "longdouble", ">f4", ">f8", ">i8", ">i2", "complex64", "complex128"),
    *("datetime64[s]", "timedelta64[ns]", "U3", "S3", "O", "V8"),
)
VALUES = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-310, -0.0, 2.0**53, 0.5, -1.0, 3e38)


def odd_array(good: np.ndarray, rng: Random) -> Any:
    """Return something like a good array, or not so like it.

    Parameters
    ----------
    good : ndarray
        What a function would take.
    rng : random.Random
    """
    made = good
    for _ in range(rng.choice((0, 1, 1, 2))):
        with suppress(TypeError, ValueError, IndexError, OverflowError, RuntimeError):
            made = rng.choice((_dtype, _values, _layout, _shape))(made, rng)
    if rng.random() < 0.5:
        try:
            return rng.choice(HOLDERS)(made, rng)
        except KeyboardInterrupt:
            raise
        except BaseException:  # what the holder itself does not take; Polars panics
            return made
    return made


def _dtype(good: np.ndarray, rng: Random) -> np.ndarray:
    with np.errstate(all="ignore"):
        try:
            return good.astype(rng.choice(DTYPES))
        except (TypeError, ValueError, RuntimeError):
            return good.astype(object)


def _values(good: np.ndarray, rng: Random) -> np.ndarray:
    changed = good.copy()
    if not changed.size:
        return changed
    with np.errstate(all="ignore"):
        for _ in range(rng.choice((1, 1, 3))):
            place = rng.randrange(changed.size)
            value: Any = rng.choice(VALUES)
            if changed.dtype.kind in "iub":
                value = rng.choice((0, 1, 2, 100))
            elif changed.dtype.kind == "O":
                value = rng.choice((None, "x", 10**40, [1], {}, 1.5, np.float32(2), b"1", True))
            try:
                changed.flat[place] = value
            except (TypeError, ValueError):
                return changed
    return changed


def _layout(good: np.ndarray, rng: Random) -> np.ndarray:
    way = rng.randrange(6)
    if way == 0 and good.ndim:
        return good[::-1]
    if way == 1:
        return np.repeat(good, 2, axis=0)[::2] if good.ndim else good
    if way == 2:
        return np.asfortranarray(good)
    if way == 3 and good.ndim and len(good):
        return np.broadcast_to(good[:1], good.shape)
    if way == 4 and good.dtype.kind in "biuf" and good.ndim:  # begins at an odd address
        raw = np.zeros(good.nbytes + 1, np.uint8)
        moved = raw[1:].view(good.dtype).reshape(good.shape)
        moved[...] = good
        return moved
    changed = good.copy()
    changed.flags.writeable = False
    return changed


def _shape(good: np.ndarray, rng: Random) -> np.ndarray:
    way = rng.randrange(9)
    if way == 0:
        return good[:0]
    if way == 1:
        return good.ravel()
    if way == 2:
        return good.reshape(-1, 1)
    if way == 3:
        return good[None]
    if way == 4:
        return good[..., None]
    if way == 5 and good.ndim == 2:
        return good[:, : rng.randrange(good.shape[1] + 1)]
    if way == 6 and good.ndim:
        return np.concatenate([good, good], axis=-1)
    if way == 7 and good.size:
        return np.array(good.flat[0])
    return good[: max(1, len(good) // 2)] if good.ndim and len(good) else good


# ------------------------------------------------------------------------------- what holds them


def _lists(made: np.ndarray, rng: Random) -> Any:
    rows = made.tolist()
    way = rng.randrange(6)
    if way == 0 and isinstance(rows, list) and rows:
        rows[0] = rng.choice((None, [], "x", [1, 2, 3, 4], 5))
    elif way == 1:
        return tuple(rows) if isinstance(rows, list) else rows
    elif way == 2:
        return iter(rows) if isinstance(rows, list) else rows
    return rows


def _other(made: np.ndarray, rng: Random) -> Any:
    plain: list[Callable[[], Any]] = [
        lambda: None,
        lambda: "some text",
        dict,
        lambda: {"a": made.ravel()},
        lambda: set(made.ravel().tolist()),
        lambda: range(4),
        lambda: b"1234",
        lambda: array.array("d", made.ravel().tolist()),
        lambda: memoryview(np.ascontiguousarray(made)),
        lambda: 3,
        lambda: object(),
        lambda: np.matrix(made),
        lambda: made.ravel().view(np.recarray),
        lambda: [made, made],
    ]
    return rng.choice(plain)()


def _masked(made: np.ndarray, rng: Random) -> Any:
    mask = np.random.default_rng(rng.randrange(2**32)).random(made.shape) < rng.choice((0, 0.3, 1))
    return np.ma.array(made, mask=rng.choice((mask, np.ma.nomask)))


def _sparse(made: np.ndarray, rng: Random) -> Any:
    kinds = ("csr_array", "csc_array", "coo_array", "csr_matrix", "dok_array", "lil_array")
    return getattr(scipy.sparse, rng.choice((*kinds, "bsr_array")))(made)


def _tensor(made: np.ndarray, rng: Random) -> Any:
    import torch

    tensor = torch.from_numpy(np.array(made))
    way = rng.randrange(8)
    if way == 0:
        return tensor.float().requires_grad_()
    if way == 1:
        return tensor.to(torch.bfloat16)
    if way == 2:
        return tensor.to_sparse()
    if way == 3:
        return tensor.to("meta")
    if way == 4:
        return tensor.T.contiguous().T if tensor.ndim == 2 else tensor
    return torch.nn.Parameter(tensor.double()) if way == 5 else tensor


def _pandas(made: np.ndarray, rng: Random) -> Any:
    import pandas as pd

    frame = pd.DataFrame(made) if made.ndim == 2 else pd.Series(made.ravel())
    way = rng.randrange(9)
    if way == 0:
        return frame.convert_dtypes()
    if way == 1:
        return frame.astype(rng.choice(("Int64", "Float64", "boolean", "Float32", "string")))
    if way == 2:
        changed = frame.astype("Float64")
        changed.iloc[0] = pd.NA
        return changed
    if way == 3 and made.dtype.kind in "biuf":  # pandas and Arrow crash on others
        plain = frame.astype("float64")
        return plain.astype(rng.choice(("float64[pyarrow]", "int64[pyarrow]", "float32[pyarrow]")))
    if way == 4:
        return frame.astype("category")
    if way == 5 and frame.ndim == 2:
        frame.columns = ["a"] * frame.shape[1]
    if way == 6 and frame.ndim == 2:
        frame.columns = pd.MultiIndex.from_tuples([("a", i) for i in range(frame.shape[1])])
    if way == 7:
        return frame.astype("Sparse[float]")
    return frame


def _polars(made: np.ndarray, rng: Random) -> Any:
    import polars as pl

    if made.ndim != 2:
        return pl.Series("a", made.ravel())
    frame = pl.DataFrame({f"c{i}": made[:, i] for i in range(made.shape[1])})
    way = rng.randrange(4)
    if way == 0:
        return frame.with_columns(pl.lit(None).alias("c0"))
    if way == 1:
        return frame.lazy()
    return frame.to_arrow() if way == 2 else frame


HOLDERS = (_lists, _other, _masked, _sparse, _tensor, _pandas, _polars)
