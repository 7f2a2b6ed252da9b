"""The whole catalogue: importing it imports every family, in the order in which checks are shown."""

from __future__ import annotations

from checks import auth, basic, host, mbx, net, oauth, risk, smtp, tls, token  # noqa: F401 - imported for registration, in this order
from checks.model import CATALOGUE

__all__ = ["CATALOGUE"]
