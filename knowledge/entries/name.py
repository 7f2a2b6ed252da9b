"""Causes that concern the DNS lookup of the server's name."""

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
NAME_ELSEWHERE: Final = "Look up the name at another name server: `nslookup {smtp_server} 8.8.8.8`."
_BOTH_TRANSPORTS: Final = ("BASIC-06", "OAUTH-07")

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="dns_failure",
        title="the server's name does not resolve",
        meaning="The DNS lookup of {smtp_server} returns no address, so the application cannot open a connection.",
        shows="Messages such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN, error 11001.",
        who="network",
        steps=(
            Step(
                "Check the spelling: Microsoft's host is smtp.office365.com, without smtp:// and without spaces.",
                answered_by=("BASIC-07", "NET-05"),
            ),
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "If only the other name server resolves the name, repair or replace the machine's own name server. "
                "To see which one is configured, run `Get-DnsClientServerAddress` (Linux: `$ resolvectl status`)."
            ),
            "If neither name server replies, allow outbound UDP and TCP port 53 from this machine to its name servers.",
            "In a container, check the container's own resolver configuration: `$ cat /etc/resolv.conf`.",
        ),
        verify="`Resolve-DnsName {smtp_server}` returns Microsoft's addresses ten times in a row.",
        propagation="Immediately. A failed lookup can stay in the cache for several minutes; `Clear-DnsClientCache` clears it.",
        risk=(
            "A public name server sees every name that the machine looks up, and may not resolve internal names: "
            "use one for comparison, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", ENDPOINTS, RFC_DNS_TCP),
        decide=(
            Step(
                (
                    "Run check NET-01, or `nslookup {smtp_server}` on the application's own machine: if it returns an "
                    "address, DNS works."
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
            "The machine asks {resolver} for the address of {smtp_server} and gets no answer over UDP or TCP. "
            "The name itself may be right."
        ),
        shows="Every query times out; messages such as 'EAI_AGAIN', 'DNS request timed out', 'try again'.",
        who="network",
        steps=(
            (
                "Look up the name at another name server: `nslookup {smtp_server} 8.8.8.8`. If it answers, "
                "{resolver} is down or blocked; if not, port 53 is closed for this machine."
            ),
            (
                "On {resolver}, make sure that the DNS service is running. Allow UDP and TCP port 53 from this "
                "machine to it in every firewall on the path."
            ),
            (
                "If this machine should use a different name server, configure it. To see which ones are configured, "
                "run `Get-DnsClientServerAddress` (Linux: `$ resolvectl status`; in a container: `$ cat "
                "/etc/resolv.conf`)."
            ),
            Step(
                "Check the spelling: Microsoft's host is smtp.office365.com, without smtp:// and without spaces.",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
        verify="`nslookup {smtp_server} {resolver}` returns an address within a second, several times in a row.",
        propagation="As soon as the name server answers or the firewall rule is active.",
        risk=(
            "A public name server sees every name that the machine looks up, and may not resolve internal names: "
            "use one for comparison, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", RFC_DNS_TCP),
        decide=(
            Step(
                "Run check NET-01: does any name server answer, even with an error?",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="DNS lookups work over UDP but not over TCP",
        meaning=(
            "Port 53 is closed for TCP. Short answers arrive over UDP, but long ones need TCP and are lost, so "
            "lookups fail intermittently."
        ),
        shows="BASIC-06 or OAUTH-07 fails for TCP but not for UDP; lookups fail intermittently.",
        who="network",
        steps=(
            "Allow outbound TCP port 53 from this machine to its name server {resolver}: DNS requires TCP as well as UDP.",
            Step(
                (
                    "Test the lookup: `Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` (Linux: `$ dig +tcp "
                    "@{resolver} {smtp_server}`)."
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify=(
            "`Resolve-DnsName {smtp_server} -Server {resolver} -TcpOnly` returns an address within a second, "
            "several times in a row."
        ),
        propagation="As soon as the firewall rule is active.",
        risk="None, if the rule allows the configured name servers only.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                (
                    "Run `Resolve-DnsName {smtp_server} -TcpOnly`, then the same command without -TcpOnly: does only the second "
                    "one return an address?"
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_udp_blocked",
        title="DNS lookups work over TCP but not over UDP",
        meaning="The firewall allows port 53 for TCP only, but programs try UDP first. Every lookup is slow or fails.",
        shows="BASIC-06 or OAUTH-07 fails for UDP; lookups take many seconds.",
        who="network",
        steps=(
            "Allow outbound UDP port 53 from this machine to its name server {resolver}.",
            Step(
                (
                    "Test the lookup: `Resolve-DnsName {smtp_server} -Server {resolver}` (Linux: `$ dig +notcp "
                    "@{resolver} {smtp_server}`)."
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
        verify="`Resolve-DnsName {smtp_server} -Server {resolver}` returns an address within a second.",
        propagation="As soon as the firewall rule is active.",
        risk="None, if the rule allows the configured name servers only.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=(
            Step(
                (
                    "Run `Resolve-DnsName {smtp_server} -TcpOnly`, then the same command without -TcpOnly: does only the first "
                    "one return an address?"
                ),
                answered_by=_BOTH_TRANSPORTS,
            ),
        ),
    ),
    Cause(
        id="dns_hijacked",
        title="the name resolves to a private or unexpected address",
        meaning=(
            "DNS returns a private address, a loopback address or one that does not belong to Microsoft. The "
            "application may therefore connect to a captive portal, a filter or a hosting provider."
        ),
        shows="NET-04 fails: a private address, a sinkhole, or an address that a second name server does not return.",
        who="network",
        steps=(
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "Look for an entry for this name in the hosts file, and remove it: `Select-String -Path "
                '"$env:windir\\System32\\drivers\\etc\\hosts" -Pattern office365` (Linux: `$ grep -i office365 '
                "/etc/hosts`)."
            ),
            (
                "Remove the internal DNS zone, filter or provider rule that changes the address of {smtp_server} for "
                "this machine."
            ),
        ),
        verify=(
            "Both name servers return addresses from Microsoft's published ranges, and the greeting contains "
            "outlook.office365.com."
        ),
        propagation=(
            "When the TTL of the wrong answer expires, often after an hour; `Clear-DnsClientCache` clears the "
            "machine's cache."
        ),
        risk=(
            "Someone may have redirected the name deliberately, to a filter or a relay: ask the person who set this "
            "up before you remove the redirection."
        ),
        source=(ENDPOINTS,),
        decide=(
            Step(
                "Run check NET-04: do the machine's own name server and a second one return the same addresses?",
                answered_by=("NET-04",),
            ),
        ),
    ),
)
