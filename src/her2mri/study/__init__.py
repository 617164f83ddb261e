"""A whole study: the file that says what is done, the run, and what it found."""

from her2mri.study.study import Study
from her2mri.study.study_file import StudyFile

__all__ = ["Study", "StudyFile"]
