"""The page about hostile peers: for each place in the built-in tenant, a table of its peers."""

from __future__ import annotations

from typing import Final

from docs.handbook.markdown import MADE, code, escape, link, table
from fakes.hostile.catalogue import PEERS
from fakes.hostile.peer import HostilePeer, Place

HOSTILE_PAGE: Final = "docs/hostile-peers.md"
_TITLES: Final = {
    Place.DNS: "In the place of the resolver",
    Place.SMTP: "In the place of the mail server",
    Place.PROXY: "In the place of the proxy",
    Place.HTTPS: "In the place of the login host",
}


def page() -> str:
    """Return the Markdown text of the page."""
    guide = link("The built-in tenant for other programs", "docs/fakes.md#hostile-peers", HOSTILE_PAGE)
    lines = [MADE, "", "# Hostile peers", ""]
    lines += [
        f"There are {len(PEERS)} hostile peers.",
        f"{guide} describes how to start one.",
        "The last column is the first step of a submission that should fail because of the peer. It is empty if the client can succeed.",
        "",
    ]
    for place, title in _TITLES.items():
        rows = [_row(peer) for peer in PEERS.values() if peer.place is place]
        lines += [
            f"## {title}",
            "",
            *table(("peer", "what it does", "rule", "what a client should do", "step"), rows),
            "",
        ]
    return "\n".join(lines)


def _row(peer: HostilePeer) -> list[str]:
    return [code(peer.name), escape(peer.does), escape(peer.rule), escape(peer.client), peer.gate and code(peer.gate)]
