"""A result as a Folium map: for notebooks, and taken apart for a published page.

Folium's own tooltips, popups and layer names, and its templates, execute what stands in the data.
Here data travels as escaped JSON, outside all templates, and reaches the page by ``textContent``.
"""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template
from markupsafe import Markup

from metrogis.checks.contract import Result
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.maps import assets
from metrogis.maps import images as map_images
from metrogis.maps import layers as map_layers
from metrogis.maps.choosing import layers_of
from metrogis.maps.ground import Ground
from metrogis.maps.images import WebImage
from metrogis.maps.layers import WebLayer
from metrogis.maps.page_data import Basemap, bounds_of, map_data, safe_json
from metrogis.maps.shapes import Shapes

BASEMAPS = {
    "osm": Basemap(
        name=both("OpenStreetMap"),
        url="https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        attribution="© OpenStreetMap contributors",
        host="https://tile.openstreetmap.org",
        licence=_("data: ODbL"),
    ),
    "topo": Basemap(
        name=_("Geoportal: topographic map"),
        url="https://mapy.geoportal.gov.pl/wss/service/img/guest/TOPO/MapServer/WMTS?SERVICE=WMTS"
        "&REQUEST=GetTile&VERSION=1.0.0&LAYER=MAPA%20TOPOGRAFICZNA&STYLE=default"
        "&FORMAT=image/jpeg&TILEMATRIXSET=EPSG:3857&TILEMATRIX=EPSG:3857:{z}&TILEROW={y}&TILECOL={x}",
        attribution="© GUGiK, geoportal.gov.pl",
        host="https://mapy.geoportal.gov.pl",
        licence=_("state data, open"),
    ),
}


def basemap_of(name: str | None) -> Basemap | None:
    """Return a basemap by name; ``None`` is none.

    Raises
    ------
    ParameterError
        For a name that is not in :data:`BASEMAPS`.
    """
    if name is None:
        return None
    if name not in BASEMAPS:
        known = ", ".join(BASEMAPS)
        raise ParameterError(
            _("unknown basemap '{name}'").fill(name=name),
            layer="basemap",
            remedy=_("there are: {known}").fill(known=known),
        )
    return BASEMAPS[name]


# --------------------------------------------------------------------------- data of a map


# --------------------------------------------------------------------------- Folium elements


class _Raw(Element):
    """Text that no template reads (branca renders the text of other elements a second time)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        return self.text


class _Once:
    """An element whose script is rendered once.

    Folium compiles what an element rendered as a template again, which takes most of the time, and
    adds one more element that puts a layer on its parent.
    """

    _template: Any
    _children: dict[str, Element]

    def render(self: Any, **kwargs: Any) -> None:
        script = self._template.module.script(self, kwargs)
        self.get_root().script.add_child(_Raw(script), name=self.get_name())
        for child in list(self._children.values()):
            child.render(**kwargs)


class _SetUp(_Once, MacroElement):
    _name = "SetUp"
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.data }} = window.metrogisData[{{ this.key|tojson }}];\n"
        "metrogis.unfold({{ this.data }}, (window.metrogisShapes || {})[{{ this.key|tojson }}]);\n"
        "metrogis.setUp({{ this._parent.get_name() }}, {{ this.data }});\n"
        "{% endmacro %}"
    )

    def __init__(self, key: str, data: str) -> None:
        super().__init__()
        self.key, self.data = key, data


_ON_PARENT = "{% if this.show %}.addTo({{ this._parent.get_name() }}){% endif %};\n{% endmacro %}"


class Group(_Once, folium.FeatureGroup):
    """The classes of a layer, shown and hidden together."""

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = L.featureGroup()" + _ON_PARENT
    )


class ClassLayer(_Once, Layer):
    """One class of a layer: one ``L.geoJSON`` with one style, whatever the number of features."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = "
        "metrogis.classLayer({{ this.data }}.layers[{{ this.layer }}], {{ this.index }})"
        + _ON_PARENT
    )

    def __init__(self, data: str, layer: int, index: int, name: str) -> None:
        super().__init__(name=name, overlay=True, control=False, show=True)
        self._name = "ClassLayer"
        self.data, self.layer, self.index = data, layer, index


class ImageOverlay(_Once, Layer):
    """A raster as one image under the places; its legend is that of classes."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = metrogis.imageLayer({{ this.data }}.layers[{{ this.layer }}])"
        + _ON_PARENT
    )

    def __init__(self, data: str, layer: int, name: str) -> None:
        super().__init__(name=name, overlay=True, control=False, show=True)
        self._name = "ImageOverlay"
        self.data, self.layer = data, layer


class _Finish(_Once, MacroElement):
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "metrogis.finish({{ this._parent.get_name() }}, {{ this.data }}, "
        "[{{ this.groups|join(', ') }}]);\n"
        "{% endmacro %}"
    )
    _name = "Finish"

    def __init__(self, data: str, groups: list[str]) -> None:
        super().__init__()
        self.data, self.groups = data, groups


_FIGURE = Template(
    "<!DOCTYPE html>\n"
    '<html lang="{{ this.language }}">\n<head>\n<title>{{ this.title }}</title>\n'
    "{{ this.header.render(**kwargs) }}\n</head>\n<body>\n{{ this.html.render(**kwargs) }}\n"
    "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
)


class ResultMap(folium.Map):
    """A ``folium.Map`` of one result. Leaflet is its only library; more layers can be added."""

    def render(self, **kwargs: Any) -> None:
        """Render into the figure, as Folium does, but leave the page zoomable."""
        super().render(**kwargs)
        header = self.get_root().header
        own = header._children.get(self.get_name())
        if own is not None:  # Folium forbids zooming the page, which readers may need
            text = re.sub(r",\s*maximum-scale=1\.0,\s*user-scalable=no", "", own.render())
            header.add_child(_Raw(text), name=self.get_name())


def explore(
    result: Result,
    *,
    language: str = "en",
    view: str | None = None,
    column: str | None = None,
    basemap: str | None = None,
    m: folium.Map | None = None,
) -> folium.Map:
    """Return a result as an interactive map.

    Parameters
    ----------
    result : Result
    language : {"en", "pl"}
    view : str, optional
        Only the views of this table, column or title, or this raster.
    column : str, optional
        A column of a table, see :func:`metrogis.maps.choosing.layers_of`.
    basemap : str, optional
        ``"osm"`` or ``"topo"``; none by default, so that nothing is requested from anybody.
    m : folium.Map, optional
        A map to draw on: it keeps its layers, background and extent, and is returned.

    Returns
    -------
    folium.Map
        Leaflet is inlined where it can be had (see :mod:`metrogis.maps.assets`): the map opens
        without network. Layers of more than 5000 features are joined by class, and say so.

    Raises
    ------
    ParameterError
        For an unknown view, column or basemap.
    """
    pictures = () if column is not None else map_images.build(result, view=view)
    only = view is not None and pictures
    chosen = () if only else layers_of(result, view=view, column=column)
    web = [map_layers.web_layer(layer) for layer in chosen]
    images = {i.data_uri: i for i in map(map_images.web_image, pictures)}
    ground = map_layers.ground_of(result)
    background = basemap_of(basemap)
    if m is None:
        made: folium.Map = build_map(
            result, web, ground, language, basemap=background, images=[*images.values()]
        )
        key = result.check.id
    else:
        made, key = m, f"{result.check.id}_{uuid.uuid4().hex}"
        _add_layers(made, key, key, web, [*images.values()], language)
    figure = made.get_root()
    data = map_data(
        result, web, ground, language, basemap=background, images=images, guest=m is not None
    )
    figure.script.add_child(_Raw(static("map.js")), name="metrogis_script")
    figure.script.add_child(_Raw(data_script(key, data)), name=f"metrogis_data_{key}")
    if m is None:
        for name, element in _leaflet():
            figure.header.add_child(element, name=name)
    figure.header.add_child(_Raw(f"<style>{static('map.css')}</style>"), name="metrogis_style")
    return made


def build_map(
    result: Result,
    web: Sequence[WebLayer],
    ground: Ground,
    language: str,
    *,
    basemap: Basemap | None = None,
    key: str | None = None,
    images: Sequence[WebImage] = (),
) -> ResultMap:
    """Return the Folium map of classified layers, without scripts and data.

    ``key`` gives its elements stable names, so that a page published twice is the same.
    """
    bounds = bounds_of(web, ground)
    (south, west), (north, east) = bounds
    made = ResultMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=9,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        min_zoom=5,
    )
    figure = made.get_root()
    figure._template = _FIGURE
    figure.language = language
    figure.title = html.escape(f"{result.check.title.get(language)} – metrogis")
    made.default_js, made.default_css = [], []
    identity = key or made._id
    _name(made, identity)
    if basemap is not None:
        tiles = folium.TileLayer(
            tiles=basemap.url,
            attr=html.escape(basemap.attribution),
            name=html.escape(basemap.name.get(language)),
            control=False,
            max_zoom=18,
            referrer_policy="strict-origin-when-cross-origin",
        )
        _name(tiles, f"{identity}_base")
        made.add_child(tiles)
    _add_layers(made, identity, result.check.id, web, images, language, bounds=bounds)
    for i, child in enumerate(made._children.values()):
        if key and child.get_name().startswith("fit_bounds"):
            _name(child, f"{identity}_fit{i}")
    return made


def _add_layers(
    made: folium.Map,
    identity: str,
    key: str,
    web: Sequence[WebLayer],
    images: Sequence[WebImage],
    language: str,
    *,
    bounds: list[list[float]] | None = None,
) -> None:
    """Add the layers of a result to a map; with ``bounds`` the map opens on them."""
    data = f"metrogis_{identity}"
    setup = _SetUp(key, data)
    _name(setup, f"{identity}_setup")
    made.add_child(setup)
    groups = []
    for i, w in enumerate(web):
        # Leaflet's own layer control reads names as HTML, should a user add it.
        title = html.escape(w.layer.view.title.get(language))
        group = Group(name=title, show=w.layer.view.shown)
        _name(group, f"{identity}_{i}")
        for j, item in enumerate(w.layer.classes):
            part = ClassLayer(data, i, j, html.escape(item.label.get(language)))
            _name(part, f"{identity}_{i}_{j}")
            group.add_child(part)
        made.add_child(group)
        groups.append(group.get_name())
    for i, image in enumerate(images, start=len(web)):
        title = html.escape(image.layer.view.title.get(language))
        group = Group(name=title, show=image.layer.view.shown)
        _name(group, f"{identity}_{i}")
        picture = ImageOverlay(data, i, title)
        _name(picture, f"{identity}_{i}_image")
        group.add_child(picture)
        made.add_child(group)
        groups.append(group.get_name())
    if bounds is not None:
        made.fit_bounds(bounds, padding=(8, 8))
    finish = _Finish(data, groups)
    _name(finish, f"{identity}_finish")
    made.add_child(finish)


def _name(element: Element, identity: str) -> None:
    element._id = identity


def take_apart(made: folium.Map) -> tuple[Markup, str]:
    """Return the HTML and the script of a map, for a page whose policy allows no inline script.

    Parameters
    ----------
    made : folium.Map
        Rendered here; it can be rendered once only.

    Returns
    -------
    Markup
        Elements of the body, safe by Folium's own templates: no value of the data is in them.
    str
        Statements of the script, to be written into a file beside the page.
    """
    figure: Figure = made.get_root()
    figure.render()
    return Markup(figure.html.render()), str(figure.script.render())


def data_script(key: str, data: str) -> str:
    """Return the script that gives a map its data.

    A page opened from a disk (``file://``) may not fetch JSON, but it may load a script.

    Parameters
    ----------
    key : str
        Under which the map looks for its data in ``window.metrogisData``.
    data : str
        JSON, already escaped by :func:`metrogis.maps.page_data.safe_json`.

    Examples
    --------
    >>> print(data_script("white_spots", "[1]").splitlines()[1])
    window.metrogisData["white_spots"] = [1];
    """
    return (
        "window.metrogisData = window.metrogisData || {};\n"
        f"window.metrogisData[{safe_json(key)}] = {data};\n"
    )


def shapes_script(key: str, shapes: Shapes) -> str:
    """Return the script that gives a map its shapes, the same in every language.

    Parameters
    ----------
    key : str
        As in :func:`data_script`; the script is loaded before that one's map is drawn.
    shapes : Shapes

    Examples
    --------
    >>> print(shapes_script("white_spots", Shapes()).splitlines()[1])
    window.metrogisShapes["white_spots"] = [];
    """
    return (
        "window.metrogisShapes = window.metrogisShapes || {};\n"
        f"window.metrogisShapes[{safe_json(key)}] = {shapes.json()};\n"
    )


@cache
def static(name: str) -> str:
    """Return a file of ``metrogis/maps/static``."""
    return files("metrogis.maps").joinpath("static", name).read_text(encoding="utf-8")


def _leaflet() -> list[tuple[str, _Raw]]:
    """Leaflet inlined; where it cannot be had here, links to the CDN with integrity hashes."""
    try:
        folder = assets.obtain()
    except assets.AssetsError:
        made = []
        for address, integrity in assets.cdn_links():
            extra = f'integrity="{integrity}" crossorigin="anonymous"'
            if address.endswith(".js"):
                made.append(("leaflet", _Raw(f'<script src="{address}" {extra}></script>')))
            else:
                tag = f'<link rel="stylesheet" href="{address}" {extra}/>'
                made.append(("leaflet_css", _Raw(tag)))
        return made
    script = (folder / "dist/leaflet.js").read_text(encoding="utf-8")
    style = (folder / "dist/leaflet.css").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    style = re.sub(r"url\(images/[^)]*\)", "none", style)  # pictures of controls we do not use
    return [
        ("leaflet_css", _Raw(f"<style>{style}</style>")),
        ("leaflet", _Raw(f"<script>{script}</script>")),
    ]
