"""Parse seeds such as ``100-199`` or ``3,7,11``."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["parse_seeds", "parse_shard", "seeds_as_text"]

MOST = 2**32  # what the generators of data sets take
AT_ONCE = 1_000_000  # seeds of a study


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
        For anything else, a range that runs backwards, a seed that comes twice, or more than a
        million.

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
        if len(seeds) + last - first >= AT_ONCE:
            raise ValueError(f"seeds must be at most {AT_ONCE:,} in a study; got {text!r}")
        seeds.extend(range(first, last + 1))
    if len(set(seeds)) < len(seeds):
        twice = next(seed for n, seed in enumerate(seeds) if seed in seeds[:n])
        raise ValueError(f"seeds must all differ; got {twice} twice in {text!r}")
    return tuple(seeds)


def parse_shard(text: str) -> tuple[int, int]:
    """Return which part of how many a text such as ``3/8`` stands for.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> parse_shard("3/8")
    (3, 8)
    """
    found = re.fullmatch(r"\s*([0-9]+)\s*/\s*([0-9]+)\s*", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(f"shard must be a part of the whole such as 3/8; got {text!r}")
    return int(found[1]), int(found[2])


def seeds_as_text(seeds: Sequence[int]) -> str:
    """Return seeds as :func:`parse_seeds` takes them.

    Examples
    --------
    >>> seeds_as_text([0, 1, 2]), seeds_as_text([3, 7, 8, 9])
    ('3', '3,7-9')
    """
    if list(seeds) == list(range(len(seeds))):
        return str(len(seeds))
    stretches: list[list[int]] = []
    for seed in seeds:
        if stretches and seed == stretches[-1][-1] + 1:
            stretches[-1].append(seed)
        else:
            stretches.append([seed])
    texts = [str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in stretches]
    # A number alone would be how many.
    return f"{seeds[0]}-{seeds[0]}" if len(seeds) == 1 else ",".join(texts)
