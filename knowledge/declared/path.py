"""Causes on the network path to a declared service: a silent name server, a device that changes replies, or a proxy's web page."""

from typing import Final

from knowledge.cause import Cause
from knowledge.declared.sources import DISCOVERY, DNS_TCP, SMTP, STARTTLS
from knowledge.step import Step

_OTHER_NETWORK: Final = (
    "Run the failed check from another network. If the dialogue continues there, a device on this network "
    "interrupts it here."
)
_ONE_HOST: Final = (
    "An excluded host is no longer inspected: exclude only this host, and leave inspection on for all others."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="name_server_silent",
        title="the name server does not answer",
        headline="the name server {resolver} does not answer",
        meaning=(
            "This machine queries {resolver} for the address of {smtp_server} and receives no answer over UDP or TCP."
        ),
        shows="Every query times out.",
        who="network",
        steps=(
            (
                "Query another name server on the network for {smtp_server}. If it answers, {resolver} is down or "
                "blocked; if not, port 53 is probably blocked for this machine."
            ),
            (
                "Make sure that the DNS service on {resolver} is running, and that every firewall on the path "
                "allows UDP and TCP on port 53 from this machine to {resolver}."
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` returns an address within a second, several times in a row.",
        propagation="As soon as the name server answers or the firewall rule is active.",
        risk="A public name server cannot resolve internal names: use one only to compare the answers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                "See check NET-01, which shows whether any name server answers, even with an error.",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="smtp_rewritten",
        title="a device or program on the network path changes the SMTP dialogue",
        meaning="The connection reaches {smtp_server}, but a device or program on the path changes the replies.",
        shows=(
            "The dialogue contains 220 **** or XXXXXXXA, or TLS does not start after the server has accepted STARTTLS."
        ),
        who="network",
        steps=(
            _OTHER_NETWORK,
            "On the firewall, switch off ESMTP inspection for port {port}, or exclude {smtp_server}.",
            (
                "On this machine, switch off the antivirus program's mail scanning for outbound SMTP, or exclude "
                "{smtp_server}."
            ),
        ),
        verify="Checks SMTP-01, SMTP-02 and TLS-01 pass.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP, STARTTLS),
        decide=("Run the failed check from another network and compare the replies.",),
    ),
    Cause(
        id="connection_cut",
        title="the connection is closed or times out in the middle of the dialogue",
        meaning=(
            "The connection reaches {smtp_server}, but during the dialogue the replies stop or the connection "
            "closes. Either a firewall on the path or the server itself is responsible."
        ),
        shows="The connection times out, is reset or closes after the dialogue has begun.",
        who="network",
        steps=(
            _OTHER_NETWORK,
            (
                "Check the firewall's log for {smtp_server}, port {port}, at the time of the attempt. In its "
                "configuration, look for a limit on the length of SMTP commands, an idle timeout below 60 "
                "seconds, and SMTP inspection."
            ),
            (
                "If the session ends in the same way from every network, send the administrator of {smtp_server} "
                "the time of the attempt and the IP address that it came from."
            ),
        ),
        verify="Checks AUTH-01 and MBX-03 pass from the same machine.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP,),
        decide=(
            (
                "Run the failed check from another network. If a reply arrives there, a device on this network closes the "
                "connection here."
            ),
        ),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the token service",
        headline="a proxy or filter answers instead of the token service: {answer}",
        meaning=(
            "When this machine requests the issuer document or a token from {login_host}, a proxy or filter "
            "replies instead: {answer}."
        ),
        shows="A web page with HTTP status 403, 407 or 200, or a redirect, arrives instead of a JSON document.",
        who="network",
        steps=(
            Step(
                (
                    "If a proxy is configured, request the document through it under the application's account: "
                    "`Invoke-WebRequest -Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} "
                    "{issuer_document}`)."
                ),
                when="through_proxy",
            ),
            Step(
                (
                    "If no proxy is configured for this account, request the document under the application's "
                    "account, here and on another network: `Invoke-WebRequest -Uri {issuer_document}` (Linux: `$ "
                    "curl -sv {issuer_document}`)."
                ),
                when="without_proxy",
            ),
            "Allow {login_host} in the proxy or filter for this machine and account.",
            Step(
                (
                    "If the proxy or filter replied to the token request, it received the client secret: create a "
                    "new secret and delete the old one."
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
                "On the application's machine, request the document and read the page that is returned: "
                "`Invoke-WebRequest -Uri {issuer_document}`."
            ),
        ),
    ),
)
