"""her2mri: HER2 status in breast cancer from clinicopathology and breast-MRI reading.

A research tool for decision support. See the README for the rooms of the package.
"""

__version__ = "0.1.0"
