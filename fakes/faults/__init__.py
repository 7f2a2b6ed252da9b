"""The fault catalogue. Each fault is one change to the healthy world."""

from dataclasses import replace

from . import high_volume
from .entered import ENTERED
from .entra import CLAIMS, ISSUER, TOKEN
from .expected import EXPECTED, EXPECTED_WITH_LOOKUPS
from .fault import Fault
from .lookups import LOOKUPS
from .message import ACCEPTED, RECIPIENT
from .network import GREETING, NAME, PORT, STARTTLS
from .sign_in import SIGN_IN
from .tls import TLS

_ALL: tuple[Fault, ...] = (
    *NAME, *PORT, *GREETING, *STARTTLS, *TLS, *ENTERED, *ISSUER, *TOKEN, *CLAIMS, *SIGN_IN, *high_volume.SIGN_IN,
    *RECIPIENT, *high_volume.RECIPIENT, *ACCEPTED,
)  # fmt: skip
FAULTS: dict[str, Fault] = {
    fault.id: replace(fault, expected=EXPECTED[fault.id], expected_with_lookups=EXPECTED_WITH_LOOKUPS.get(fault.id))
    for fault in _ALL
}
# Only lookups reveal these faults; a run without lookups passes.
LOOKUP_FAULTS: dict[str, Fault] = {
    fault.id: replace(fault, expected_with_lookups=EXPECTED_WITH_LOOKUPS.get(fault.id)) for fault in LOOKUPS
}
LOOK_UP_FAULTS = LOOKUP_FAULTS  # the earlier name
EVERY_FAULT = FAULTS | LOOKUP_FAULTS
if len(EVERY_FAULT) != len(_ALL) + len(LOOKUPS):
    raise ValueError("two faults have the same id")
if unknown := (EXPECTED.keys() - FAULTS.keys()) | (EXPECTED_WITH_LOOKUPS.keys() - EVERY_FAULT.keys()):
    raise ValueError(f"the files of expected findings contain unknown faults: {', '.join(sorted(unknown))}")
