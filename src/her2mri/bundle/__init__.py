"""The frozen model: the one door through which a deployed probability comes. It needs numpy and nothing else."""

from her2mri.bundle.answer import Answer, Warned
from her2mri.bundle.bundle import Bundle

__all__ = ["Answer", "Bundle", "Warned"]
