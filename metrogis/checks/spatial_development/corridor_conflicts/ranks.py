"""Least widths of corridors by rank: which rank a word names, is the corridor wide enough."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.texts import is_missing

_WORDS = {
    "main": ("main", "national", "international", "krajow", "glown"),
    "regional": ("regional", "ponadlokaln", "supralocal"),
    "local": ("local", "lokaln"),
}
"""Rank -> beginnings of the words for it, in English and Polish, without marks."""


def rank_of(word: object) -> str | None:
    """Return ``main``, ``regional`` or ``local`` for a word of the layer, None for another.

    >>> rank_of(" National"), rank_of("regionalny"), rank_of("lokalny"), rank_of("?"), rank_of(None)
    ('main', 'regional', 'local', None, None)
    """
    if is_missing(word):
        return None
    # letters without their marks; the Polish l with a stroke does not come apart by itself
    folded = unicodedata.normalize("NFKD", str(word).strip().lower().replace(chr(0x142), "l"))
    text = folded.encode("ascii", "ignore").decode()
    return next((rank for rank, words in _WORDS.items() if text.startswith(words)), None)


def least_widths(ranks: Array, main: float, regional: float, local: float) -> Array:
    """Return the least width of each corridor by its rank, m; NaN for a rank that is not known."""
    table = {"main": main, "regional": regional, "local": local}
    return np.array([table.get(rank_of(r) or "", np.nan) for r in ranks], dtype=float)


def wide_enough(widths: pd.DataFrame, least: Array) -> Array:
    """Tell of each corridor whether it is as wide as its rank asks: yes / no / unknown.

    Parameters
    ----------
    widths : DataFrame (corridors,)
        ``cut``, and the most and the least the clear width under the plans can be, m
        (``clear_width_m``, ``clear_width_least_m``).
    least : ndarray (corridors,)
        From :func:`least_widths`.

    Examples
    --------
    >>> widths = pd.DataFrame({"cut": ["no", "no", "no", "yes"],
    ...     "clear_width_m": [600.0, 600, 499, 0], "clear_width_least_m": [500.0, 499, 0, 0]})
    >>> wide_enough(widths, np.full(4, 500.0)).tolist()
    ['yes', 'unknown', 'no', 'no']
    """
    most, sure = (widths[c].to_numpy(float) for c in ("clear_width_m", "clear_width_least_m"))
    cut = (widths["cut"] == "yes").to_numpy() & (least > 0)
    # a comparison with NaN is False: what is not known decides nothing
    return np.where(cut | (most < least), "no", np.where(sure >= least, "yes", "unknown"))
