"""What is known where, of every layer: asked by all checks in one way.

Readers record what they lose (:mod:`metrogis.evidence.losses`); :class:`Evidence` answers where a
layer is known and what was lost near a place. What a timetable's coverage table, a raster's mask or
a plan's outline mean for it stands in the modules named after them.
"""

from metrogis.evidence.core import Evidence
from metrogis.evidence.losses import Loss, loss, losses_of, record

__all__ = ["Evidence", "Loss", "loss", "losses_of", "record"]
