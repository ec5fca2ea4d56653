"""Polish-sounding names that belong to no real town."""

from __future__ import annotations

import numpy as np

_ROOTS = """
    Brzęś Łęgn Dąbrz Świerkl Jeziorz Wądzl Żółn Mściw Gryźl Trzcinn Bukwiń Jaśmin Olszęc Kępl
    Wierzbl Ostrzeb Rybnic Solnicz Piaszcz Morzel Kamionk Grądz Lipieńc Sośnic Czapl Żuraw
    Wydmin Zatocz Kłodz Mierzw Bursztyn Dzięciel Jarzęb Modrzew Krzemież Źródl Ruczaj Głęboń
    Chmiel Śniad Wrzosow Sitn Tatarn Borówcz Lędźw Cisow Jałowc Brodz Pszczel Gąsior Rokitn
    Szuwar Łabędź Niedźw Mątw Węgorz Sandacz Okonin Szczupl Karaś Śledz Fląd Mewin Rybitw Kormor
""".split()  # noqa: SIM905
_ENDINGS = ("owo", "ewo", "ino", "yn", "no", "ice", "ów", "nica", "iska", "ęcin", "ówka", "any")
_BEFORE = ("Nowe", "Stare", "Wielkie", "Małe", "Górne", "Dolne")
_STREETS = """
    Portowa Lipowa Szkolna Polna Leśna Kwiatowa Słoneczna Brzozowa Ogrodowa Parkowa Krótka Długa
    Kościelna Młyńska Zielona Sosnowa Klonowa Dworcowa Akacjowa Rybacka Morska Bursztynowa
    Żeglarska Kotwiczna Wodna Spacerowa Łąkowa Wiejska Nadrzeczna Wiśniowa Jaśminowa Różana
    Świerkowa Dębowa Cicha Wrzosowa Boczna Tęczowa Pogodna Rzemieślnicza Stolarska Kowalska
    Piekarska Tkacka Garncarska Bednarska Mostowa Zamkowa Rynkowa Targowa Sadowa Łanowa
    Jesionowa Bukowa Kasztanowa Jarzębinowa Modrzewiowa Orzechowa Borówkowa Malinowa Jagodowa
    Żurawia Jaskółcza Słowicza Mewia Łabędzia Przemysłowa Składowa Magazynowa Stoczniowa
    Okrętowa Masztowa Latarniana Falista Piaskowa Żwirowa Graniczna Okrężna Obwodowa Podgórna
    Stroma Widokowa Źródlana Strumykowa Jeziorna Grobla Groblowa
""".split()  # noqa: SIM905


def place_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` different place names.

    >>> import numpy as np
    >>> len(set(place_names(np.random.default_rng(0), 900)))
    900
    >>> len(set(place_names(np.random.default_rng(0), 9_000)))
    9000
    """
    pool = [_join(root, ending) for root in _ROOTS for ending in _ENDINGS]
    order = rng.permutation(len(pool))
    names = list(dict.fromkeys(pool[i] for i in order))
    extra = [
        f"{before} {name}" for name in names if name.endswith(("o", "e")) for before in _BEFORE
    ]
    rng.shuffle(extra)
    known = set(names)
    names += [name for name in extra if name not in known]
    # a country has more places than names: more of them are numbered settlements of the first
    more = [f"{name} {number}" for number in ("II", "III", "IV", "V") for name in names]
    return [*names, *more][:count]


def _join(root: str, ending: str) -> str:
    soft = root[-1] in "śźćńż" or root.endswith("dź")
    if soft and ending[0] in "oeęa":
        hard = {"ś": "si", "ź": "zi", "ć": "ci", "ń": "ni", "ż": "ż"}
        root = root[:-1] + hard[root[-1]]
        ending = {"owo": "owo", "ewo": "ewo"}.get(ending, ending)
    elif soft and ending[0] in "iynó":
        hard = {"ś": "s", "ź": "z", "ć": "c", "ń": "n", "ż": "ż"}
        root = root[:-1] + hard[root[-1]]
    if ending == "yn" and root[-1] in "lkg":
        ending = "in"
    if ending == "nica" and root[-1] == "c":
        ending = "ówka"
    if ending in ("no", "nica") and root[-1] == "n":
        ending = ending[1:] if ending == "no" else "ica"
    return root + ending


def street_names() -> list[str]:
    """Return the names that streets of every town are drawn from."""
    return list(dict.fromkeys(_STREETS))
