"""What the harness knows of a reader of files."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .mutations import mutate

__all__ = ["FEWER", "Reader"]

MANY, FEWER = 42_000, 4_000


class Reader(NamedTuple):
    """What reads a kind of file.

    Parameters
    ----------
    name : str
        For the page of results.
    file : str
        What the file must be called.
    seeds : tuple of bytes
        Contents that it reads.
    read : callable
        Takes the path.
    use : callable
        Takes what was read, which must be fit for it, or be refused here.
    named : tuple of str
        An error must have one of these; the file's name by default.
    damage : callable
        From a seed, a random generator and all seeds to a damaged file.
    files : int
        How many are tried; fewer where one takes milliseconds.
    """

    name: str
    file: str
    seeds: tuple[bytes, ...]
    read: Callable[[Path], Any]
    use: Callable[[Any], Any] = repr
    named: tuple[str, ...] = ()
    damage: Callable[[bytes, random.Random, tuple[bytes, ...]], bytes] = mutate
    files: int = MANY
