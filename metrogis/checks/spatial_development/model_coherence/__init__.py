"""Do the plans follow the metropolitan functional-spatial structure?"""

from metrogis.checks.spatial_development.model_coherence.check import CHECK, model_coherence

__all__ = ["CHECK", "model_coherence"]
