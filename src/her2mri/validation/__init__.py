"""Validation of a development by repeating all of it: bootstrap by patient, repeated cross-validation."""

from her2mri.validation.cross_validation import CrossValidation, cross_validate_development
from her2mri.validation.development_validation import DevelopmentValidation, validate_development

__all__ = [
    "CrossValidation",
    "DevelopmentValidation",
    "cross_validate_development",
    "validate_development",
]
