"""The catalogue of hostile peers, in the order of the steps of a submission."""

import difflib

from .dns import DNS
from .documents import DOCUMENTS
from .handshake import LOGIN_TLS, SMTP_OVER_TLS
from .http import HTTP
from .peer import HostilePeer, UnknownPeer
from .proxy import PROXY
from .sign_in import SIGN_IN
from .smtp import SMTP

_ALL: tuple[HostilePeer, ...] = (*DNS, *SMTP, *SMTP_OVER_TLS, *PROXY, *LOGIN_TLS, *HTTP, *DOCUMENTS, *SIGN_IN)
PEERS: dict[str, HostilePeer] = {peer.name: peer for peer in _ALL}
if len(PEERS) != len(_ALL):
    raise ValueError("two hostile peers have the same name")


def find(name: str) -> HostilePeer:
    """Return the peer with this name. Raises UnknownPeer if there is none."""
    if name not in PEERS:
        near = difflib.get_close_matches(name, PEERS, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else "`run.py fake --hostile=list` lists all peers"
        raise UnknownPeer(f"there is no hostile peer {name!r}: {hint}")
    return PEERS[name]
