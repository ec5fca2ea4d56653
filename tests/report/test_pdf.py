"""Pages printed as PDF: whole or not there, linked with their size, no word of their folder."""

from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from metrogis.errors import PublishError
from metrogis.maps import assets
from metrogis.report import council, pdf, site
from metrogis.report.municipality.addresses import pdf_of

# a program that takes Chromium's options and writes what the page was when it was printed
PROGRAM = """#!{python}
import pathlib, sys, urllib.parse
options = dict(a.split("=", 1) for a in sys.argv[1:-1] if "=" in a)
page = pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(sys.argv[-1]).path))
if {fails!r} and {fails!r} in page.name:
    sys.exit(3)
pathlib.Path(options["--print-to-pdf"]).write_bytes(b"%PDF-1.4 " + page.read_bytes())
"""


def program(folder: Path, fails: str = "") -> Path:
    path = folder / "browser"
    path.write_text(PROGRAM.format(python=sys.executable, fails=fails), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(autouse=True)
def leaflet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("leaflet")
    for name in assets.LEAFLET.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("//", encoding="utf-8")
    monkeypatch.setattr(assets, "obtain", lambda package=assets.LEAFLET: folder)


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_report_and_municipalities_are_printed_and_linked_with_their_size(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.PROGRAM, str(program(tmp_path)))
    folder = tmp_path / "public"
    site.publish(synthetic.atlas(), folder, pdf=True, workers=2)
    plain = tmp_path / "plain"
    site.publish(synthetic.atlas(), plain)
    codes = synthetic.result().municipalities["teryt"]
    names = {council.report_name(x) for x in ("pl", "en")}
    names |= {pdf_of(code, x) for code in codes for x in ("pl", "en")}
    assert files_of(folder) - files_of(plain) == {f"downloads/{name}" for name in names}
    for page, name in (
        ("index.html", "report.pl.pdf"),
        ("pl/index.html", "report.pl.pdf"),
        ("en/index.html", "report.en.pdf"),
        (f"pl/gminy/{codes[0]}.html", f"{codes[0]}.pl.pdf"),
        (f"en/municipalities/{codes[0]}.html", f"{codes[0]}.en.pdf"),
    ):
        text = (folder / page).read_text(encoding="utf-8")
        link = text.split(f'downloads/{name}" download', 1)[1].split("</p>", 1)[0]
        assert "kB)" in link, page
        assert pdf.SIZE not in text
        assert ".pdf" not in (plain / page).read_text(encoding="utf-8")


def test_what_is_printed_tells_nothing_of_the_folder_and_runs_nothing(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.PROGRAM, str(program(tmp_path)))
    site.publish(synthetic.atlas(), tmp_path / "public", pdf=True, languages=["en"])
    for path in (tmp_path / "public" / "downloads").glob("*.pdf"):
        text = path.read_bytes()
        assert b"<script" not in text
        assert str(tmp_path).encode() not in text
        for link in text.split(b"<a ")[1:]:
            tag = link.split(b">", 1)[0]
            assert b"href" not in tag or b'href="#' in tag or b'href="https://' in tag, tag


def test_links_are_those_of_the_published_site_where_it_has_an_address(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.PROGRAM, str(program(tmp_path)))
    site.publish(
        synthetic.atlas(), tmp_path / "public", pdf=True, languages=["pl"],
        site_url="https://example.org/atlas/",
    )  # fmt: skip
    code = synthetic.result().municipalities["teryt"][0]
    text = (tmp_path / "public" / "downloads" / f"{code}.pl.pdf").read_text(encoding="utf-8")
    assert 'href="https://example.org/atlas/pl/data.html"' in text


def test_page_that_cannot_be_printed_costs_itself_only(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = synthetic.result().municipalities["teryt"][0]
    monkeypatch.setenv(pdf.PROGRAM, str(program(tmp_path, fails=code)))
    folder = tmp_path / "public"
    with pytest.raises(PublishError, match=r"PDFs not made: 2; the first: .*ended with 3"):
        site.publish(synthetic.atlas(), folder, pdf=True)
    made = {path.name for path in (folder / "downloads").glob("*.pdf")}
    assert "report.pl.pdf" in made
    assert f"{code}.pl.pdf" not in made
    assert 'class="pdf"' not in (folder / "pl" / "gminy" / f"{code}.html").read_text("utf-8")
    assert not list(folder.rglob(".*"))


def test_without_a_program_nothing_is_begun(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(pdf.PROGRAM, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PublishError, match="neither is installed"):
        site.publish(synthetic.atlas(), tmp_path / "public", pdf=True)
    assert not (tmp_path / "public").exists()
    monkeypatch.setenv(pdf.PROGRAM, "/nowhere/browser")
    with pytest.raises(PublishError, match=pdf.PROGRAM):
        pdf.find_printer()


def test_program_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "browser"
    path.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    path.chmod(0o755)
    page = tmp_path / "a.html"
    page.write_text("<p>A</p>", encoding="utf-8")
    monkeypatch.setattr(pdf, "PATIENCE", 0.2)
    sheet = pdf.Sheet(page, tmp_path / "a.pdf")
    why = pdf.print_all([sheet], pdf.Printer("chromium", str(path)))
    assert "longer than" in why[sheet.target].en
    assert not sheet.target.exists()


def test_weasyprint_prints_where_there_is_no_chromium(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("weasyprint") is None:
        pytest.skip("no WeasyPrint at hand")
    found = shutil.which
    monkeypatch.delenv(pdf.PROGRAM, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: found(name) if name == "weasyprint" else None)
    page = tmp_path / "a.html"
    page.write_text('<!DOCTYPE html><html lang="en"><title>A</title><h1>A</h1></html>', "utf-8")
    sheet = pdf.Sheet(page, tmp_path / "a.pdf")
    assert pdf.print_all([sheet], pdf.find_printer()) == {}
    assert b"/StructTreeRoot" in sheet.target.read_bytes()
