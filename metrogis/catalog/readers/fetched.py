"""Layers that were fetched and may not be whole: what did not come may lie anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from metrogis import provenance
from metrogis.catalog import lock
from metrogis.catalog.models import MissingLayer
from metrogis.evidence.losses import Loss, record
from metrogis.i18n import Text, _, join
from metrogis.provenance import Audit

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def doubted(metro: Opened, name: str, layer: Any) -> Any:
    """Return a layer with the losses that the lock tells of: features that may not have come.

    A lock speaks of a file only while the file is the one that was fetched.
    """
    declared = metro.catalog.layers[name]
    if isinstance(declared, MissingLayer) or declared.fetch is None:
        return layer
    if not isinstance(layer, pd.DataFrame):
        return layer
    entries = [e for e in lock.read(metro.directory).values() if e.layer == name and e.doubts]
    audit = Audit()
    for entry in entries:
        path = metro.data / entry.file
        if not path.is_file() or provenance.file_hash(path) != entry.sha256:
            continue
        why = join("; ", (Text.of(doubt) for doubt in entry.doubts))
        what = _("the layer that was fetched may not be complete: {why}").fill(why=why)
        missing = max((entry.hits or 0) - (entry.rows or 0), 1)
        audit = audit.add(name, "unknown", missing, what, entry.file)
        layer = record(layer, [Loss("row", what, missing)])
    if not len(audit):
        return layer
    whole = provenance.audit_of(layer) + audit
    return provenance.attach(layer, provenance.source_of(layer, name), whole)
