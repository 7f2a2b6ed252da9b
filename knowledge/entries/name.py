"""Causes in the DNS lookup of the server's name."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import ENDPOINTS, FAQ, RFC_DNS_TCP
from knowledge.step import Step

NAME_LOOKUP: Final = Step(
    (
        "Look up the name on the application's own machine: `nslookup {smtp_server}` (Linux: `$ getent hosts "
        "{smtp_server}`)."
    ),
    answered_by=("NET-01",),
)
NAME_ELSEWHERE: Final = "Look it up at another name server: `nslookup {smtp_server} 8.8.8.8`."
_BOTH_TRANSPORTS: Final = ("BASIC-06", "OAUTH-07")

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="dns_failure",
        title="the server's name does not resolve",
        meaning=(
            "The DNS lookup of {smtp_server} returns no address. Without an address the application cannot open a "
            "connection."
        ),
        shows="Texts such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN, error 11001.",
        who="network",
        steps=(
            Step(
                (
                    "Check the spelling first: Microsoft's host is smtp.office365.com, without smtp:// and without spaces."
                ),
                answered_by=("BASIC-07", "NET-05"),
            ),
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "If only the other name server knows the name, repair or replace the machine's own name server. See which one "
                "is configured: `Get-DnsClientServerAddress` (Linux: `$ resolvectl status`)."
            ),
            "If neither replies, open port 53 outbound, UDP and TCP, from this machine to its name servers.",
            "In a container, check its own resolver configuration: `$ cat /etc/resolv.conf`.",
        ),
        verify="`Resolve-DnsName {smtp_server}` returns several of Microsoft's addresses, ten times out of ten.",
        propagation="Immediately; a cached failure can last several minutes: `Clear-DnsClientCache`.",
        risk=(
            "A public name server sees every name that the machine looks up and may not know internal names: use it to "
            "compare, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", ENDPOINTS, RFC_DNS_TCP),
        decide=(
            Step(
                (
                    "Check NET-01, or `nslookup {smtp_server}` on the application's own machine: if it returns an address, DNS "
                    "works."
                ),
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="name_server_silent",
        title="the name server does not answer",
        headline="the name server {resolver} does not answer",
        meaning=(
            "The machine queries {resolver} for the address of {smtp_server} and gets no answer, neither over UDP nor over "
            "TCP. The name may be right."
        ),
        shows="Every query times out; texts such as 'EAI_AGAIN', 'DNS request timed out', 'try again'.",
        who="network",
        steps=(
            (
                "Look up the name at another name server: `nslookup {smtp_server} 8.8.8.8`. If that one answers, {resolver} is "
                "down or blocked; if not, port 53 is closed for this machine."
            ),
            (
                "Check {resolver} itself: its DNS service must run, and every firewall on the path must allow UDP and TCP port "
                "53 from this machine to it."
            ),
            (
                "If this machine should use another name server, configure that one. See which ones are configured: "
                "`Get-DnsClientServerAddress` (Linux: `$ resolvectl status`, in a container `$ cat /etc/resolv.conf`)."
            ),
            Step(
                "Compare the server's name with smtp.office365.com, without smtp:// and without spaces.",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` returns an address within a second, several times.",
        propagation="As soon as the server answers or the firewall rule is active.",
        risk=(
            "A public name server sees every name that the machine looks up and may not know internal names: use it to "
            "compare, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", RFC_DNS_TCP),
        decide=(
            Step(
                "Check NET-01: does any name server answer, even with an error?",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="DNS lookups work over UDP but not over TCP",
        meaning=(
            "Short answers arrive, but port 53 is closed for TCP, so long answers are lost. Lookups then fail from time to "
            "time."
        ),
        shows="Check BASIC-06 or OAUTH-07 fails for TCP but not for UDP; lookups fail only sometimes.",
        who="network",
        steps=(
            (
                "Allow TCP port 53 outbound from this machine to its name server {resolver}; DNS requires TCP as well as UDP."
            ),
            Step(
                (
                    "Test it: `Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` (Linux: `$ dig +tcp @{resolver} "
                    "{smtp_server}`)."
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify=(
            "`Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` returns an address within a second, several times."
        ),
        propagation="As soon as the firewall rule is active.",
        risk="None apart from the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly`, compared with the same command without -TcpOnly.",
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_udp_blocked",
        title="DNS lookups work over TCP but not over UDP",
        meaning="The firewall allows port 53 for TCP only, but programs use UDP first. Every lookup is slow or fails.",
        shows="Check BASIC-06 or OAUTH-07 fails for UDP; lookups take many seconds.",
        who="network",
        steps=(
            "Allow UDP port 53 outbound from this machine to its name server {resolver}.",
            Step(
                (
                    "Test it: `Resolve-DnsName {smtp_server} -Server {resolver}` (Linux: `$ dig +notcp @{resolver} {smtp_server}`)."
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify="`Resolve-DnsName {smtp_server} -Server {resolver}` returns an address within a second.",
        propagation="As soon as the firewall rule is active.",
        risk="None apart from the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                (
                    "`Resolve-DnsName {smtp_server} -TcpOnly` returns an address, and the same command without -TcpOnly does not."
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_hijacked",
        title="the name resolves to a private or foreign address",
        meaning=(
            "DNS returns a private, local or foreign address. The application may then connect to a portal, a filter or a "
            "hosting provider."
        ),
        shows=(
            "Check NET-04 fails: a private address, a sinkhole, or an address that a second name server does not return."
        ),
        who="network",
        steps=(
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "Look for an entry in the hosts file and remove it: `Select-String -Path "
                "$env:windir\\System32\\drivers\\etc\\hosts -Pattern office365` (Linux: `$ grep -i office365 /etc/hosts`)."
            ),
            "Remove the internal zone, filter or provider rule that rewrites {smtp_server} for this machine.",
        ),
        verify=(
            "Both name servers return addresses from Microsoft's published ranges, and the greeting names "
            "outlook.office365.com."
        ),
        propagation=(
            "After the TTL of the wrong answer, often an hour; `Clear-DnsClientCache` clears the machine's cache."
        ),
        risk="The rewriting may be deliberate (a filter or a relay): ask its owner before you remove it.",
        source=(ENDPOINTS,),
        decide=(
            Step(
                "Check NET-04: the machine's own answer, compared with that of a second name server.",
                answered_by=("NET-04",),
            ),
        ),
    ),
)
