"""Mutations of files, by bytes and by structure, each drawn from one seeded generator."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import sqlite3
import tomllib
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

Mutation = Callable[[Path, random.Random], None]

ABSURD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e400, -1e400, math.nan, 3.4028234663852886e38, 65535, -9999,
    -32768,
    2**31, 2**63, 10**40, 1e-320, -0.0, "", " ", "NaN", "inf", "1e400", "-9999", "18,5", "1 234",
    "0x10", "9" * 5000, "\u0000", "\ud7ff", "\u202e", "\x1b[2J", "ŁÓDŹ" * 300, "2261011", "226101",
    "9999999", "25:61:61", "99999999", "20240230", "2024-02-30", "-5", "EPSG:2180", "EPSG:0",
    "../../etc/passwd", "/dev/zero", "[red]", "'; DROP TABLE x; --", [], {}, [[]], [1, [2, [3]]],
    {"a": {"b": []}},
)  # fmt: skip


def absurd(rng: random.Random) -> Any:
    """Return a value nobody should write."""
    return rng.choice(ABSURD)


def word(rng: random.Random) -> str:
    """Return an absurd value as a text."""
    value = absurd(rng)
    return value if isinstance(value, str) else str(value)


# --------------------------------------------------------------------------- bytes


def of_bytes(path: Path, rng: random.Random) -> None:
    """Flip, cut, repeat, insert, remove or exchange bytes."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        data = rng.choice(_BYTES)(data, rng)
    path.write_bytes(bytes(data))


def _span(data: bytearray, rng: random.Random, most: int = 400) -> tuple[int, int]:
    start = (
        rng.randrange(len(data) + 1)
        if rng.random() < 0.7
        else rng.randrange(min(len(data), 128) + 1)
    )
    return start, min(len(data), start + rng.randrange(1, most))


def _flip(data: bytearray, rng: random.Random) -> bytearray:
    if data:
        at = _span(data, rng)[0] % len(data)
        data[at] ^= 1 << rng.randrange(8)
    return data


def _extreme(data: bytearray, rng: random.Random) -> bytearray:
    at = _span(data, rng)[0]
    value = rng.choice((b"\x00", b"\xff", b"\x7f", b"\x80")) * rng.choice((1, 2, 4, 8))
    data[at : at + len(value)] = value
    return data


def _cut(data: bytearray, rng: random.Random) -> bytearray:
    at = rng.choice((rng.randrange(len(data) + 1), max(0, len(data) - rng.randrange(1, 9))))
    return data[:at] if rng.random() < 0.85 else data[at:]


def _repeat(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _span(data, rng)
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[start:end] * rng.choice((1, 2, 50)) + data[at:]


def _insert(data: bytearray, rng: random.Random) -> bytearray:
    at = _span(data, rng)[0]
    chunk = rng.choice((rng.randbytes(rng.randrange(1, 60)), word(rng).encode("utf-8", "replace")))
    return data[:at] + chunk + data[at:]


def _remove(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _exchange(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _span(data, rng)
    other, stop = _span(data, rng)
    chunk = data[start:end]
    data[start:end] = data[other:stop]
    data[other:stop] = chunk
    return data


def _fill(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _span(data, rng, 4000)
    data[start:end] = rng.choice((b"\x00", b"\xff", b" ", b"\n")) * (end - start)
    return data


_BYTES = (
    _flip,
    _flip,
    _flip,
    _extreme,
    _extreme,
    _cut,
    _repeat,
    _insert,
    _remove,
    _exchange,
    _fill,
)


def emptied(path: Path, rng: random.Random) -> None:
    """Leave nothing, or something else altogether."""
    path.write_bytes(
        rng.choice(
            (
                b"",
                b"\x00" * 512,
                b"<html><body>404</body></html>",
                b"{}",
                b"[]",
                b"PK\x05\x06" + bytes(18),
            )
        )
    )


# --------------------------------------------------------------------------- tables


def of_table(path: Path, rng: random.Random) -> None:
    """Drop, repeat and exchange rows and columns, replace values, change separator or encoding."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = raw.decode(encoding, "replace")
    head = text.split("\n", 1)[0]
    separator = max(",;|\t", key=head.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    for _ in range(rng.choice((1, 1, 2, 4))):
        rows = _rows(rows, rng)
    if rng.random() < 0.15:
        separator = rng.choice(",;|\t")
    if rng.random() < 0.15:
        encoding = rng.choice(("utf-8-sig", "cp1250", "utf-16-le", "utf-16", "latin-1", "utf-32"))
    out = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(out, delimiter=separator, quoting=quoting,
                        lineterminator=rng.choice(("\n", "\n", "\r\n", "\r")))  # fmt: skip
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding, "replace"))


def _rows(rows: list[list[str]], rng: random.Random) -> list[list[str]]:
    if not rows:
        return [[word(rng)]]
    row, kind = rng.randrange(len(rows)), rng.randrange(9)
    column = rng.randrange(max(1, len(rows[row])))
    if kind == 0:
        return rows[:row] + rows[row + 1 :]
    if kind == 1:
        return [*rows, list(rows[row])]
    if kind == 2:
        return [r[:column] + r[column + 1 :] for r in rows]
    if kind == 3:
        return [[*r[column:], *r[:column]] for r in rows]
    if kind == 4:  # a whole column of one absurd value
        value = word(rng)
        return [rows[0], *([*r[:column], value, *r[column + 1 :]] for r in rows[1:])]
    if kind == 5:
        rows[0] = [*rows[0]]
        rng.shuffle(rows[0])
        return rows
    if kind == 6:
        return [*rows[:row], [*rows[row], word(rng)], *rows[row + 1 :]]
    rows[row] = [*rows[row][:column], word(rng), *rows[row][column + 1 :]]
    return rows


# --------------------------------------------------------------------------- trees


def of_json(path: Path, rng: random.Random) -> None:
    """Replace, drop, repeat or wrap members of a JSON."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = _tree(content, rng)
    text = json.dumps(content, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.03:
        text = "[" * 20_000 + text
    path.write_bytes(text.encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace"))


def _tree(content: Any, rng: random.Random) -> Any:
    places: list[tuple[Any, Any]] = []
    stack = [content]
    while stack:
        node = stack.pop()
        keys = (
            list(node)
            if isinstance(node, dict)
            else range(len(node))
            if isinstance(node, list)
            else ()
        )
        for key in keys:
            places.append((node, key))
            stack.append(node[key])
    if not places or rng.random() < 0.02:
        return absurd(rng)
    node, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del node[key]
    elif kind == 1 and isinstance(node, list):
        node.append(node[key])
    elif kind == 2:
        node[key] = [node[key]]
    elif kind == 3 and isinstance(node, dict):
        node[word(rng)] = node.pop(key)
    else:
        node[key] = absurd(rng)
    return content


def of_xml(path: Path, rng: random.Random) -> None:
    """Remove, repeat, move, rename elements; replace texts and attributes; add declarations."""
    tree = etree.parse(str(path))
    root = tree.getroot()
    for _ in range(rng.choice((1, 1, 2, 4))):
        _element(root, rng)
    text = etree.tostring(tree, encoding="unicode")
    kind = rng.randrange(14)
    if kind == 0:
        text = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>' + text
    elif kind == 1:
        text = '<?xml version="1.0" encoding="no-such"?>' + text
    elif kind == 2:
        text = '<?xml version="1.0" encoding="UTF-16"?>' + text
    path.write_bytes(text.encode("utf-16" if kind == 3 else "utf-8", "replace"))


def _element(root: Any, rng: random.Random) -> None:
    every = [e for e in root.iter() if isinstance(e.tag, str)]
    one = rng.choice(every)
    parent = one.getparent()
    kind = rng.randrange(8)
    plain = "".join(c for c in word(rng) if c.isprintable())[:6000]
    if kind == 0 and parent is not None:
        parent.remove(one)
    elif kind == 1 and parent is not None:
        parent.append(etree.fromstring(etree.tostring(one, with_tail=False)))
    elif kind == 2 and parent is not None:
        other = rng.choice(every)
        if one not in other.iterancestors() and other is not one:
            other.append(one)
    elif kind == 3:
        one.tag = rng.choice(every).tag
    elif kind == 4 and one.attrib:
        one.set(rng.choice(list(one.attrib)), plain)
    elif kind == 5 and one.attrib:
        del one.attrib[rng.choice(list(one.attrib))]
    elif kind == 6 and one.text and " " in one.text.strip():
        words = one.text.split()
        words[rng.randrange(len(words))] = plain
        one.text = " ".join(words[: rng.choice((len(words), len(words) - 1))])
    else:
        one.text = plain


# --------------------------------------------------------------------------- archives


def of_zip(path: Path, rng: random.Random) -> None:
    """Drop, exchange, rename and change members; store them otherwise; mark them as encrypted."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = list(members)
    for _ in range(rng.choice((1, 1, 2))):
        name, other = rng.choice(names), rng.choice(names)
        kind = rng.randrange(8)
        if kind == 0:
            members.pop(name, None)
        elif kind == 1 and name in members and other in members:
            members[name], members[other] = members[other], members[name]
        elif kind == 2 and name in members:
            new = rng.choice(
                (f"../{name}", f"/{name}", f"a/b/c/{name}", name.upper(), "\u202e.txt")
            )
            members[new] = members.pop(name)
        elif kind == 3:
            members[f"copy/{name}"] = members.get(name, b"")
        elif name in members:
            members[name] = _member(name, members[name], path, rng)
    method = rng.choice(
        (zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA)
    )
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in members.items():
            archive.writestr(name, data)
    if rng.random() < 0.05:  # the bit that says "encrypted", in the directory
        data = bytearray(path.read_bytes())
        at = data.find(b"PK\x01\x02")
        if at >= 0:
            data[at + 8] |= 1
        path.write_bytes(bytes(data))


def _member(name: str, data: bytes, path: Path, rng: random.Random) -> bytes:
    inner = path.with_name(f".member{Path(name).suffix}")
    inner.write_bytes(data)
    try:
        mutate_file(inner, rng)
        return inner.read_bytes()
    finally:
        inner.unlink(missing_ok=True)


# --------------------------------------------------------------------------- data bases


def of_geopackage(path: Path, rng: random.Random) -> None:
    """Change cells, geometry, system tables and the CRS by SQL."""
    base = sqlite3.connect(path)
    try:
        tables = [r[0] for r in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(rng.choice((1, 1, 2))):
            try:
                _by_sql(base, rng.choice(tables), rng)
            except (sqlite3.Error, OverflowError, UnicodeError):
                continue
        base.commit()
    finally:
        base.close()


def _by_sql(base: sqlite3.Connection, table: str, rng: random.Random) -> None:
    columns = [r[1] for r in base.execute(f'PRAGMA table_info("{table}")')]
    if not columns:
        return
    column, kind = rng.choice(columns), rng.randrange(7)
    some = f'rowid IN (SELECT rowid FROM "{table}" ORDER BY rowid LIMIT {rng.choice((1, 2, 99))})'
    value = absurd(rng)
    plain = value if isinstance(value, str | int | float | None) else str(value)
    for (trigger,) in base.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        base.execute(f'DROP TRIGGER "{trigger}"')  # they call functions that SQLite has not
    if kind == 0:
        base.execute(f'DELETE FROM "{table}" WHERE {some}')
    elif kind == 1:
        base.execute(f'DROP TABLE "{table}"')
    elif kind == 2:
        base.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "other"')
    elif kind == 3:
        blob = base.execute(f'SELECT "{column}" FROM "{table}" LIMIT 1').fetchone()
        if blob and isinstance(blob[0], bytes):
            data = bytearray(blob[0])
            for _ in range(rng.choice((1, 3, 9))):
                data = rng.choice(_BYTES)(data, rng)
            plain = bytes(data)  # type: ignore[assignment]
        base.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {some}', (plain,))
    elif kind == 4:
        name = rng.choice(("extra", table + "_v"))
        base.execute(f'CREATE VIEW "{name}" AS SELECT * FROM "{table}", "{table}" AS b')
    else:
        base.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {some}', (plain,))


def of_tiff(path: Path, rng: random.Random) -> None:
    """Write a raster anew with another place, type, number of bands, NODATA or values."""
    import numpy as np
    import rasterio

    with rasterio.open(path) as data:
        values, profile = data.read(), dict(data.profile)
    kind = rng.randrange(8)
    number = rng.choice((0.0, -1.0, 1e-12, 1e12, math.nan, math.inf, 1e38, 3.0))
    if kind == 0:
        parts = list(profile["transform"])[:6]
        parts[rng.randrange(6)] = number
        profile["transform"] = rasterio.Affine(*parts)
    elif kind == 1:
        profile["crs"] = rng.choice((None, "EPSG:4326", "EPSG:3857", "EPSG:2177", "EPSG:32633"))
    elif kind == 2:
        profile["dtype"] = rng.choice(
            ("float64", "float32", "int32", "uint16", "complex64", "int8")
        )
        profile.pop("predictor", None)
        profile["nodata"] = None
        with np.errstate(all="ignore"):
            values = values.astype(profile["dtype"])
    elif kind == 3:
        profile["nodata"] = rng.choice((None, 0.0, 1.0, 255.0))
    elif kind == 4:
        values = np.concatenate([values] * rng.choice((2, 4)))
        profile["count"] = len(values)
    elif kind == 5:
        values = np.full_like(values, rng.choice((0, 1, 7)))
    elif kind == 6:
        values = values[:, : rng.choice((1, 2)), : rng.choice((1, 60))]
        profile.update(height=values.shape[1], width=values.shape[2], tiled=False)
        profile.pop("blockxsize", None)
        profile.pop("blockysize", None)
    elif values.dtype.kind == "f":
        values.flat[rng.randrange(values.size)] = number
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with rasterio.open(path, "w", **profile) as out:
                out.write(values)
        except Exception:  # a raster that cannot even be written: its bytes will do
            of_bytes(path, rng)


def of_parquet(path: Path, rng: random.Random) -> None:
    """Drop, rename, repeat and recast columns; change what is said of the geometry."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    meta = dict(table.schema.metadata or {})
    name, kind = rng.choice(table.column_names), rng.randrange(6)
    if kind == 0:
        table = table.drop_columns([name])
    elif kind == 1:
        table = table.rename_columns([word(rng) if c == name else c for c in table.column_names])
    elif kind == 2:
        table = table.slice(0, rng.choice((0, 1)))
    elif kind == 3:
        values = [word(rng) for _ in range(table.num_rows)]
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    elif kind == 4 and b"geo" in meta:
        meta[b"geo"] = json.dumps(_tree(json.loads(meta[b"geo"]), rng)).encode("utf-8", "replace")
    else:
        column = [
            rng.randbytes(20) if isinstance(v, bytes) and rng.random() < 0.5 else v
            for v in table.column(name).to_pylist()
        ]
        table = table.set_column(table.column_names.index(name), name, pa.array(column))
    pq.write_table(table.replace_schema_metadata(meta), path)


# --------------------------------------------------------------------------- catalogs


def of_catalog(path: Path, rng: random.Random) -> None:
    """Change keys and values of a catalog."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for _ in range(rng.choice((1, 1, 2, 3))):
        content = _tree(content, rng)
        if not isinstance(content, dict):
            content = {"metro": content}
    path.write_text(as_toml(content), encoding="utf-8", errors="replace")


def as_toml(content: dict[str, Any]) -> str:
    """Write a tree as TOML: tables inline, but for the upper two levels."""
    lines: list[str] = []
    tables = {k: v for k, v in content.items() if isinstance(v, dict)}
    lines += [f"{json.dumps(k)} = {_inline(v)}" for k, v in content.items() if k not in tables]
    for name, table in tables.items():
        lines.append(f"[{json.dumps(name)}]")
        lines += [f"{json.dumps(k)} = {_inline(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value!r}".replace("inf", "inf")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list):
        return "[" + ", ".join(_inline(v) for v in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(str(k))} = {_inline(v)}" for k, v in value.items()) + "}"
        )
    return json.dumps(str(value))


# --------------------------------------------------------------------------- choice

STRUCTURE: dict[str, Mutation] = {
    ".csv": of_table, ".txt": of_table, ".json": of_json, ".geojson": of_json, ".gml": of_xml,
    ".kml": of_xml, ".gpx": of_xml, ".osm": of_xml, ".xml": of_xml, ".rels": of_xml,
    ".zip": of_zip, ".xlsx": of_zip, ".gpkg": of_geopackage, ".tif": of_tiff,
    ".parquet": of_parquet, ".toml": of_catalog,
}  # fmt: skip


def mutate_file(path: Path, rng: random.Random) -> str:
    """Change a file in place; return what was done."""
    own = STRUCTURE.get(path.suffix.lower())
    draw = rng.random()
    if draw < 0.02:
        chosen: Mutation = emptied
    elif own is not None and draw < 0.6:
        chosen = own
    else:
        chosen = of_bytes
    try:
        chosen(path, rng)
    except Exception:  # what is broken already has no structure left
        chosen = of_bytes
        chosen(path, rng)
    return chosen.__name__
