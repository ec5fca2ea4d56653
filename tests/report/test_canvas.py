"""Pictures: what is drawn lies where it should, and words fit their place."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from PIL import Image
from scipy.spatial import cKDTree

from metrogis.maps import layers
from metrogis.maps.png import picture_png, png
from metrogis.report import canvas as drawing
from metrogis.report import figures
from metrogis.report.canvas import Canvas, Word, fold, text_width

RING = shapely.Polygon([(0, 0), (40, 0), (40, 40), (0, 40)], [[(10, 10), (30, 10), (30, 30), (10, 30)]])  # noqa: E501 # fmt: skip


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("colours", [1, 2, 255, 256, 257, 500])
def test_png_reads_back_pixel_by_pixel(bands: int, colours: int):
    rng = np.random.default_rng(colours)
    table = rng.permutation(256**3)[:colours].astype("<u4").view(np.uint8).reshape(-1, 4)
    table[:, 3] = rng.integers(0, 256, colours)
    where = np.arange(31 * 17) % colours
    pixels = table[rng.permutation(where), :bands].reshape(31, 17, bands)
    written = Image.open(io.BytesIO(png(pixels)))
    few = colours <= 256
    assert written.mode == ("P" if few else "RGB" if bands == 3 else "RGBA")
    read = np.asarray(written.convert("RGB" if bands == 3 else "RGBA"))
    assert np.array_equal(read, pixels)


def test_map_fits_its_box_and_is_cut_there():
    canvas = Canvas(200, 100, "white")
    canvas.place((20, 10, 180, 90), (0.0, 0.0, 100.0, 100.0))
    assert canvas.box == (60.0, 10.0, 140.0, 90.0)  # square, in the middle
    assert canvas.at(0, 0) == (60.0, 90.0)
    assert canvas.at(100, 100) == pytest.approx((140.0, 10.0))
    canvas.areas(figures._outline(np.array([shapely.box(-500, -500, 50, 500)])), fill="red")
    seen = (canvas.pixels() == (255, 0, 0)).all(axis=2)
    rows, columns = np.nonzero(seen)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 89, 60, 99)


def test_the_hole_of_a_polygon_stays_open():
    canvas = Canvas(60, 60, "white")
    canvas.place((10, 10, 50, 50), (0.0, 0.0, 40.0, 40.0))
    canvas.areas(figures._outline(np.array([RING])), fill="#0000ff")
    pixels = canvas.pixels()
    assert pixels[15, 15].tolist() == [0, 0, 255]
    assert pixels[30, 30].tolist() == [255, 255, 255]
    assert pixels[5, 5].tolist() == [255, 255, 255]


def test_areas_are_drawn_as_a_figure_draws_them():
    rng = np.random.default_rng(4)
    shapes = np.array([shapely.Point(*xy).buffer(9) for xy in rng.uniform(10, 90, (12, 2))])
    outline = figures._outline(shapes)
    canvas = Canvas(220, 220, "white")
    canvas.place((10, 10, 210, 210), (0.0, 0.0, 100.0, 100.0))
    canvas.areas(outline, fill=(0.2, 0.4, 0.6, 0.5), edge="black", width=0.8)
    figure = Figure(figsize=(2, 2), dpi=drawing.DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((10 / 220, 10 / 220, 200 / 220, 200 / 220))
    axes.set_axis_off()
    axes.set(xlim=(0, 100), ylim=(0, 100))
    axes.add_artist(
        PathPatch(outline, facecolor=(0.2, 0.4, 0.6, 0.5), edgecolor="black", linewidth=0.8)
    )
    figure.canvas.draw()
    expected = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert np.abs(canvas.pixels().astype(int) - expected).max() <= 2


@pytest.mark.parametrize("down", [True, False])
def test_raster_lies_where_its_cells_lie(down: bool):
    codes = np.array([[0, 1], [2, 3]], np.uint8)
    table = np.array([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [0, 0, 0, 0]], np.uint8)
    canvas = Canvas(100, 100, "white")
    canvas.place((0, 0, 100, 100), (0.0, 0.0, 10.0, 10.0))
    # the raster reaches beyond the map to the left: it is cut there
    canvas.cells(codes, (-4.0, 4.0, 2.0, 8.0), down, lambda c: table[c])
    pixels = canvas.pixels()
    first, second = ((20, 30), (50, 60)) if down else ((50, 60), (20, 30))
    assert pixels[first[0] + 5, 20].tolist() == [0, 255, 0]
    assert pixels[second[0] + 5, 20].tolist() == [255, 255, 255]  # drawn, and clear
    assert pixels[90, 20].tolist() == [255, 255, 255]
    assert (pixels[:, 41:] == 255).all()


def test_half_clear_cells_let_the_ground_through():
    canvas = Canvas(10, 10, "white")
    canvas.place((0, 0, 10, 10), (0.0, 0.0, 1.0, 1.0))
    canvas.cells(np.zeros((1, 1), np.uint8), (0.0, 1.0, 0.0, 1.0), True,
                 lambda c: np.full((*c.shape, 4), (0, 0, 0, 51), np.uint8))  # fmt: skip
    assert canvas.pixels()[5, 5].tolist() == [204, 204, 204]


def test_words_of_one_language_leave_no_trace_in_the_next():
    canvas = Canvas(80, 30, "#eef1f4")
    plain = canvas.pixels()
    canvas.write(Word(5, 15, "żółć", 10, "black"))
    written = canvas.pixels()
    assert (written != plain).any()
    canvas.restore(plain)
    assert np.array_equal(canvas.pixels(), plain)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80), st.integers(30, 300))
def test_folded_text_is_whole_and_fits(text: str, width: int):
    text = " ".join(text.split())
    lines = fold(text, 9, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(text_width(line, 9) <= width or len(line) == 1 for line in lines)


def test_lone_surrogates_and_control_marks_can_be_drawn():
    canvas = Canvas(80, 30, "white")
    canvas.write(Word(5, 15, "a\ud800\u0000\u202eb", 10, "black"))
    assert (canvas.pixels() < 128).any()


def _column(picture: bytes, left: int) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    return pixels[60:, left:]


def test_long_legends_are_made_smaller_and_end_inside_the_picture(synthetic: Any):
    from dataclasses import replace

    result = synthetic.result()
    built = layers.build(result)
    web = [layers.web_layer(layer) for layer in built]
    shown = [
        replace(w, layer=replace(w.layer, view=replace(w.layer.view, shown=True))) for w in web
    ]
    ground = layers.ground_of(result)
    for times in (1, 3, 12):
        drawn = figures.picture(result, shown * times, ground, "pl")
        legend = _column(drawn, 955)
        assert (legend[-10:] == 255).all()  # nothing is cut at the foot
        assert (legend[:, -4:] == 255).all()  # nor at the side
        assert (legend[:400] != 255).any()


def test_the_picture_differs_by_language_in_its_words_only(synthetic: Any):
    result = synthetic.result()
    web = [layers.web_layer(layer) for layer in layers.build(result)]
    ground = layers.ground_of(result)
    made = figures.pictures(result, web, ground, {"pl": "Źródło", "en": "Source"})
    alone = figures.picture(result, web, ground, "en", source="Source")
    assert made["en"] == alone
    polish, english = (
        np.asarray(Image.open(io.BytesIO(made[x])).convert("RGB")).astype(int) for x in ("pl", "en")
    )
    differ = np.abs(polish - english).max(axis=2)
    assert (differ > 100).any()
    # the colours of the map are the same: a rare blend of edges may differ by a shade
    assert differ[70:790, 13:937].max() < 32
    assert (differ[70:790, 13:937] > 0).mean() < 0.01


@given(seed=st.integers(0, 99), colours=st.sampled_from([1, 255, 256, 257, 4000]))
@settings(max_examples=15, deadline=None)
def test_a_palette_keeps_what_most_pixels_show_and_comes_near_the_rest(seed: int, colours: int):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 256, (colours, 3)).astype(np.uint8)
    codes = np.concatenate([np.zeros(4000, int), rng.integers(0, colours, 4000)])
    pixels = table[codes].reshape(80, 100, 3)
    written = np.asarray(Image.open(io.BytesIO(picture_png(pixels))).convert("RGB"))
    assert (written[:40] == pixels[:40]).all()
    if colours <= 256:
        assert (written == pixels).all()
    shown = np.unique(written.reshape(-1, 3), axis=0).astype(float)
    given_ = pixels.reshape(-1, 3).astype(float)
    nearest = cKDTree(shown).query(given_)[0]
    assert np.allclose(np.linalg.norm(written.reshape(-1, 3) - given_, axis=1), nearest)


@given(seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_words_change_no_colour_of_the_map_beneath_them(seed: int):
    """Flat colours of the map are kept, whatever shades the words around it bring."""
    rng = np.random.default_rng(seed)
    flat = rng.integers(0, 256, (192, 3)).astype(np.uint8)
    beneath = flat[np.arange(9600) % 192].reshape(80, 120, 3)
    pixels = beneath.copy()
    pixels[:20] = rng.integers(0, 256, (20, 120, 3))
    written = np.asarray(Image.open(io.BytesIO(picture_png(pixels, beneath))).convert("RGB"))
    assert (written[20:] == beneath[20:]).all()
    assert len(np.unique(written.reshape(-1, 3), axis=0)) <= 256


def test_names_of_municipalities_do_not_overlap(synthetic: Any):
    result = synthetic.result()
    ground = layers.ground_of(result)
    assert [name for *_, name in ground.labels] == [name for *_, name in ground.places]
    canvas = Canvas(300, 200, "white")
    canvas.place((0, 0, 300, 200), tuple(map(float, shapely.total_bounds(ground.metric))))
    words = figures._names(canvas, ground, "pl")
    assert 0 < len(words) <= len(ground.labels)
    boxes = [shapely.box(w.x - text_width(w.text, w.size) / 2, w.y - 6,
                         w.x + text_width(w.text, w.size) / 2, w.y + 6) for w in words]  # fmt: skip
    assert all(not a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_land_that_is_not_known_is_hatched_beneath_the_views(synthetic: Any):
    from dataclasses import replace

    result = synthetic.result()
    ground = layers.ground_of(result)
    result.features["links"] = result.features["links"].iloc[:0]
    (layer,) = layers.build(result, view="links")
    (known,) = layers.build(replace(result, municipalities=result.municipalities.assign(
        known_share=1.0)), view="links")  # fmt: skip
    drawn, bare = (figures.thumbnail([layers.web_layer(x)], ground) for x in (layer, known))
    with_hatch, without = (
        np.asarray(Image.open(io.BytesIO(x)).convert("L")).astype(int) for x in (drawn, bare)
    )
    differ = with_hatch != without
    canvas = Canvas(*figures.SMALL, "white")
    figures._draw(canvas, [], ground, box=(10.0, 7.0, 518.0, 367.0), detail=0.4)
    dark = {}
    for i, shape in enumerate(ground.metric):
        left, bottom, right, top = shape.bounds
        (x0, y1), (x1, y0) = canvas.at(left, bottom), canvas.at(right, top)
        inside = differ[int(y0) + 3 : int(y1) - 3, int(x0) + 3 : int(x1) - 3]
        dark[i] = inside.mean()
    assert {i for i, share in dark.items() if share > 0} == {8, 9, 10}
    assert dark[8] < 0.7 * dark[9]  # known in part: hatched at twice the distance
    assert dark[9] == pytest.approx(dark[10], rel=0.1)
    assert 0.05 < dark[9] < 0.5  # lines, not a fill
