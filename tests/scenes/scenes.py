"""A small language of scenes: junctions, ways, stops, lines and homes, a line of text each.

A scene writes itself as OSM, as GTFS and as a drawing, and gives the layers that checks take::

    scene = Scene('''
        junction a 0 0                  # metres east and north of the scene's origin
        junction b 600 0
        way a b                         # a residential street; other tags follow as key=value
        way b c highway=primary lanes=4
        stop P b "Rail halt"            # at a junction, or at two numbers
        entrance P 20 30                # of the stop's station
        line R1 rail P 6:00 Q 6:10 every 30 until 22:00 back
        home a 100                      # people in a cell of 100 m around
        town 2215031 -2000 -2000 9000 9000
        covered bus rail                # modes whose timetables are complete everywhere
    ''')

``back`` adds the other direction, leaving the last stop at the first one's times. Times without
``every`` are of one trip. Lines run on all weekdays of November 2024.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd
import shapely

EAST, NORTH = 450_000.0, 740_000.0
"""Origin of scenes in EPSG:2180: somewhere on land near Gdynia."""

MODES = {"tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4}


class SceneError(ValueError):
    """A line of a scene that cannot be understood."""


@dataclass
class Line:
    """Calls (stop, seconds) of a trip, and when the last of its repetitions leaves."""

    name: str
    mode: str
    calls: list[tuple[str, int]]
    every: int = 0
    until: int = 0
    back: bool = False

    def trips(self) -> list[tuple[int, list[tuple[str, int]]]]:
        """Return direction and calls of each trip."""
        first = self.calls[0][1]
        starts = range(first, self.until + 1, self.every) if self.every else [first]
        times = [time - first for _, time in self.calls]
        ahead = [stop for stop, _ in self.calls]
        behind = [times[-1] - t for t in reversed(times)]
        ways = [(0, ahead, times)] + ([(1, ahead[::-1], behind)] if self.back else [])
        return [
            (way, [(stop, start + t) for stop, t in zip(stops, steps, strict=True)])
            for start in starts
            for way, stops, steps in ways
        ]


@dataclass
class Scene:
    """A scene read from its text; all places in metres from the origin."""

    text: str
    junctions: dict[str, tuple[float, float]] = field(default_factory=dict)
    ways: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)
    stops: dict[str, tuple[float, float, str]] = field(default_factory=dict)
    entrances: list[tuple[str, float, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    homes: list[tuple[float, float, float]] = field(default_factory=list)
    municipalities: list[tuple[str, float, float, float, float]] = field(default_factory=list)
    covered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number, line in enumerate(self.text.splitlines(), 1):
            words = shlex.split(line, comments=True)
            if not words:
                continue
            read = getattr(self, f"_{words[0]}", None)
            if read is None:
                raise SceneError(f"line {number}: no '{words[0]}' in scenes")
            try:
                read(words[1:])
            except (ValueError, KeyError, IndexError) as error:
                raise SceneError(f"line {number}: {line.strip()!r}: {error}") from error

    # ------------------------------------------------------------------ one word each

    def _junction(self, words: list[str]) -> None:
        self.junctions[words[0]] = float(words[1]), float(words[2])

    def _way(self, words: list[str]) -> None:
        tags = dict(w.split("=", 1) for w in words if "=" in w)
        names = [w for w in words if "=" not in w]
        if len(names) < 2:
            raise ValueError("a way has two junctions at least")
        for name in names:
            self.junctions[name]
        self.ways.append((names, {"highway": "residential", **tags}))

    def _at(self, words: list[str]) -> tuple[float, float, list[str]]:
        if words[0] in self.junctions:
            return (*self.junctions[words[0]], words[1:])
        return float(words[0]), float(words[1]), words[2:]

    def _stop(self, words: list[str]) -> None:
        x, y, rest = self._at(words[1:])
        self.stops[words[0]] = x, y, rest[0] if rest else words[0]

    def _entrance(self, words: list[str]) -> None:
        x, y, _ = self._at(words[1:])
        self.entrances.append((self.stops[words[0]][2], x, y))

    def _line(self, words: list[str]) -> None:
        name, mode, *rest = words
        options = [w for w in rest if w == "back"]
        rest = [w for w in rest if w != "back"]
        line = Line(name, mode, [], back=bool(options))
        MODES[mode]
        if "every" in rest:
            at = rest.index("every")
            if rest[at + 2] != "until":
                raise ValueError("every MINUTES until TIME")
            line.every, line.until = 60 * int(rest[at + 1]), seconds(rest[at + 3])
            rest = rest[:at]
        line.calls = [(s, seconds(t)) for s, t in zip(rest[::2], rest[1::2], strict=True)]
        for stop, _ in line.calls:
            self.stops[stop]
        self.lines.append(line)

    def _home(self, words: list[str]) -> None:
        x, y, rest = self._at(words)
        self.homes.append((x, y, float(rest[0])))

    def _town(self, words: list[str]) -> None:
        self.municipalities.append((words[0], *(float(w) for w in words[1:5])))  # type: ignore[arg-type]

    def _covered(self, words: list[str]) -> None:
        self.covered = tuple(words)

    # ------------------------------------------------------------------ written

    def osm(self, path: Path) -> Path:
        """Write the ways as OSM XML."""
        number = {name: k for k, name in enumerate(self.junctions, 1)}
        places = _lonlat(list(self.junctions.values()))
        rows = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
        if self.municipalities:  # all streets of the towns are in the scene
            corners = [
                p for _, a, b, c, d in self.municipalities for p in ((a, b), (a, d), (c, b), (c, d))
            ]
            lon, lat = zip(*_lonlat(corners), strict=True)
            rows.append(
                f"<bounds minlat='{min(lat)}' minlon='{min(lon)}' maxlat='{max(lat)}' "
                f"maxlon='{max(lon)}'/>"
            )
        for name, (lon, lat) in zip(self.junctions, places, strict=True):
            rows.append(f"<node id='{number[name]}' lat='{lat:.9f}' lon='{lon:.9f}'/>")
        for k, (names, tags) in enumerate(self.ways, 1):
            rows.append(f"<way id='{k}'>")
            rows += [f"<nd ref='{number[name]}'/>" for name in names]
            rows += [f"<tag k={quoteattr(a)} v={quoteattr(b)}/>" for a, b in tags.items()]
            rows.append("</way>")
        path.write_text("\n".join([*rows, "</osm>"]), encoding="utf-8")
        return path

    def gtfs(self, folder: Path) -> Path:
        """Write the lines as tables of GTFS."""
        folder.mkdir(parents=True, exist_ok=True)
        places = _lonlat([(x, y) for x, y, _ in self.stops.values()])
        tables = {
            "agency": ["agency_id,agency_name,agency_url,agency_timezone",
                       "1,A,http://a.pl,Europe/Warsaw"],
            "calendar": ["service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
                         "start_date,end_date", "w,1,1,1,1,1,0,0,20241104,20241129"],
            "stops": ["stop_id,stop_name,stop_lat,stop_lon"],
            "routes": ["route_id,agency_id,route_short_name,route_type"],
            "trips": ["route_id,service_id,trip_id,direction_id"],
            "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"],
        }  # fmt: skip
        for (key, stop), (lon, lat) in zip(self.stops.items(), places, strict=True):
            tables["stops"].append(f'{key},"{stop[2]}",{lat:.9f},{lon:.9f}')
        for k, line in enumerate(self.lines):
            tables["routes"].append(f"{k},1,{line.name},{MODES[line.mode]}")
            for n, (way, calls) in enumerate(line.trips()):
                tables["trips"].append(f"{k},w,{k}-{n},{way}")
                for i, (stop, time) in enumerate(calls):
                    tables["stop_times"].append(f"{k}-{n},{clock(time)},{clock(time)},{stop},{i}")
        for name, rows in tables.items():
            (folder / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return folder

    def draw(self, path: Path) -> Path:
        """Draw the scene (SVG, PNG: by the name): ways, lines, stops and homes with their names."""
        import matplotlib

        matplotlib.use("agg")
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 7))
        axes = figure.subplots()
        for names, tags in self.ways:
            x, y = zip(*(self.junctions[n] for n in names), strict=True)
            axes.plot(x, y, color="0.6", lw=2, zorder=1)
            axes.annotate(tags["highway"], (sum(x) / len(x), sum(y) / len(y)), color="0.6")
        for line in self.lines:
            x, y = zip(*(self.stops[s][:2] for s, _ in line.calls), strict=True)
            axes.plot(x, y, "--", lw=1.5, label=f"{line.name} ({line.mode})", zorder=2)
        for x, y, people in self.homes:
            axes.add_patch(matplotlib.patches.Rectangle((x - 50, y - 50), 100, 100, alpha=0.3))
            axes.annotate(f"{people:g}", (x, y))
        for x, y, name in self.stops.values():
            axes.plot([x], [y], "o", zorder=3)
            axes.annotate(name, (x, y), xytext=(4, 4), textcoords="offset points")
        for _, x, y in self.entrances:
            axes.plot([x], [y], "^", color="k", zorder=3)
        axes.set_aspect("equal")
        if self.lines:
            axes.legend()
        figure.savefig(path)
        return path

    # ------------------------------------------------------------------ layers

    def layers(self, folder: Path) -> dict[str, Any]:
        """Return the layers of the scene; those it has nothing of are None."""
        from metrogis import read_feed
        from metrogis.streets.layer import Streets

        municipalities = gpd.GeoDataFrame(
            {
                "teryt": [t[0] for t in self.municipalities],
                "name": [f"T{t[0]}" for t in self.municipalities],
            },
            geometry=[
                shapely.box(*(_xy(t[1], t[2]) + _xy(t[3], t[4]))) for t in self.municipalities
            ],
            crs=2180,
        )
        cells = gpd.GeoDataFrame(
            {"population": [h[2] for h in self.homes]},
            geometry=[shapely.Point(_xy(h[0], h[1])).buffer(50, cap_style="square")
                      for h in self.homes],
            crs=2180,
        )  # fmt: skip
        coverage = pd.DataFrame(
            [
                ("scene", t[0], mode, "complete")
                for t in self.municipalities
                for mode in self.covered
            ],
            columns=["feed", "teryt", "mode", "state"],
        )
        gates = gpd.GeoDataFrame(
            {"interchange": [e[0] for e in self.entrances]},
            geometry=[shapely.Point(_xy(e[1], e[2])) for e in self.entrances],
            crs=2180,
        )
        out: dict[str, Any] = {
            "municipalities": municipalities, "population": cells, "timetable": None,
            "coverage": coverage if len(coverage) else None,
            "streets": None, "interchange_entrances": gates if len(gates) else None,
        }  # fmt: skip
        if self.lines:
            out["timetable"] = read_feed(self.gtfs(folder / "gtfs"), name="scene")
        if self.ways:
            out["streets"] = Streets(self.osm(folder / "scene.osm"), municipalities.crs)
        return out


def seconds(clock_time: str) -> int:
    """Return seconds after midnight of ``7:30`` or ``7:30:15``.

    >>> seconds("25:00")
    90000
    """
    parts = [int(p) for p in clock_time.split(":")]
    if not 2 <= len(parts) <= 3:
        raise ValueError(f"no time: {clock_time}")
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) == 3 else 0)


def clock(time: int) -> str:
    """Return ``07:30:00`` of seconds after midnight."""
    return f"{time // 3600:02}:{time // 60 % 60:02}:{time % 60:02}"


def _xy(x: float, y: float) -> tuple[float, float]:
    return EAST + x, NORTH + y


def _lonlat(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if not places:
        return []
    shapes = gpd.GeoSeries([shapely.Point(_xy(x, y)) for x, y in places], crs=2180).to_crs(4326)
    return list(zip(shapes.x, shapes.y, strict=True))
