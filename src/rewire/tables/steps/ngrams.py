"""Text: which short pieces of a vocabulary occur in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

__all__ = ["Ngrams", "plain_text"]

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_BLANKS = str.maketrans("\t\n\v\f\r", "     ")


@dataclass(frozen=True)
class Ngrams:
    """An input for each piece of a vocabulary: 1 where the text contains it, otherwise 0.

    Texts are compared as :func:`plain_text` returns them, so that a piece may begin or end with a
    blank, which stands for the beginning or the end of a word. A missing text contains nothing.

    Parameters
    ----------
    column : str
    vocabulary : tuple of str

    Examples
    --------
    >>> step = Ngrams("name", (" van", "son "))
    >>> step.transform(np.array(["Van Dyck", "JOHNSON", None], object)).tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    """

    column: str
    vocabulary: tuple[str, ...]
    step: ClassVar[str] = "ngrams"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        return tuple(f"{self.column} contains {piece!r}" for piece in self.vocabulary)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        texts = ["" if value is None else plain_text(value) for value in values]
        found = [[piece in text for piece in self.vocabulary] for text in texts]
        return np.array(found, np.float64).reshape(len(texts), len(self.vocabulary))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ngrams:
        """Return the step that :meth:`to_dict` gave, without its "step"."""
        return cls(values["column"], tuple(values["vocabulary"]))


def plain_text(text: str) -> str:
    r"""Return a text with small letters for A to Z and one blank before, between and after words.

    Only ASCII changes, so that a C file can do the same to UTF-8.

    Examples
    --------
    >>> plain_text("Van\tDyck ")
    ' van dyck '
    """
    words = text.translate(_LOWER).translate(_BLANKS).split(" ")
    return f" {' '.join(word for word in words if word)} "
