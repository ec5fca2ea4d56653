"""Pixels as PNG, by Pillow."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

from metrogis.arrays import Bytes

LEVEL = 3
"""Of zlib: 9 would make files a tenth smaller in three times the time."""

PICTURE_LEVEL = 6
"""Of zlib for pictures with a palette: one byte a pixel is soon packed."""


def png(pixels: Bytes) -> bytes:
    """Return a picture as PNG; one of up to 256 colours with a palette, a byte a pixel.

    No pixel changes its colour: classes of a raster are looked up in the legend by it.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3 or 4)
        Red, green, blue, and alpha where there is a fourth.

    Examples
    --------
    >>> png(np.zeros((2, 3, 3), np.uint8))[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    image = Image.fromarray(pixels)
    colours = image.getcolors(256)
    options: dict[str, bytes] = {}
    if colours is not None:
        image, options = _with_palette(pixels, np.array([c for _, c in colours], np.uint8))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=LEVEL, **options)
    return out.getvalue()


COLOURS = 256
"""Colours of a picture for reading: the flat ones of classes exactly, blends of edges nearly."""


OF_MAP = 192
"""How many of them the map has, where words are written around it."""


def picture_png(pixels: Bytes, beneath: Bytes | None = None) -> bytes:
    """Return a picture as PNG with a palette: a third of the size of one in full colour.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3 or 4)
        Alpha is left out.
    beneath : array of uint8, optional
        The picture before words were written on it. What they left alone is then the same whatever
        the words are: it takes its :data:`OF_MAP` colours from this picture alone.

    Returns
    -------
    bytes
        The :data:`COLOURS` colours that most pixels have stay as they are; each of the others, the
        blends along edges and letters, becomes the nearest of these.

    Examples
    --------
    >>> len(picture_png(np.zeros((20, 30, 3), np.uint8))) < 200
    True
    """
    numbers = _as_numbers(pixels[..., :3])
    found, counts = _counted(pixels)
    if beneath is None:
        kept = _most(found, counts, COLOURS)
        codes = _looked_up(numbers, found, kept)
    else:
        below = _as_numbers(beneath[..., :3])
        first = _most(*_counted(beneath), OF_MAP)
        same = numbers == below
        # what is written: its pixels are few, the map's are many
        of_words, of_each = np.unique(numbers[~same], return_counts=True)
        new = ~np.isin(of_words, first)
        kept = np.concatenate([first, _most(of_words[new], of_each[new], COLOURS - len(first))])
        codes = _looked_up(numbers, found, kept)
        # a class of few pixels on the map has its own colour where the legend shows it
        of_map = _looked_up(numbers, found, first)
        alone = np.ones(len(found), bool)
        alone[np.isin(found, kept)] = False
        codes = np.where(same & _table(found, alone)[numbers], of_map, codes)
    image = Image.fromarray(codes.astype(np.uint8), "P")
    image.putpalette(_as_colours(kept).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=PICTURE_LEVEL)
    return out.getvalue()


def _counted(pixels: Bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours of a picture as numbers, ascending, and how many pixels have each.

    Pillow counts by a hash of colours: to sort a million pixels takes ten times as long.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    listed = image.getcolors(image.width * image.height) or []
    counts = np.array([count for count, _ in listed], dtype=np.int64)
    found = _as_numbers(np.array([colour for _, colour in listed], dtype=np.uint8).reshape(-1, 3))
    order = np.argsort(found)
    return found[order], counts[order]


def _most(found: np.ndarray, counts: np.ndarray, count: int) -> np.ndarray:
    """Return the colours that most pixels have, in order of their numbers."""
    # a stable sort: of colours as frequent the darker one stays, so that files are the same
    return np.asarray(found[np.sort(np.argsort(-counts, kind="stable")[:count])])


def _looked_up(numbers: np.ndarray, found: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return for each pixel the position of the nearest colour that is kept.

    Parameters
    ----------
    numbers : array of uint32, shape (height, width)
    found : array
        Every number there is, ascending.
    kept : array
    """
    tree = cKDTree(_as_colours(kept).astype(float))
    return _table(found, tree.query(_as_colours(found).astype(float))[1].astype(np.uint8))[numbers]


def _table(found: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a table of all colours that holds the values of those found, zero elsewhere.

    Of its 16 MB the system gives only the pages that are written to.
    """
    table = np.zeros(1 << 24, values.dtype)
    table[found] = values
    return table


def _as_colours(numbers: np.ndarray) -> np.ndarray:
    """Return red, green and blue of numbers of :func:`_as_numbers`."""
    return np.stack([numbers >> 8 * i & 255 for i in range(3)], axis=-1).astype(np.uint8)


def _with_palette(pixels: Bytes, table: Bytes) -> tuple[Image.Image, dict[str, bytes]]:
    """Return the picture as positions in a table of its colours, and their alpha."""
    numbers, of_table = _as_numbers(pixels), _as_numbers(table)
    order = np.argsort(of_table)
    codes = np.searchsorted(of_table, numbers, sorter=order)
    image = Image.fromarray(codes.astype(np.uint8), "P")
    table = table[order]
    image.putpalette(table[:, :3].tobytes())
    return image, {"transparency": table[:, 3].tobytes()} if table.shape[1] == 4 else {}


def _as_numbers(colours: Bytes) -> np.ndarray:
    """Return one number a colour, of its three or four bytes."""
    number = colours[..., 0].astype(np.uint32)
    for i in range(1, colours.shape[-1]):
        number |= colours[..., i].astype(np.uint32) << np.uint32(8 * i)
    return number
