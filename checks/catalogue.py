"""The complete catalogue of checks. This module imports all families in display order."""

from __future__ import annotations

# isort: off
from checks import basic, oauth, net, smtp, tls, token, auth, mbx, risk, host  # noqa: F401 - for registration, in this order

# isort: on
from checks.model import CATALOGUE

__all__ = ["CATALOGUE"]
