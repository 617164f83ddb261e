"""The protocol ``recommended``: the whole development repeated in resamples, and all that goes with it."""

from her2mri.study.recommended.result import Recommended, RecommendedTask
from her2mri.study.recommended.run import run_recommended

__all__ = ["Recommended", "RecommendedTask", "run_recommended"]
