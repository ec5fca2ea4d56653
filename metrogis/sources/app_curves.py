"""Curves of GML as chords that leave them by no more than a tolerance; a geometry's fault."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from metrogis.arrays import Floats
from metrogis.i18n import Text, _

_MAX_STEP = math.radians(5.0)  # a chord never spans more, however loose the tolerance


class GeometryFault(Exception):
    """A geometry that cannot be read: what is wrong, in both languages."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def joined(parts: list[Floats]) -> Floats:
    """Join curves end to start.

    Parameters
    ----------
    parts : list of array of float, each (points, 2)

    Returns
    -------
    array of float (points, 2)
        The point that two neighbours share, to a micrometre, is kept once; ends that do not meet
        are both kept, so that the gap can be reported.

    Examples
    --------
    >>> joined([np.array([[0.0, 0], [1, 0]]), np.array([[1.0, 0], [1, 1]])]).tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    """
    parts = [p for p in parts if len(p)]
    if not parts:
        return np.empty((0, 2))
    kept = [parts[0]]
    for part in parts[1:]:
        same = bool(np.allclose(kept[-1][-1], part[0], rtol=0, atol=1e-6))
        kept.append(part[1:] if same else part)
    return np.vstack(kept)


def steps(radius: float, angle: float, tolerance: float) -> int:
    """Return how many chords an arc needs.

    Parameters
    ----------
    radius, tolerance : float
        In one unit. A chord of angle t leaves its arc by r (1 - cos(t / 2)), which is at most the
        tolerance; no chord is longer than :data:`_MAX_STEP` radians in any case.
    angle : float
        Of the arc, radians.

    Returns
    -------
    int
        At least 2, so that an arc never becomes a straight line.
    """
    step = _MAX_STEP
    if radius > tolerance > 0:
        step = min(step, 2 * math.acos(1 - tolerance / radius))
    return max(2, math.ceil(angle / step))


def _centre(a: Floats, b: Floats, c: Floats) -> tuple[float, float] | None:
    # relative to a: coordinates of national grids are millions, their squares lose digits
    bx, by = b - a
    cx, cy = c - a
    d = 2 * (bx * cy - by * cx)
    scale = max(abs(bx), abs(by), abs(cx), abs(cy))
    if abs(d) <= 1e-12 * scale * scale:
        return None
    ux = (cy * (bx * bx + by * by) - by * (cx * cx + cy * cy)) / d
    uy = (bx * (cx * cx + cy * cy) - cx * (bx * bx + by * by)) / d
    return float(a[0] + ux), float(a[1] + uy)


def arc(a: Floats, b: Floats, c: Floats, tolerance: float) -> Floats:
    """Return the points of the arc through three points.

    Parameters
    ----------
    a, b, c : array of float (2,)
        Start, a point on the way, end; all three are vertices of the result, exactly.
    tolerance : float
        Largest distance of a chord from the arc, in the unit of the points.

    Returns
    -------
    array of float (points, 2)
        The three points themselves where they lie on a straight line.
    """
    centre = _centre(a, b, c)
    if centre is None:
        return np.vstack([a, b, c])
    x, y = centre
    radius = math.hypot(a[0] - x, a[1] - y)
    angle: Callable[[Floats], float] = lambda p: math.atan2(p[1] - y, p[0] - x)  # noqa: E731
    start, middle, end = angle(a), angle(b), angle(c)
    turn = 2 * math.pi
    to_middle, to_end = (middle - start) % turn, (end - start) % turn
    if to_middle > to_end:  # the way through b runs clockwise
        to_middle, to_end = to_middle - turn, to_end - turn
    halves = []
    # each half by itself, so that the middle point is a vertex
    for first, last, p, q in ((0.0, to_middle, a, b), (to_middle, to_end, b, c)):
        n = steps(radius, abs(last - first), tolerance)
        angles = start + np.linspace(first, last, n + 1)
        half = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
        half[0], half[-1] = p, q
        halves.append(half)
    return joined(halves)


def circle(points: Floats, tolerance: float) -> Floats:
    """Return the points of the circle through three points.

    Parameters
    ----------
    points : array of float (3 or more, 2)
        The first three count.
    tolerance : float
        Largest distance of a chord from the circle.

    Returns
    -------
    array of float (points, 2)
        A ring that begins and ends at the first point.

    Raises
    ------
    GeometryFault
        When the points lie on a straight line.
    """
    a, b, c = points[:3]
    centre = _centre(a, b, c)
    if centre is None:
        raise GeometryFault(_("the points of a <Circle> lie on one line"))
    radius = math.hypot(a[0] - centre[0], a[1] - centre[1])
    start = math.atan2(a[1] - centre[1], a[0] - centre[0])
    angles = start + np.linspace(0, 2 * math.pi, steps(radius, 2 * math.pi, tolerance) + 1)
    ring = np.array(centre) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    ring[0] = ring[-1] = a
    return ring
