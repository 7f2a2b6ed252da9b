"""The built-in tenant: fakes of Exchange Online, Entra and DNS that share one simulated tenant, healthy by default.

This package imports nothing of the product and opens no connection beyond 127.0.0.1. Public names are imported lazily to
keep start-up fast.
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
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fakes' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
