"""Parse seeds such as ``100-199`` or ``3,7,11``."""

from __future__ import annotations

import re

__all__ = ["parse_seeds"]

MOST = 2**32  # what the generators of data sets take


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds that a text stands for.

    Parameters
    ----------
    text : str
        A number alone is how many, from 0 on; ``100-199`` a range, both ends included; several of
        either with commas between are taken as they stand.

    Returns
    -------
    tuple of int
        In the order given.

    Raises
    ------
    ValueError
        For anything else, a range that runs backwards, or a seed that comes twice.

    Examples
    --------
    >>> parse_seeds("3"), parse_seeds("100-102"), parse_seeds("3,7,10-12")
    ((0, 1, 2), (100, 101, 102), (3, 7, 10, 11, 12))
    """
    parts = [part.strip() for part in str(text).split(",")]
    if len(parts) == 1 and re.fullmatch(r"[0-9]+", parts[0]):
        parts = [f"0-{int(parts[0]) - 1}"] if int(parts[0]) > 0 else [""]
    seeds: list[int] = []
    for part in parts:
        found = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", part)
        if not found:
            raise ValueError(
                "seeds must be how many (100), a range (100-199) or a list (3,7,11) of numbers "
                f"from 0 on, and at least one; got {text!r}"
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ValueError(f"seeds must be ranges that go up; got {part!r}: write {last}-{first}")
        if last >= MOST:
            raise ValueError(f"seeds must be below {MOST}; got {last}")
        seeds.extend(range(first, last + 1))
    if len(set(seeds)) < len(seeds):
        twice = next(seed for n, seed in enumerate(seeds) if seed in seeds[:n])
        raise ValueError(f"seeds must all differ; got {twice} twice in {text!r}")
    return tuple(seeds)
