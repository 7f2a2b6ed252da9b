"""The built-in tenant: fakes of Exchange Online, Entra and a resolver that show one small world, healthy unless told.

Nothing of the product is imported here, and nothing here leaves 127.0.0.1.
"""

from fakes.catalogue import Expected, Fault, UnknownFault, apply
from fakes.doors import CannotStage
from fakes.faults import FAULTS
from fakes.serving import Running, serve
from fakes.world import World, healthy

__all__ = ["FAULTS", "CannotStage", "Expected", "Fault", "Running", "UnknownFault", "World", "apply", "healthy", "serve"]
