"""The fault catalogue by id, and a function that applies faults to a world.

The faults themselves are in `faults`, one module per stage of the route.
"""

import difflib
from collections.abc import Iterable

from ..world.world import World
from . import EVERY_FAULT
from .fault import UnknownFault


def apply(world: World, fault_ids: Iterable[str]) -> World:
    """Return the world with these faults, applied in order. Raises UnknownFault with similar ids for an unknown id."""
    wanted = list(fault_ids)
    for fault_id in wanted:
        if fault_id not in EVERY_FAULT:
            near = difflib.get_close_matches(str(fault_id), EVERY_FAULT, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(near)}?" if near else "the catalogue lists them all"
            raise UnknownFault(f"no fault is called {fault_id!r}: {hint}")
        world = EVERY_FAULT[fault_id].change(world)
    return world
