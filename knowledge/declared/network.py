"""Causes on the way to a declared server, up to and including its greeting."""

from typing import Final

from knowledge.cause import NOTHING, Cause
from knowledge.declared.sources import (
    ASK_SERVER,
    DNS_TCP,
    NAME_ELSEWHERE,
    NAME_LOOKUP,
    PORT_TEST,
    SERVER_LOG,
    SMTP,
    STATUS,
    SUBMISSION,
    TLS_USE,
)
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="dns_failure",
        title="the server's name does not resolve",
        meaning="The application asks the name service for the address of {smtp_server} and gets none. Without an address no "
        "connection is tried.",
        shows="Texts such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN.",
        who="network",
        steps=(
            "Compare the name {smtp_server} in the settings with the one that its administrator gives.",
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            "If only another name server answers, correct the one that this machine is configured with (Linux: `$ resolvectl status`).",
            "If none answers, ask the administrator of the zone that {smtp_server} is in whether the name exists for this network.",
        ),
        verify="`Resolve-DnsName {smtp_server}` returns an address each time.",
        propagation="Immediately; a remembered failure can live for some minutes.",
        risk="A public name server may not know internal names; use it to compare, not as the remedy.",
        source=(SMTP + "#section-5.1", DNS_TCP),
        decide=(
            Step(
                "Check NET-01, or `nslookup {smtp_server}` on the application's own machine.", answered_by=("NET-01",)
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="name lookups work over UDP but not over TCP",
        meaning="Short answers arrive, but port 53 over TCP is closed, so long answers are lost and names fail now and then.",
        shows="Check BASIC-06 or OAUTH-07 fails for TCP while UDP answers.",
        who="network",
        steps=(
            "Allow TCP port 53 outbound from this machine to its name servers.",
            Step(
                "Try it: `Resolve-DnsName {smtp_server} -TcpOnly` (Linux: `$ dig +tcp {smtp_server}`).",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify="The same command answers within a second, several times.",
        propagation="Immediately when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly` against the same question without -TcpOnly.",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
    ),
    Cause(
        id="dns_udp_blocked",
        title="name lookups work over TCP but not over UDP",
        meaning="The firewall lets port 53 through over TCP only, while programs ask over UDP first. Every lookup is slow or fails.",
        shows="Check BASIC-06 or OAUTH-07 fails for UDP; lookups take many seconds.",
        who="network",
        steps=(
            "Allow UDP port 53 outbound from this machine to its name servers.",
            Step(
                "Try it: `Resolve-DnsName {smtp_server}` (Linux: `$ dig +notcp {smtp_server}`).",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify="The command answers within a second.",
        propagation="Immediately when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly` answers while the same without -TcpOnly does not.",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
    ),
    Cause(
        id="port_blocked",
        title="the connection to the port is blocked",
        meaning="A connection from this machine to {smtp_server} on port {port} does not come about. "
        "A firewall is in between, or no service listens on that port.",
        shows="Timeouts or 'connection refused' while the name resolves.",
        who="network",
        steps=(
            PORT_TEST,
            "If it fails here and works from another network, allow TCP to {smtp_server} port {port} outbound from this machine.",
            "If it fails everywhere, ask the administrator of {smtp_server} whether the service runs and which port it listens on.",
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds on the application's own machine.",
        propagation="Immediately when the firewall rule is active.",
        risk="Open the port to this server alone, not to every destination.",
        source=(SUBMISSION, TLS_USE),
        decide=(
            PORT_TEST,
            "The same test from another network: it tells a firewall here from a service that does not run.",
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning="The operating system has no way to the addresses of {smtp_server}, for IPv4, for IPv6, or for both.",
        shows="Texts such as 'network is unreachable', 'no route to host', ENETUNREACH.",
        who="network",
        steps=(
            PORT_TEST,
            "Look at the routes: `Get-NetRoute` (Linux: `$ ip route` and `$ ip -6 route`), and add the missing default gateway.",
            "If only IPv6 has no route, give the machine one, or make the application prefer IPv4.",
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds.",
        propagation="Immediately.",
        risk="A route changes the path of other traffic as well; ask the network team.",
        source=(SMTP + "#section-5.1",),
        decide=(Step("Check NET-03: each address and what became of it.", answered_by=("NET-02", "NET-03")),),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or port in the settings is not the one for submission",
        meaning="The sender's SMTP Server is {smtp_server} and its Port is {port}. The table [custom] of the settings declares another "
        "service, or nothing on that port speaks SMTP with STARTTLS.",
        shows="Another greeting, a certificate for another name, a port that speaks TLS at once, or no answer.",
        who="sender",
        steps=(
            "Ask the administrator of the mail service for the host name and the port for submission with STARTTLS (most often 587).",
            "Enter both in the application and in the sender's table, and the same under [custom] in the settings of this suite.",
            "Write the host name, not its address: the certificate is checked against the name.",
        ),
        verify="Checks BASIC-07 or NET-05, NET-02 and SMTP-01 pass.",
        propagation="Immediately, after the application has read its settings.",
        risk="A credential goes to the host that is entered: take the name from the administrator, not from a search.",
        source=(SUBMISSION, TLS_USE),
        decide=("Compare server and port in the application with what the administrator of the mail service gives.",),
    ),
    Cause(
        id="smtp_intercepted",
        title="something on the way, or another service, answers in the server's place",
        meaning="What answers at {smtp_server} port {port} does not behave as an SMTP submission server. "
        "A firewall with mail inspection, a proxy, or another service on that port are the usual reasons.",
        shows="No greeting, a greeting that is no SMTP, STARTTLS or AUTH missing from the list, a connection cut in the middle.",
        who="network",
        steps=(
            "Compare from another network: `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}`.",
            "If it differs there, have the mail inspection (ESMTP fixup, SMTP proxy, mail shield) taken off for this destination.",
            "If it is the same everywhere, ask the administrator of {smtp_server} what listens on port {port}.",
        ),
        verify="Checks SMTP-01, SMTP-02 and SMTP-03 pass from this machine.",
        propagation="Immediately when the rule is active.",
        risk="An inspection may be deliberate: ask its owner, and take it off for this destination only.",
        source=(SMTP + "#section-4.3", STATUS),
        decide=(
            "The same dialogue from another network: if it differs, something between meddles; if not, it is the server itself.",
            Step("Check SMTP-01: the first line that the server sends on that port.", answered_by=("SMTP-01",)),
        ),
    ),
    Cause(
        id="ehlo_name_invalid",
        title="the name that the client gives in EHLO is refused",
        meaning="The server does not accept the name with which the client greets. RFC 5321 asks for a full host name or an "
        "address literal.",
        shows="501, 504, 550 or 553 to EHLO or HELO.",
        who="sender",
        steps=(
            "Give the client a full host name, or an address in brackets such as [192.0.2.10]; here: ehlo_name under [network].",
            "If the form is right, ask the administrator of {smtp_server} which names are accepted.",
        ),
        verify="EHLO is answered with 250.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.1.1",),
        decide=("The reply to EHLO, and the name that was given.",),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning="Certificates and tokens are judged by the clock, and this machine's differs from the servers'.",
        shows="Certificates 'not yet valid' or 'expired', tokens refused although they are new.",
        who="sender",
        steps=("Set the clock by the network: `w32tm /resync` (Linux: `$ timedatectl`).",),
        verify="Check HOST-04 passes.",
        propagation="Immediately.",
        risk="A jump of the clock can disturb scheduled jobs.",
        source=("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",),
        decide=(Step("Check HOST-04: this machine's clock against the servers'.", answered_by=("HOST-04",)),),
    ),
    Cause(
        id="service_side_fault",
        title="the server itself reports a fault, or answers no longer",
        meaning="{smtp_server} answered with a fault of its own, or stopped answering in the middle. Nothing in the sender's "
        "settings explains it.",
        shows="421, 451, 452, 454 or 4.3.x, or a connection that ends without a reply.",
        who="server",
        steps=("Try again in a few minutes.", ASK_SERVER),
        verify="The same message is accepted later without a change here.",
        propagation="Until the administrator has repaired it.",
        risk="Do not change the sender's settings meanwhile: they are not the reason.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG, "A second run some minutes later, and one from another network."),
    ),
)
