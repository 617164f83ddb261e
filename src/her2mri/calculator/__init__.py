"""The calculator: frozen models in one HTML file that needs no server, no network and no installation."""

from her2mri.calculator.page import calculator_page

__all__ = ["calculator_page"]
