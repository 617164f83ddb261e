"""Independent pieces of work: on one process, several, or a cluster; the same answer from each."""

from her2mri.jobs.cluster import DaskWorkers
from her2mri.jobs.finished import FinishedJobs, unfinished_work
from her2mri.jobs.local import LocalWorkers
from her2mri.jobs.progress import Progress, Silent
from her2mri.jobs.runner import Runner, run_jobs
from her2mri.jobs.versions import fingerprint
from her2mri.jobs.workers import Job, Json, Workers

__all__ = [
    "DaskWorkers",
    "FinishedJobs",
    "Job",
    "Json",
    "LocalWorkers",
    "Progress",
    "Runner",
    "Silent",
    "Workers",
    "fingerprint",
    "run_jobs",
    "unfinished_work",
]
