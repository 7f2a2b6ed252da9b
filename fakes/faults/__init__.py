"""The fault catalogue, in the order of the route; every fault is one change of one healthy world."""

from dataclasses import replace

from fakes.catalogue import Fault
from fakes.faults.entered import ENTERED
from fakes.faults.entra import CLAIMS, ISSUER, TOKEN
from fakes.faults.expected import EXPECTED
from fakes.faults.message import ACCEPTED, RECIPIENT
from fakes.faults.network import GREETING, NAME, PORT, STARTTLS
from fakes.faults.sign_in import SIGN_IN
from fakes.faults.tls import TLS

_ALL: tuple[Fault, ...] = (
    *NAME, *PORT, *GREETING, *STARTTLS, *TLS, *ENTERED, *ISSUER, *TOKEN, *CLAIMS, *SIGN_IN, *RECIPIENT, *ACCEPTED,
)  # fmt: skip
FAULTS: dict[str, Fault] = {fault.id: replace(fault, expected=EXPECTED[fault.id]) for fault in _ALL}
if len(FAULTS) != len(_ALL):
    raise ValueError("two faults share an id")
