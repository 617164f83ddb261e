"""Several centers: validation by leaving each out, how a new one differs, and harmonised measurements."""

from her2mri.centers.center_shift import CenterShift, Lesions, center_shift
from her2mri.centers.combat import CenterAdaptation, FrozenCombat
from her2mri.centers.combat_effect import CombatEffect, combat_effect
from her2mri.centers.internal_external import InternalExternal, internal_external

__all__ = [
    "CenterAdaptation",
    "CenterShift",
    "CombatEffect",
    "FrozenCombat",
    "InternalExternal",
    "Lesions",
    "center_shift",
    "combat_effect",
    "internal_external",
]
