"""The whole catalogue: importing it imports every family, in the order in which checks are shown."""

from __future__ import annotations

from checks import basic, oauth, net, smtp, tls, token, auth, mbx, risk, host  # noqa: F401, I001 - imported for registration, in this order
from checks.model import CATALOGUE

__all__ = ["CATALOGUE"]
