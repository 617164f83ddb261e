"""The command line: thin verbs over the package. Exit 0 done, 2 the input is at fault, 1 anything else."""

from her2mri.cli.app import main

__all__ = ["main"]
