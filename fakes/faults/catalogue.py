"""Apply faults from the catalogue to a world.

The faults are defined in the other modules of this package.
"""

import difflib
from collections.abc import Iterable

from ..world.world import World
from . import EVERY_FAULT
from .fault import UnknownFault


def apply(world: World, fault_ids: Iterable[str]) -> World:
    """Return the world with these faults, applied in order. Raises UnknownFault for an unknown id."""
    ids = list(fault_ids)
    for fault_id in ids:
        if fault_id not in EVERY_FAULT:
            near = difflib.get_close_matches(str(fault_id), EVERY_FAULT, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(near)}?" if near else "`run.py faults` lists all faults"
            raise UnknownFault(f"there is no fault {fault_id!r}: {hint}")
        world = EVERY_FAULT[fault_id].change(world)
    return world
