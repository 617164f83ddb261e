"""Several centers: validation by leaving each out, how a new one differs, and harmonised measurements."""

from her2mri.centers.internal_external import InternalExternal, internal_external

__all__ = ["InternalExternal", "internal_external"]
