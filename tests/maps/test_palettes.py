"""Graded classes can be told apart on the ground of the map, and more is darker."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from metrogis.checks import registry
from metrogis.maps import layers
from metrogis.maps.page_data import GREATEST, LEAST, symbols_of

GROUND = np.array(to_rgb("#fdfdfb"))
APART = 12.0
GRADED = [
    (check, view) for check in registry.CHECKS for view in check.views if len(view.breaks) > 1
]


def lab(rgb: Any) -> np.ndarray:
    """Return CIE L*a*b* (D65) of sRGB."""
    c = np.asarray(rgb, dtype=float)
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
         [0.0193339, 0.1191920, 0.9503041]]
    )  # fmt: skip
    x = to_xyz @ c / np.array([0.95047, 1, 1.08883])
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: np.ndarray, two: np.ndarray) -> float:
    """Return CIEDE2000 (Sharma, Wu, Dalal 2005, doi:10.1002/col.20070)."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(c**7 / (c**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    mean = (h1 + turn / 2) % 360
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    t = 1 + sum(size * np.cos(np.radians(k * mean + shift)) for size, k, shift in waves)
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    r = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    r *= np.sin(np.radians(60 * np.exp(-(((mean - 275) / 25) ** 2))))
    parts = (l2 - l1) / sl, (c2 - c1) / sc, hue / sh
    return float(np.sqrt(sum(p**2 for p in parts) + r * parts[1] * parts[2]))


def test_the_difference_is_that_of_the_published_pairs():
    pair = np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])
    assert difference(*pair) == pytest.approx(2.0425, abs=1e-4)
    pair = np.array([60.2574, -34.0099, 36.2677]), np.array([60.4626, -34.1751, 39.4387])
    assert difference(*pair) == pytest.approx(1.2644, abs=1e-4)


@pytest.mark.parametrize(
    ("check", "view"), GRADED, ids=lambda x: getattr(x, "id", getattr(x, "column", None))
)
def test_neighbouring_classes_differ_visibly_on_the_ground(check: Any, view: Any):
    column = check.columns[view.table][view.column]
    _, classes = layers.grade(np_series(), view.breaks, view.palette, column)
    colours = [c.colour for c in classes if not c.missing]
    opacity = view.fill_opacity
    seen = [lab(opacity * np.array(to_rgb(c)) + (1 - opacity) * GROUND) for c in colours]
    for one, two in itertools.pairwise(seen):
        assert difference(one, two) >= APART
    if view.palette in layers.SEQUENTIAL:
        light = [float(s[0]) for s in seen]
        assert light == sorted(light, reverse=True)


def np_series() -> Any:
    import pandas as pd

    return pd.Series([], dtype=float)


def test_a_symbol_grows_with_the_root_of_its_people(synthetic: Any):
    result = synthetic.result(cells=2)
    result.features["cells"]["people"] = [400.0, 100.0, 0.0, np.nan]
    views = [replace(v, size="people") if v.table == "cells" else v for v in result.check.views]
    made = replace(result, check=replace(result.check, views=tuple(views)))
    (layer,) = layers.build(made, view="cells")
    radii = [json.loads(text.removeprefix(","))[2] for text in symbols_of(layer)]
    half = (LEAST + GREATEST) / 2
    assert radii == [GREATEST, half, LEAST, LEAST]
    lat, lon, _ = json.loads(symbols_of(layer)[0].removeprefix(","))
    assert 53 < lat < 55
    assert 18 < lon < 19
    (plain,) = layers.build(result, view="cells")
    assert symbols_of(plain) == [""] * 4
