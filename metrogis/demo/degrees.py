"""Settlement structure that follows from where the generator puts people, and sends them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from metrogis.demo.truth import item
from metrogis.demo.world import World

SIDE = 1000.0
CENTRE, CLUSTER = (1500, 50_000), (300, 5000)
"""People per km2 of a cell, and of a group of such cells: urban centres, urban clusters."""
_SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))
_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def make_degree_truth(world: World) -> list[dict[str, Any]]:
    """Return the city, a town and a rural municipality, and who leans on the city.

    Degrees are of municipalities that are the clearest of their kind, counted on whole kilometres
    by the words of the classification.
    """
    cells, owner, count = _cells(world)
    people: dict[tuple[int, int], int] = {}
    for cell, n in zip(cells, count, strict=True):
        people[cell] = people.get(cell, 0) + n
    centre = _groups(people, *CENTRE, _SIDES)
    cluster = _groups(people, *CLUSTER, (*_SIDES, *_CORNERS)) | centre
    table = pd.DataFrame(
        {
            "municipality": owner,
            "people": count,
            "centre": [n * (c in centre) for c, n in zip(cells, count, strict=True)],
            "rural": [n * (c not in cluster) for c, n in zip(cells, count, strict=True)],
        }
    )
    sums = table.groupby("municipality").sum()
    rural = sums["rural"] / sums["people"]
    urban = sums["centre"] / sums["people"]
    others = rural.drop(index=[0]).index
    found = []
    if urban[0] > 0.6:
        found.append(("city", 0))
    town = rural[others[urban[others] == 0]].idxmin()
    if rural[town] < 0.4:
        found.append(("towns_and_suburbs", int(town)))
    country = int(rural[others].idxmax())
    if rural[country] > 0.6:
        found.append(("rural", country))
    out = [_degree(world, kind, m, sums.loc[m]) for kind, m in found]
    return out + _leaning(world)


def _cells(world: World) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Return the square of 1 km, the municipality and the people of each cell with people."""
    grid, now, label = world.grid, world.people.now, world.settled.label
    xx, yy = grid.centres()
    lived = (now > 0) & (label >= 0)
    x, y = xx[lived] // SIDE, yy[lived] // SIDE
    squares = zip(x.astype(int).tolist(), y.astype(int).tolist(), strict=True)
    return list(squares), label[lived].tolist(), now[lived].tolist()


def _groups(
    people: dict[tuple[int, int], int], density: int, least: int, steps: tuple[Any, ...]
) -> set[tuple[int, int]]:
    """Return the squares of groups that are dense and large enough."""
    left = {cell for cell, n in people.items() if n >= density}
    out: set[tuple[int, int]] = set()
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            here = edge.pop()
            group.add(here)
            near = {(here[0] + i, here[1] + j) for i, j in steps} & left
            left -= near
            edge += near
        if sum(people[cell] for cell in group) >= least:
            out |= group
    return out


def _degree(world: World, kind: str, municipality: int, sums: Any) -> dict[str, Any]:
    seat = world.settled.places.iloc[int(world.settled.municipalities["seat"][municipality])]
    return item(
        f"degree_{kind}", "settlement_structure", world.settled, municipality,
        seat["x"], seat["y"], people=int(sums["people"]),
        expected={
            "degurba": kind, "centre_people": int(sums["centre"]),
            "rural_people": int(sums["rural"]),
        },
        why="counted on squares of 1 km from where the generator puts people",
    )  # fmt: skip


def _leaning(world: World) -> list[dict[str, Any]]:
    """Return the isolated municipality: its largest flow goes to the city, by construction."""
    towns = world.settled.municipalities
    out = []
    for m in towns.index[towns["role"] == "isolated"]:
        own = world.flows[world.flows["origin"] == towns["teryt"][m]]
        own = own[own["destination"] != towns["teryt"][m]].sort_values("flow", ascending=False)
        place: Any = shapely.point_on_surface(towns.geometry[m])
        out.append(
            item(
                "leans_on_the_city", "settlement_structure", world.settled, int(m),
                place.x, place.y, flow=int(own["flow"].iloc[0]),
                expected={"main_centre": str(towns["name"][0])},
                why="more of its workers go to the city than anywhere else",
            )
        )  # fmt: skip
    return out
