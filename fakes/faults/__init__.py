"""The fault catalogue, in the order of the route; every fault is one change of one healthy world."""

from dataclasses import replace

from .entered import ENTERED
from .entra import CLAIMS, ISSUER, TOKEN
from .expected import EXPECTED, EXPECTED_WITH_LOOK_UPS
from .fault import Fault
from .lookups import LOOK_UPS
from .message import ACCEPTED, RECIPIENT
from .network import GREETING, NAME, PORT, STARTTLS
from .sign_in import SIGN_IN
from .tls import TLS

_ALL: tuple[Fault, ...] = (
    *NAME, *PORT, *GREETING, *STARTTLS, *TLS, *ENTERED, *ISSUER, *TOKEN, *CLAIMS, *SIGN_IN, *RECIPIENT, *ACCEPTED,
)  # fmt: skip
FAULTS: dict[str, Fault] = {
    fault.id: replace(fault, expected=EXPECTED[fault.id], expected_with_look_ups=EXPECTED_WITH_LOOK_UPS.get(fault.id))
    for fault in _ALL
}
# What only look-ups show: a run without them is healthy.
LOOK_UP_FAULTS: dict[str, Fault] = {
    fault.id: replace(fault, expected_with_look_ups=EXPECTED_WITH_LOOK_UPS.get(fault.id)) for fault in LOOK_UPS
}
EVERY_FAULT = FAULTS | LOOK_UP_FAULTS
if len(EVERY_FAULT) != len(_ALL) + len(LOOK_UPS):
    raise ValueError("two faults share an id")
if unknown := (EXPECTED.keys() - FAULTS.keys()) | (EXPECTED_WITH_LOOK_UPS.keys() - EVERY_FAULT.keys()):
    raise ValueError(f"expected of faults that do not exist: {', '.join(sorted(unknown))}")
