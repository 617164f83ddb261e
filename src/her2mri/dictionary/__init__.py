"""What a column means: variables, derivations, exclusions and tasks, read from one data file."""

from her2mri.dictionary.dictionary import DataDictionary, load_dictionary
from her2mri.dictionary.rules import CutRule, Derived, Exclusion, TableRule
from her2mri.dictionary.subgroup import Subgroup
from her2mri.dictionary.task import Task
from her2mri.dictionary.variable import Level, UnitSlip, Variable

__all__ = [
    "CutRule",
    "DataDictionary",
    "Derived",
    "Exclusion",
    "Level",
    "Subgroup",
    "TableRule",
    "Task",
    "UnitSlip",
    "Variable",
    "load_dictionary",
]
