"""Causes between this machine and a declared server, up to its greeting."""

from typing import Final

from knowledge.cause import NOTHING, Cause
from knowledge.declared.sources import (
    DNS_TCP,
    FIND_IN_SERVER_LOG,
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
        meaning=(
            "The DNS lookup of {smtp_server} returns no address. Without an address the application cannot open a "
            "connection."
        ),
        shows="Texts such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN.",
        who="network",
        steps=(
            "Compare the name {smtp_server} in the settings with the one from its administrator.",
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "If only another name server returns an address, correct the name server that this machine uses (Linux: `$ "
                "resolvectl status`)."
            ),
            (
                "If none does, ask the administrator of the DNS zone of {smtp_server} whether the name exists for this network."
            ),
        ),
        verify="`Resolve-DnsName {smtp_server}` returns an address each time.",
        propagation="Immediately; a cached failure can last several minutes.",
        risk="A public name server may not know internal names: use it for comparison, not as a remedy.",
        source=(SMTP + "#section-5.1", DNS_TCP),
        decide=(
            Step(
                "Check NET-01, or `nslookup {smtp_server}` on the application's own machine.", answered_by=("NET-01",)
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="DNS lookups work over UDP but not over TCP",
        meaning=(
            "Short answers arrive, but port 53 is closed for TCP, so long answers are lost and lookups fail from time to "
            "time."
        ),
        shows="Check BASIC-06 or OAUTH-07 fails for TCP but not for UDP.",
        who="network",
        steps=(
            "Allow TCP port 53 outbound from this machine to its name servers.",
            Step(
                "Test it: `Resolve-DnsName {smtp_server} -TcpOnly` (Linux: `$ dig +tcp {smtp_server}`).",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify="The same command returns an address within a second, several times.",
        propagation="As soon as the firewall rule is active.",
        risk="None apart from the rule itself; limit it to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                "`Resolve-DnsName {smtp_server} -TcpOnly`, compared with the same command without -TcpOnly.",
                answered_by=("BASIC-06", "OAUTH-07"),
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
            "Allow UDP port 53 outbound from this machine to its name servers.",
            Step(
                "Test it: `Resolve-DnsName {smtp_server}` (Linux: `$ dig +notcp {smtp_server}`).",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify="The command returns an address within a second.",
        propagation="As soon as the firewall rule is active.",
        risk="None apart from the rule itself; limit it to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                (
                    "`Resolve-DnsName {smtp_server} -TcpOnly` returns an address, and the same command without -TcpOnly does not."
                ),
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
    ),
    Cause(
        id="port_blocked",
        title="the connection to the port is blocked",
        meaning=(
            "This machine cannot connect to {smtp_server} on port {port}. A firewall blocks the connection, or no service "
            "listens on that port."
        ),
        shows="Timeouts or 'connection refused' while the name resolves.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "If it fails here but works from another network, allow TCP to {smtp_server} port {port} outbound from this "
                "machine."
            ),
            "If it fails everywhere, ask the administrator of {smtp_server} whether the service runs and which port it listens on.",
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds on the application's own machine.",
        propagation="As soon as the firewall rule is active.",
        risk="Open the port to this server only, not to every destination.",
        source=(SUBMISSION, TLS_USE),
        decide=(
            PORT_TEST,
            "The same test from another network: it distinguishes a firewall here from a service that is not running.",
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning=(
            "The operating system has no route to the addresses of {smtp_server}, for IPv4, for IPv6, or for both."
        ),
        shows="Texts such as 'network is unreachable', 'no route to host', ENETUNREACH.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "Check the routes, and add the missing default gateway: `Get-NetRoute` (Linux: `$ ip route` and `$ ip -6 "
                "route`)."
            ),
            "If only IPv6 has no route, give the machine one, or configure the application to prefer IPv4.",
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds.",
        propagation="Immediately.",
        risk="A route changes the path of other traffic as well: ask the network team.",
        source=(SMTP + "#section-5.1",),
        decide=(Step("Check NET-03: the result for each address.", answered_by=("NET-02", "NET-03")),),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or the port in the settings is not the one for submission",
        meaning=(
            "The sender's SMTP Server is {smtp_server} and its Port is {port}. The table [custom] of the settings declares "
            "another service, or no service on that port offers SMTP with STARTTLS."
        ),
        shows="Another greeting, a certificate for another name, a port with implicit TLS, or a timeout.",
        who="sender",
        steps=(
            (
                "Ask the administrator of the mail service for the host name and the port for submission with STARTTLS "
                "(usually 587)."
            ),
            (
                "Enter both in the application and in the sender's table, and enter the same under [custom] in the settings of "
                "this suite."
            ),
            "Enter the host name, not its IP address: the certificate is checked against the name.",
        ),
        verify="Checks BASIC-07 or NET-05, NET-02 and SMTP-01 pass.",
        propagation="As soon as the application has read its settings.",
        risk=(
            "Credentials are sent to the host that is entered: get the name from the administrator, not from a web search."
        ),
        source=(SUBMISSION, TLS_USE),
        decide=(
            (
                "Compare the server and the port in the application with those from the administrator of the mail service."
            ),
        ),
    ),
    Cause(
        id="smtp_intercepted",
        title="a device on the network path, or another service, replies instead of the server",
        meaning=(
            "The reply from {smtp_server} port {port} is not that of an SMTP submission server. The usual reason is a "
            "firewall with mail inspection, a proxy, or another service on that port."
        ),
        shows=(
            "No greeting, a greeting that is not SMTP, STARTTLS or AUTH not offered, a connection that closes in the "
            "middle of the dialogue."
        ),
        who="network",
        steps=(
            "Compare with another network: `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}`.",
            (
                "If the dialogue is different there, switch the mail inspection (ESMTP fixup, SMTP proxy, mail shield) off for "
                "this destination."
            ),
            (
                "If it is the same everywhere, ask the administrator of {smtp_server} which service listens on port {port}."
            ),
        ),
        verify="Checks SMTP-01, SMTP-02 and SMTP-03 pass from this machine.",
        propagation="As soon as the rule is active.",
        risk="The inspection may be deliberate: ask its owner, and switch it off for this destination only.",
        source=(SMTP + "#section-4.3", STATUS),
        decide=(
            (
                "The same dialogue from another network: if it is different, a device in this network changes it; if not, the "
                "server itself does."
            ),
            Step("Check SMTP-01: the first line that the server sends on that port.", answered_by=("SMTP-01",)),
        ),
    ),
    Cause(
        id="ehlo_name_invalid",
        title="the server refuses the host name that the client sends in EHLO",
        meaning=(
            "The server does not accept the name that the client sends in EHLO. RFC 5321 requires a full host name or an "
            "address literal."
        ),
        shows="501, 504, 550 or 553 to EHLO or HELO.",
        who="sender",
        steps=(
            (
                "Configure the client to send a full host name, or an address in brackets such as [192.0.2.10]; in this suite: "
                "ehlo_name under [network]."
            ),
            "If the format is right, ask the administrator of {smtp_server} which names the server accepts.",
        ),
        verify="The server replies 250 to EHLO.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.1.1",),
        decide=("The reply to EHLO, and the name that the client sent.",),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning=(
            "Certificates and tokens are valid for a limited time, and this machine's clock differs from the servers'."
        ),
        shows="Certificates 'not yet valid' or 'expired', new tokens that are refused.",
        who="sender",
        steps=("Synchronise the clock over the network: `w32tm /resync` (Linux: `$ timedatectl`).",),
        verify="Check HOST-04 passes.",
        propagation="Immediately.",
        risk="A sudden clock change can disrupt scheduled jobs.",
        source=("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",),
        decide=(Step("Check HOST-04: this machine's clock, compared with the servers'.", answered_by=("HOST-04",)),),
    ),
    Cause(
        id="service_side_fault",
        title="the server reports a fault of its own or stops replying",
        meaning=(
            "{smtp_server} reported a fault of its own, or stopped replying in the middle of the dialogue. Nothing in the "
            "sender's settings explains this."
        ),
        shows="421, 451, 452, 454 or 4.3.x, or a connection that ends without a reply.",
        who="server",
        steps=("Retry after a few minutes.", FIND_IN_SERVER_LOG),
        verify="The server accepts the same message later, without a change to the settings.",
        propagation="When the administrator has resolved the fault.",
        risk="Do not change the sender's settings in the meantime: they are not the reason.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG, "A second run after some minutes, and one from another network."),
    ),
)
