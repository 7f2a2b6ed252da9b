"""The catalogue of faults by id, and a world with some of them in it.

The faults themselves stand in ``faults``, one module per stretch of the route.
"""

import difflib
from collections.abc import Iterable

from fakes.fault import UnknownFault
from fakes.faults import EVERY_FAULT
from fakes.world import World


def apply(world: World, fault_ids: Iterable[str]) -> World:
    """The world with these faults in it, in the given order; UnknownFault with close matches for an id that is none."""
    wanted = list(fault_ids)
    for fault_id in wanted:
        if fault_id not in EVERY_FAULT:
            near = difflib.get_close_matches(str(fault_id), EVERY_FAULT, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(near)}?" if near else "the catalogue lists them all"
            raise UnknownFault(f"no fault is called {fault_id!r}: {hint}")
        world = EVERY_FAULT[fault_id].change(world)
    return world
