"""Do corridors and open land go on across municipal borders, or meet building zones there?"""

from metrogis.checks.spatial_development.border_coherence.check import CHECK, border_coherence

__all__ = ["CHECK", "border_coherence"]
