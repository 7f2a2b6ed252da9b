"""Causes between this machine and a declared service: a silent name server, a device that cuts or changes, a proxy's page."""

from typing import Final

from knowledge.cause import Cause
from knowledge.declared.sources import DISCOVERY, DNS_TCP, SMTP, STARTTLS
from knowledge.step import Step

_OTHER_NETWORK: Final = (
    "Run the same check from another network: if the dialogue goes on there, something in this network stops it here."
)
_ONE_HOST: Final = (
    "An exclusion takes one host away from inspection: name the host, do not switch inspection off everywhere."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="name_server_silent",
        title="the name server does not answer",
        headline="the name server {resolver} does not answer",
        meaning="The machine asks {resolver} for the address of {smtp_server} and gets no answer at all, over UDP or TCP.",
        shows="Every query ends in a timeout.",
        who="network",
        steps=(
            (
                "Ask another name server of the network for {smtp_server}. If that one answers, {resolver} is down or blocked; if it "
                "does not, port 53 is closed for this machine."
            ),
            (
                "Look at {resolver} itself: its DNS service must run, and every firewall between must let UDP and TCP port 53 from this "
                "machine to it."
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` answers within a second, several times.",
        propagation="Immediately when the server answers or the firewall rule is active.",
        risk="A public name server may not know internal names; use it to compare, not as the remedy.",
        source=(DNS_TCP,),
        decide=(Step("Check NET-01: does any name server answer, be it with a failure?", answered_by=("NET-01",)),),
    ),
    Cause(
        id="smtp_rewritten",
        title="something on the way changes the SMTP dialogue",
        meaning="{smtp_server} is reached, and a device or program between it and this machine changes what it says.",
        shows="220 **** or XXXXXXXA in the dialogue, or TLS that does not begin after STARTTLS was accepted.",
        who="network",
        steps=(
            _OTHER_NETWORK,
            "On a firewall switch off ESMTP inspection for port {port}, or exclude {smtp_server}.",
            "On the machine switch off mail scanning of the antivirus for outbound SMTP, or exclude {smtp_server}.",
        ),
        verify="Checks SMTP-01, SMTP-02 and TLS-01 pass.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP, STARTTLS),
        decide=("The same check from another network.",),
    ),
    Cause(
        id="connection_cut",
        title="the connection is cut or silenced on the way",
        meaning="{smtp_server} is reached, and in the middle of the dialogue its answers stop coming or the connection ends. "
        "A firewall on the way, or the server itself, does so.",
        shows="No reply, a reset or a closed connection after the dialogue had begun.",
        who="network",
        steps=(
            _OTHER_NETWORK,
            (
                "Have the firewall's log read for {smtp_server}, port {port}, at the time of the attempt: a limit on the "
                "length of SMTP commands, an idle timeout below 60 seconds, an inspection of SMTP."
            ),
            "If it is the same from every network, send the administrator of {smtp_server} the time and the address of the attempt.",
        ),
        verify="Checks AUTH-01 and MBX-03 pass from the same machine.",
        propagation="Immediately.",
        risk=_ONE_HOST,
        source=(SMTP,),
        decide=("The same check from another network: an answer there means that something on the way cuts it here.",),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the token service",
        headline="instead of the token service a proxy or filter answers with {answer}",
        meaning="This machine asks {login_host} for the issuer document or a token, and something else answers: {answer}.",
        shows="HTTP 403, 407 or 200 with a web page, or a redirection, where a JSON document should come.",
        who="network",
        steps=(
            Step(
                "If a proxy is configured, ask for that address through it, as the application's account: "
                "`Invoke-WebRequest -Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`).",
                when="through_proxy",
            ),
            Step(
                "If no proxy is configured for this account, ask for that address as the application's account: "
                "`Invoke-WebRequest -Uri {issuer_document}` (Linux: `$ curl -sv {issuer_document}`), and once more from another "
                "network.",
                when="without_proxy",
            ),
            "Have {login_host} allowed in the proxy or filter for this machine and account.",
            Step(
                "If the page answered the request for the token, it has seen the client secret: create a new one and delete the "
                "old one.",
                when="secret_sent",
            ),
        ),
        verify="Checks TOKEN-01 and TOKEN-02 pass.",
        propagation="Immediately when the rule is active.",
        risk="Allow this host alone.",
        source=(DISCOVERY,),
        decide=(
            "What the page says, asked for from the application's machine: `Invoke-WebRequest -Uri {issuer_document}`.",
        ),
    ),
)
