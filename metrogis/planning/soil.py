"""Classes of soil as registers write them."""

from __future__ import annotations

import re

_CLASS = re.compile(r"(?:^|[^IVX])(VI|IV|V|I{1,3})[AB]?Z?$")
_NUMBERS = {"I": 1.0, "II": 2.0, "III": 3.0, "IV": 4.0, "V": 5.0, "VI": 6.0}


def soil_class(text: object) -> float:
    """Return the number of a class of soil (1-6) as registers write it; NaN where it has none.

    >>> [soil_class(t) for t in ("I", "RIIIb", "PsIV", "łv", "VIz", "lake", None)]
    [1.0, 3.0, 4.0, 5.0, 6.0, nan, nan]
    """
    found = _CLASS.search(str(text).strip().upper()) if isinstance(text, str) else None
    return _NUMBERS[found.group(1)] if found else float("nan")
