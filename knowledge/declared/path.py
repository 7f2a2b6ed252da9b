"""Causes on the network path to a declared service: a silent name server, a device that changes replies, a proxy's page."""

from typing import Final

from knowledge.cause import Cause
from knowledge.declared.sources import DISCOVERY, DNS_TCP, SMTP, STARTTLS
from knowledge.step import Step

_OTHER_NETWORK: Final = (
    "Run the same check from another network: if the dialogue continues there, a device in this network stops it here."
)
_ONE_HOST: Final = (
    "An exclusion removes a host from inspection: exclude only this host, and do not switch inspection off everywhere."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="name_server_silent",
        title="the name server does not answer",
        headline="the name server {resolver} does not answer",
        meaning=(
            "The machine queries {resolver} for the address of {smtp_server} and gets no answer, neither over UDP nor over "
            "TCP."
        ),
        shows="Every query times out.",
        who="network",
        steps=(
            (
                "Look up {smtp_server} at another name server of the network. If that one answers, {resolver} is down or "
                "blocked; if not, port 53 is closed for this machine."
            ),
            (
                "Check {resolver} itself: its DNS service must run, and every firewall on the path must allow UDP and TCP port "
                "53 from this machine to it."
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` returns an address within a second, several times.",
        propagation="As soon as the server answers or the firewall rule is active.",
        risk="A public name server may not know internal names: use it for comparison, not as a remedy.",
        source=(DNS_TCP,),
        decide=(Step("Check NET-01: does any name server answer, even with an error?", answered_by=("NET-01",)),),
    ),
    Cause(
        id="smtp_rewritten",
        title="a device or program on the network path changes the SMTP dialogue",
        meaning="The connection reaches {smtp_server}, but a device or program on the path changes the replies.",
        shows=(
            "220 **** or XXXXXXXA in the dialogue, or TLS that does not start after the server has accepted STARTTLS."
        ),
        who="network",
        steps=(
            _OTHER_NETWORK,
            "On the firewall, switch off ESMTP inspection for port {port}, or exclude {smtp_server}.",
            "On the machine, switch off the antivirus's mail scanning for outbound SMTP, or exclude {smtp_server}.",
        ),
        verify="Checks SMTP-01, SMTP-02 and TLS-01 pass.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP, STARTTLS),
        decide=("The same check from another network.",),
    ),
    Cause(
        id="connection_cut",
        title="the connection is closed or times out in the middle of the dialogue",
        meaning=(
            "The connection reaches {smtp_server}, but during the dialogue the replies stop or the connection closes. The "
            "reason is a firewall on the path, or the server itself."
        ),
        shows="A timeout, a reset or a closed connection after the dialogue has begun.",
        who="network",
        steps=(
            _OTHER_NETWORK,
            (
                "Read the firewall's log for {smtp_server}, port {port}, at the time of the attempt. Look for a limit on the "
                "length of SMTP commands, an idle timeout below 60 seconds, and SMTP inspection."
            ),
            (
                "If it is the same from every network, send the administrator of {smtp_server} the time of the attempt and the "
                "IP address it came from."
            ),
        ),
        verify="Checks AUTH-01 and MBX-03 pass from the same machine.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP,),
        decide=(
            (
                "The same check from another network: if it gets a reply there, a device in this network closes the connection "
                "here."
            ),
        ),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the token service",
        headline="a proxy or filter answers instead of the token service: {answer}",
        meaning=(
            "This machine requests the issuer document or a token from {login_host}, and a proxy or filter replies "
            "instead: {answer}."
        ),
        shows="HTTP 403, 407 or 200 with a web page, or a redirect, instead of a JSON document.",
        who="network",
        steps=(
            Step(
                (
                    "If a proxy is configured, request the document through it, as the application's account: `Invoke-WebRequest "
                    "-Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`)."
                ),
                when="through_proxy",
            ),
            Step(
                (
                    "If no proxy is configured for this account, request the document as the application's account: "
                    "`Invoke-WebRequest -Uri {issuer_document}` (Linux: `$ curl -sv {issuer_document}`), and once more from "
                    "another network."
                ),
                when="without_proxy",
            ),
            "Allow {login_host} in the proxy or filter for this machine and account.",
            Step(
                (
                    "If the proxy or filter replied to the token request, it has received the client secret: create a new secret "
                    "and delete the old one."
                ),
                when="secret_sent",
            ),
        ),
        verify="Checks TOKEN-01 and TOKEN-02 pass.",
        propagation="As soon as the rule is active.",
        risk="Allow this host only.",
        source=(DISCOVERY,),
        decide=(
            (
                "The text of the page, requested on the application's machine: `Invoke-WebRequest -Uri {issuer_document}`."
            ),
        ),
    ),
)
