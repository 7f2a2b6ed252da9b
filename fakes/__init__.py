"""The built-in tenant: fakes of Exchange Online, Entra and DNS that share one simulated tenant, which is healthy by default.

This package imports nothing from the product and opens no connection beyond 127.0.0.1. Public names are imported on first use, so
that start-up stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .faults import FAULTS, LOOK_UP_FAULTS, LOOKUP_FAULTS
    from .faults.catalogue import apply
    from .faults.fault import Expected, Fault, UnknownFault
    from .hostile.catalogue import PEERS
    from .hostile.peer import HostilePeer, UnknownPeer
    from .network.listeners import CannotStage
    from .serving.handle import Running
    from .serving.serve import serve
    from .serving.subprocess import Apart, Process, serve_apart, serve_in_subprocess
    from .world.world import World, healthy

_HOMES = {
    "FAULTS": ".faults",
    "LOOKUP_FAULTS": ".faults",
    "LOOK_UP_FAULTS": ".faults",  # the earlier name
    "Apart": ".serving.subprocess",  # the earlier name of Process
    "CannotStage": ".network.listeners",
    "Expected": ".faults.fault",
    "Fault": ".faults.fault",
    "HostilePeer": ".hostile.peer",
    "PEERS": ".hostile.catalogue",
    "Process": ".serving.subprocess",
    "Running": ".serving.handle",
    "UnknownFault": ".faults.fault",
    "UnknownPeer": ".hostile.peer",
    "World": ".world.world",
    "apply": ".faults.catalogue",
    "healthy": ".world.world",
    "serve": ".serving.serve",
    "serve_apart": ".serving.subprocess",  # the earlier name of serve_in_subprocess
    "serve_in_subprocess": ".serving.subprocess",
}

__all__ = [
    "FAULTS",
    "LOOKUP_FAULTS",
    "LOOK_UP_FAULTS",
    "PEERS",
    "Apart",
    "CannotStage",
    "Expected",
    "Fault",
    "HostilePeer",
    "Process",
    "Running",
    "UnknownFault",
    "UnknownPeer",
    "World",
    "apply",
    "healthy",
    "serve",
    "serve_apart",
    "serve_in_subprocess",
]


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
