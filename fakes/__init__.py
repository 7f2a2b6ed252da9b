"""The built-in tenant: fakes of Exchange Online, Entra and a resolver that show one small world, healthy unless told.

Nothing of the product is imported here, and nothing here leaves 127.0.0.1. Names are loaded when first used, because a
run of the checklist pays for every import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakes.apart import Apart, serve_apart
    from fakes.catalogue import apply
    from fakes.doors import CannotStage
    from fakes.fault import Expected, Fault, UnknownFault
    from fakes.faults import FAULTS, LOOK_UP_FAULTS
    from fakes.running import Running
    from fakes.serving import serve
    from fakes.world import World, healthy

_HOMES = {
    "FAULTS": "fakes.faults",
    "LOOK_UP_FAULTS": "fakes.faults",
    "Apart": "fakes.apart",
    "CannotStage": "fakes.doors",
    "Expected": "fakes.fault",
    "Fault": "fakes.fault",
    "Running": "fakes.running",
    "UnknownFault": "fakes.fault",
    "World": "fakes.world",
    "apply": "fakes.catalogue",
    "healthy": "fakes.world",
    "serve": "fakes.serving",
    "serve_apart": "fakes.apart",
}

__all__ = [
    "FAULTS",
    "LOOK_UP_FAULTS",
    "Apart",
    "CannotStage",
    "Expected",
    "Fault",
    "Running",
    "UnknownFault",
    "World",
    "apply",
    "healthy",
    "serve",
    "serve_apart",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fakes' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
