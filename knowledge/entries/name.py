"""Causes in the look-up of the server's name."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import ENDPOINTS, FAQ, RFC_DNS_TCP
from knowledge.step import Step

NAME_LOOKUP: Final = Step(
    "On the application's own machine: `nslookup {smtp_server}` (Linux: `$ getent hosts {smtp_server}`).",
    answered_by=("NET-01",),
)
NAME_ELSEWHERE: Final = "Ask another name server the same question: `nslookup {smtp_server} 8.8.8.8`."
_BOTH_TRANSPORTS: Final = ("BASIC-06", "OAUTH-07")

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="dns_failure",
        title="the server's name does not resolve",
        meaning="The application asks the name service for the address of {smtp_server} and gets none. "
        "Without an address no connection is even tried.",
        shows="Texts such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN, error 11001.",
        who="network",
        steps=(
            Step(
                "Check the spelling first: Microsoft's name is smtp.office365.com, without smtp:// in front and "
                "without blanks.",
                answered_by=("BASIC-07", "NET-05"),
            ),
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "If only the other server knows the name, the machine's own name server is at fault: read which one is "
                "configured with `Get-DnsClientServerAddress` (Linux: `$ resolvectl status`) and have it repaired or "
                "replaced."
            ),
            "If neither is answered, open port 53 outbound, UDP and TCP, from this machine to its name servers.",
            "In a container, look at its own resolver file: `$ cat /etc/resolv.conf`.",
        ),
        verify="`Resolve-DnsName {smtp_server}` returns several addresses of Microsoft's, ten times out of ten.",
        propagation="Immediately; a remembered failure can live for some minutes: `Clear-DnsClientCache`.",
        risk=(
            "A public name server sees every name the machine asks for and may not know internal ones; use it to "
            "compare, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", ENDPOINTS, RFC_DNS_TCP),
        decide=(
            Step(
                "Check NET-01, or `nslookup {smtp_server}` on the application's own machine: an answer clears the name "
                "service.",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="name_server_silent",
        title="the name server does not answer",
        headline="the name server {resolver} does not answer",
        meaning="The machine asks {resolver} for the address of {smtp_server} and gets no answer at all, over UDP or TCP. "
        "The name may be right: no one who could know it was reached.",
        shows="Every query ends in a timeout; texts such as 'EAI_AGAIN', 'DNS request timed out', 'try again'.",
        who="network",
        steps=(
            (
                "Ask another name server the same question: `nslookup {smtp_server} 8.8.8.8`. If that one answers, "
                "{resolver} is down or blocked; if it does not, port 53 is closed for this machine."
            ),
            (
                "Look at {resolver} itself: its DNS service must run, and every firewall between must let UDP and TCP port 53 "
                "from this machine to it."
            ),
            (
                "If this machine should use another name server, configure that one: `Get-DnsClientServerAddress` shows the "
                "present ones (Linux: `$ resolvectl status`, in a container `$ cat /etc/resolv.conf`)."
            ),
            Step(
                "Compare the server's name with smtp.office365.com, without smtp:// in front and without blanks.",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` answers within a second, several times.",
        propagation="Immediately when the server answers or the firewall rule is active.",
        risk=(
            "A public name server sees every name the machine asks for and may not know internal ones; use it to "
            "compare, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", RFC_DNS_TCP),
        decide=(
            Step(
                "Check NET-01: does any name server answer, be it with a failure?",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="name lookups work over UDP but not over TCP",
        meaning="Short answers arrive, but port 53 over TCP is closed, so long answers are lost. "
        "Names then fail now and then, which looks like chance.",
        shows="Check BASIC-06 or OAUTH-07 fails for TCP while UDP answers; names fail only sometimes.",
        who="network",
        steps=(
            "Allow TCP port 53 outbound from this machine to its name server {resolver}; TCP is a required transport of DNS.",
            Step(
                "Try it: `Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` (Linux: `$ dig +tcp @{resolver} "
                "{smtp_server}`).",
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify="`Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` answers within a second, several times.",
        propagation="Immediately when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly` against the same question without -TcpOnly.",
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_udp_blocked",
        title="name lookups work over TCP but not over UDP",
        meaning="The firewall lets port 53 through over TCP only, while programs ask over UDP first. "
        "Every lookup is slow or fails.",
        shows="Check BASIC-06 or OAUTH-07 fails for UDP; lookups take many seconds.",
        who="network",
        steps=(
            "Allow UDP port 53 outbound from this machine to its name server {resolver}.",
            Step(
                "Try it: `Resolve-DnsName {smtp_server} -Server {resolver}` (Linux: `$ dig +notcp @{resolver} {smtp_server}`).",
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify="`Resolve-DnsName {smtp_server} -Server {resolver}` answers within a second.",
        propagation="Immediately when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly` answers while the same without -TcpOnly does not.",
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_hijacked",
        title="the name resolves to a private or foreign address",
        meaning="The name service answers, but with a private, local or foreign address. "
        "The application may then talk to a portal, a filter or a hosting provider.",
        shows=(
            "Check NET-04 fails: a private address, a sinkhole, or an address that a second name server does not give."
        ),
        who="network",
        steps=(
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "Look for an entry in the hosts file: `Select-String -Path $env:windir\\System32\\drivers\\etc\\hosts "
                "-Pattern office365` (Linux: `$ grep -i office365 /etc/hosts`) and remove it."
            ),
            "Have the internal zone, filter or provider rule that rewrites {smtp_server} removed for this machine.",
        ),
        verify=(
            "Both name servers give addresses from Microsoft's published ranges, and the greeting names "
            "outlook.office365.com."
        ),
        propagation="The time to live of the wrong answer, often an hour; `Clear-DnsClientCache` on the machine.",
        risk="A rewritten answer may be deliberate (a filter or relay): ask its owner before removing it.",
        source=(ENDPOINTS,),
        decide=(
            Step("Check NET-04: compare the system's answer with a second name server's.", answered_by=("NET-04",)),
        ),
    ),
)
