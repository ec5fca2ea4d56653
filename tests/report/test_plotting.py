"""Results as axes of matplotlib: each class is drawn and in the legend; files carry their title."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot

import metrogis as mg  # noqa: F401
from metrogis.errors import ParameterError
from metrogis.maps.choosing import layers_of

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close() -> Any:
    yield
    pyplot.close("all")


def test_axes_come_back_with_a_class_a_line_of_the_legend(synthetic: Any) -> None:
    result = synthetic.result()
    ax = result.plot(view="cells")
    layer = layers_of(result, view="cells")[0]
    texts = [t.get_text() for t in ax.get_legend().get_texts()]
    assert len(texts) == len(layer.classes) + sum(
        len(layer.land.parts) if layer.land else 0 for _ in [0]
    )
    assert ax.get_title(loc="left") == "State of cells"
    assert ax.get_aspect() == 1.0


def test_axes_that_are_given_are_drawn_on(synthetic: Any) -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    assert synthetic.result().plot(ax=right) is right
    assert not left.has_data()
    assert len(figure.axes) == 2


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_file_has_title_and_sources(synthetic: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    synthetic.result().plot(path, language="en")
    content = path.read_bytes()
    if suffix == ".svg":
        assert b"&lt;b&gt;white spots" in content
        assert b"GUGiK" in content
    assert len(content) > 5000


def test_another_ending_is_refused(synthetic: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="docx"):
        synthetic.result().plot(tmp_path / "a.docx")


@pytest.mark.parametrize(
    ("column", "classes"),
    [("white_share", 5), ("people", 5), ("has_plan", 3), ("departures", 4)],
)
def test_any_column_can_be_chosen(synthetic: Any, column: str, classes: int) -> None:
    """A column of a view has the classes of the check; another gets classes of its own."""
    (layer,) = layers_of(synthetic.result(), column=column)
    known = [c for c in layer.classes if not c.missing and c.label.en != "other"]
    assert len(known) >= classes - 1
    assert sum(c.count for c in layer.classes) == len(layer.frame)


def test_an_unknown_column_names_those_there_are(synthetic: Any) -> None:
    with pytest.raises(ParameterError, match="white_share"):
        layers_of(synthetic.result(), column="nothing")
    with pytest.raises(ParameterError):
        layers_of(synthetic.result(), column="people", view="cells")
