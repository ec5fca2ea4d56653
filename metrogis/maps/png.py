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


def picture_png(pixels: Bytes) -> bytes:
    """Return a picture as PNG with a palette: a third of the size of one in full colour.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 3 or 4)
        Alpha is left out.

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
    found, where, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    # a stable sort: of colours as frequent the darker one stays, so that files are the same
    kept = np.sort(np.argsort(-counts, kind="stable")[:COLOURS])
    table = _as_colours(found[kept])
    nearest = cKDTree(table.astype(float)).query(_as_colours(found).astype(float))[1]
    codes = nearest[where].reshape(numbers.shape).astype(np.uint8)
    image = Image.fromarray(codes, "P")
    image.putpalette(table.tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=PICTURE_LEVEL)
    return out.getvalue()


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
    weights = 256 ** np.arange(colours.shape[-1], dtype=np.uint32)
    return np.asarray(colours.astype(np.uint32) @ weights)
