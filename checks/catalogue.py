"""The whole catalogue: importing it imports every family, in the order in which checks are shown."""

from __future__ import annotations

# isort: off
from checks import basic, oauth, net, smtp, tls, token, auth, mbx, risk, host  # noqa: F401 - for registration, in this order

# isort: on
from checks.model import CATALOGUE

__all__ = ["CATALOGUE"]
