"""Reader studies: what a model does for those who read the images."""

from her2mri.readers.multireader import multireader_analysis
from her2mri.readers.reads import Reads, read_reads, reads_of
from her2mri.readers.task_reads import TaskReads, task_reads

__all__ = ["Reads", "TaskReads", "multireader_analysis", "read_reads", "reads_of", "task_reads"]
