"""Where defaults come from: publications, laws and sections of the methods, each one openable.

A parameter cites a :class:`Citation`: words in both languages and an address (a DOI, a law, an
official document), a section of ``docs/methods.md``, or both. Sections are named by their anchor;
its first part is the number without the dot (``54-white-spots`` is section 5.4, chapters have one
digit).

>>> ours("54-white-spots", "bo tak", "for a reason").source
"this project's choice: for a reason (docs/methods.md#54-white-spots)"
"""

from __future__ import annotations

from typing import NamedTuple

from metrogis.i18n import Text, _, both

DOCUMENT = "docs/methods.md"
"""The file of the methods; an atlas publishes it as a page."""


class Citation(NamedTuple):
    """Where a default comes from.

    Attributes
    ----------
    text : Text
        Author and title, or why the project chose the value.
    url : str
        Address of the publication or law; empty for the project's own choices.
    section : str
        Anchor of the section of the methods that says more; empty for none.
    """

    text: Text
    url: str = ""
    section: str = ""

    def saying(self, what: Text | str, en: str = "") -> Citation:
        """Return the same citation with what it says of the value.

        Parameters
        ----------
        what : Text, or str with ``en``
            In a few words, put after the title; two strings are Polish and English.

        Examples
        --------
        >>> ours("54-white-spots").saying("jedna reguła", "one rule").text.en
        "this project's choice: one rule"
        """
        said = Text(what, en) if isinstance(what, str) else what
        return self._replace(text=_("{citation}: {said}").fill(citation=self.text, said=said))

    def at(self, section: str) -> Citation:
        """Return the same citation with a section of the methods."""
        return self._replace(section=section)

    @property
    def reference(self) -> str:
        """The section as an address inside the repository, empty where there is none."""
        return f"{DOCUMENT}#{self.section}" if self.section else ""

    def line(self, language: str) -> str:
        """Return words and addresses in one line.

        Parameters
        ----------
        language : {"pl", "en"}

        Examples
        --------
        >>> Citation(Text("Ustawa", "Act"), "https://example.org").line("en")
        'Act (https://example.org)'
        """
        addresses = "; ".join(part for part in (self.url, self.reference) if part)
        words = self.text.get(language)
        return f"{words} ({addresses})" if addresses else words

    @property
    def source(self) -> str:
        """:meth:`line` in English."""
        return self.line("en")


def section_number(anchor: str) -> str:
    """Return the number of a section of the methods from its anchor.

    >>> section_number("54-white-spots"), section_number("2-functional-links")
    ('5.4', '2')
    >>> section_number("510-feeder-coordination")
    '5.10'
    """
    digits = anchor.partition("-")[0]
    return ".".join(part for part in (digits[:1], digits[1:]) if part)


def ours(section: str, why: Text | str = "", en: str = "") -> Citation:
    """Return the citation of a choice of this project.

    Parameters
    ----------
    section : str
        Anchor of the section of the methods that explains it.
    why : Text, or str with ``en``
        What it says of the value; empty for nothing.
    """
    own = Citation(_("this project's choice"), section=section)
    return own.saying(why, en) if why else own


def _act(position: str, name: Text) -> Citation:
    """Return the citation of a Polish act by year and position in the journal of laws."""
    year, number = position.split("/")
    return Citation(
        _("Dz.U. {year} poz. {number}, {name}").fill(year=year, number=number, name=name),
        f"https://isap.sejm.gov.pl/isap.nsf/DocDetails.xsp?id=WDU{year}{number:0>7}",
    )


# --------------------------------------------------------------------------- laws

GENERAL_PLANS = _act(
    "2023/2758",
    _("regulation on the draft general plan of a gmina"),
)

PLANNING_ACT = _act(
    "2003/717",
    _("act on spatial planning and development, in its wording of mid-2024"),
)
INFILL = _act(
    "2024/729",
    _("regulation on infill areas in a general plan"),
)
NATURE = _act("2004/880", _("act on the protection of nature"))
WATER_LAW = _act("2017/1566", _("Water Law (not read in the primary text)"))

# --------------------------------------------------------------------------- space

WUP = Citation(
    _(
        "Jaeger & Schwick 2014, Ecological Indicators 38; EEA report 11/2016 "
        "(unverified in the primary text)"
    ),
    "https://doi.org/10.1016/j.ecolind.2013.11.022",
)
DEGURBA = Citation(
    _(
        "Eurostat and others 2021, Applying the degree of urbanisation, level 1 "
        "(not read in the primary text)"
    ),
    "https://ec.europa.eu/eurostat/web/products-manuals-and-guidelines/-/ks-02-20-499",
)
FRAGSTATS = Citation(both("McGarigal 2015, FRAGSTATS help"), "https://www.fragstats.org")
NYSTUEN_DACEY = Citation(_("Nystuen & Dacey 1961"), "https://doi.org/10.1007/BF01969070")
MODULARITY = Citation(
    _("1: Newman 2004; other values: Reichardt & Bornholdt 2006"),
    "https://doi.org/10.1103/PhysRevE.74.016110",
)
GUS_MIGRATION = Citation(
    _("Statistics Poland, internal migration by gmina"),
    "https://bdl.stat.gov.pl",
)
CONNECTIVITY = Citation(
    _("Saura & Pascual-Hortal 2007"),
    "https://doi.org/10.1016/j.landurbplan.2007.03.005",
)
BARRIERS = Citation(
    _("McRae et al. 2012"),
    "https://doi.org/10.1371/journal.pone.0052604",
)

# --------------------------------------------------------------------------- transport

ARE = Citation(
    _("ARE, ÖV-Güteklassen (Switzerland)"),
    "https://www.are.admin.ch/are/de/home/verkehr-und-infrastruktur/grundlagen-und-daten/"
    "verkehrserschliessung-in-der-schweiz.html",
)
OEROK = Citation(
    both("ÖROK, ÖV-Güteklassen (Austria)"),
    "https://www.oerok.gv.at/raum/themen/raumordnung-und-mobilitaet",
)
TFL = Citation(
    both("TfL, Connectivity Assessment Guide"),
    "https://content.tfl.gov.uk/connectivity-assessment-guide.pdf",
)
DG_REGIO = Citation(
    _("Poelman & Dijkstra 2015, European Commission, Regional Working Paper 01/2015"),
    "https://ec.europa.eu/regional_policy/en/information/publications/working-papers/2015/"
    "measuring-access-to-public-transport-in-european-cities",
)
SDG_11_2_1 = Citation(
    _("SDG indicator 11.2.1 metadata (UN-Habitat)"),
    "https://unstats.un.org/sdgs/metadata/files/Metadata-11-02-01.pdf",
)
SDG_11_2_1_PL = Citation(
    _("Statistics Poland, the Polish variant of SDG 11.2.1 (unverified in the primary text)"),
    "https://sdg.gov.pl",
    "53-service-quality-classes",
)
DRAFT_LAW = Citation(
    _("draft Polish law of 2026 (not read in the primary text)"),
    section="56-connections-between-seats",
)

# --------------------------------------------------------------------------- cycling

BIKE_OTTAWA = Citation(
    _("Bike Ottawa (km/h); or Conveyal R5"),
    "https://github.com/BikeOttawa/stressmodel",
    "62-traffic-stress",
)
MEKURIA = Citation(
    _("Mekuria, Furth & Nixon 2012"),
    "https://transweb.sjsu.edu/research/Low-Stress-Bicycling-and-Network-Connectivity",
)
BIKE_DNA = Citation(
    _("BikeDNA (Vierø, Vybornova & Szell 2023)"),
    "https://doi.org/10.1177/23998083231184471",
)
IPDC = Citation(
    _("Vybornova, Cunha, Gühnemann & Szell 2023 (IPDC)"),
    "https://doi.org/10.1111/gean.12324",
)
CROW = Citation(
    both("CROW, Design Manual for Bicycle Traffic"),
    "https://crowplatform.com/product/design-manual-for-bicycle-traffic/",
)
BNA = Citation(both("PeopleForBikes, Bicycle Network Analysis"), "https://bna.peopleforbikes.org")
GRADIENTS = Citation(
    _("Parkin & Rotheram 2010: only the ratio to the speed on the flat counts"),
    "https://doi.org/10.1016/j.tranpol.2010.03.001",
)
