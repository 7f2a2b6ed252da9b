"""Causes that concern the connection up to the server's greeting, for a declared service."""

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
        meaning=("The DNS lookup of {smtp_server} returns no address, so the application cannot open a connection."),
        shows="Error messages contain 'getaddrinfo failed', 'no such host is known', ENOTFOUND or EAI_AGAIN.",
        who="network",
        steps=(
            "Ask the administrator of the mail server whether {smtp_server} is the right name.",
            NAME_LOOKUP,
            NAME_ELSEWHERE,
            (
                "If only the other name server returns an address, correct the list of name servers on this "
                "machine (Linux: `$ resolvectl status` shows it)."
            ),
            (
                "If no name server returns an address, ask the administrator of the DNS zone of {smtp_server} "
                "whether the name can be resolved from this network."
            ),
        ),
        verify="`Resolve-DnsName {smtp_server}` returns an address several times in a row.",
        propagation="Immediately, or after several minutes if the failure is cached.",
        risk="A public name server cannot resolve internal names: use one only to compare the answers.",
        source=(SMTP + "#section-5.1", DNS_TCP),
        decide=(
            Step(
                "See the result of check NET-01, or run `nslookup {smtp_server}` on the application's own machine.",
                answered_by=("NET-01",),
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="DNS lookups work over UDP but not over TCP",
        meaning=(
            "Port 53 is blocked for TCP. Short answers arrive over UDP, but long answers need TCP, so some "
            "lookups fail."
        ),
        shows="Check BASIC-06 or OAUTH-07 fails for TCP but not for UDP.",
        who="network",
        steps=(
            "Allow TCP port 53 outbound from this machine to its name servers.",
            Step(
                (
                    "Test the lookup over TCP: `Resolve-DnsName {smtp_server} -TcpOnly` (Linux: `$ dig +tcp "
                    "{smtp_server}`)."
                ),
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify=("`Resolve-DnsName {smtp_server} -TcpOnly` returns an address within a second, several times in a row."),
        propagation="As soon as the firewall rule is active.",
        risk="Limit the rule to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                (
                    "Run `Resolve-DnsName {smtp_server} -TcpOnly`, then the same command without -TcpOnly: does only the second "
                    "one return an address?"
                ),
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
    ),
    Cause(
        id="dns_udp_blocked",
        title="DNS lookups work over TCP but not over UDP",
        meaning="A firewall allows only TCP on port 53, but programs try UDP first. Every lookup is slow or fails.",
        shows="Check BASIC-06 or OAUTH-07 fails for UDP, and lookups take many seconds.",
        who="network",
        steps=(
            "Allow UDP port 53 outbound from this machine to its name servers.",
            Step(
                "Test the lookup over UDP: `Resolve-DnsName {smtp_server}` (Linux: `$ dig +notcp {smtp_server}`).",
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
        verify="`Resolve-DnsName {smtp_server}` returns an address within a second.",
        propagation="As soon as the firewall rule is active.",
        risk="Limit the rule to the configured name servers.",
        source=(DNS_TCP,),
        decide=(
            Step(
                (
                    "Run `Resolve-DnsName {smtp_server} -TcpOnly`, then the same command without -TcpOnly: does only the first "
                    "one return an address?"
                ),
                answered_by=("BASIC-06", "OAUTH-07"),
            ),
        ),
    ),
    Cause(
        id="port_blocked",
        title="the server's port is blocked or closed",
        meaning=(
            "This machine cannot connect to {smtp_server} on port {port}. A firewall blocks the connection, or no service "
            "listens on that port."
        ),
        shows="The name resolves, but the connection times out or is refused.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "If the test fails here but succeeds from another network, allow outbound TCP from this machine "
                "to {smtp_server}, port {port}."
            ),
            (
                "If the test fails everywhere, ask the administrator of {smtp_server} whether the service is "
                "running and which port it listens on."
            ),
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds on the application's own machine.",
        propagation="As soon as the firewall rule is active.",
        risk="Open the port to this server only, not to every destination.",
        source=(SUBMISSION, TLS_USE),
        decide=(
            PORT_TEST,
            (
                "Repeat the test from another network. If it succeeds there, a firewall blocks the connection "
                "here; if not, the service is probably not running."
            ),
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning=("The operating system has no route to the addresses of {smtp_server} over IPv4, IPv6 or both."),
        shows="Error messages contain 'network is unreachable', 'no route to host' or ENETUNREACH.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "List the routes with `Get-NetRoute` (Linux: `$ ip route` and `$ ip -6 route`), and add the "
                "default gateway if it is missing."
            ),
            "If only the IPv6 route is missing, add one, or configure the application to prefer IPv4.",
        ),
        verify="`Test-NetConnection -ComputerName {smtp_server} -Port {port}` succeeds.",
        propagation="Immediately.",
        risk="A new route can also change the path of other traffic: ask the network team first.",
        source=(SMTP + "#section-5.1",),
        decide=(Step("See check NET-03, which shows the result for each address.", answered_by=("NET-02", "NET-03")),),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or the port in the settings is wrong",
        meaning=(
            "The sender uses {smtp_server}, port {port}. Either [custom] in the settings declares a different "
            "server or port, or no service on that port offers SMTP with STARTTLS."
        ),
        shows=(
            "The greeting comes from a different server, the certificate is for a different name, the port uses "
            "implicit TLS, or the connection times out."
        ),
        who="sender",
        steps=(
            (
                "Ask the administrator of the mail service for the host name and the port for submission with STARTTLS "
                "(usually 587)."
            ),
            (
                "Enter the host name and the port in the application. In the settings of this suite, enter them in the "
                "sender's table and under [custom]."
            ),
            "Enter the server's host name, not its IP address: the certificate must match the name.",
        ),
        verify="Checks NET-02 and SMTP-01 pass, and so does BASIC-07 (for OAuth: NET-05).",
        propagation="As soon as the application has reloaded its settings.",
        risk=(
            "The application sends its credentials to this host: get the name from the administrator, not "
            "from a web search."
        ),
        source=(SUBMISSION, TLS_USE),
        decide=(
            (
                "Ask the administrator of the mail service for the server and the port, and compare them with "
                "those in the application."
            ),
        ),
    ),
    Cause(
        id="smtp_intercepted",
        title="a device on the network path, or another service, replies instead of the server",
        meaning=(
            "The reply from {smtp_server}, port {port}, is not one that an SMTP submission server sends. It "
            "usually comes from a firewall with mail inspection, a proxy, or a different service on that port."
        ),
        shows=(
            "No greeting arrives, the greeting is not SMTP, STARTTLS or AUTH is not offered, or the connection "
            "closes in the middle of the dialogue."
        ),
        who="network",
        steps=(
            (
                "Run `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}` on this machine and on "
                "another network, and compare the dialogues."
            ),
            (
                "If the dialogues differ, switch off mail inspection (ESMTP fixup, SMTP proxy, mail shield) for "
                "this destination."
            ),
            (
                "If the dialogue is the same everywhere, ask the administrator of {smtp_server} which service "
                "listens on port {port}."
            ),
        ),
        verify="Checks SMTP-01, SMTP-02 and SMTP-03 pass from this machine.",
        propagation="As soon as the rule is active.",
        risk="The inspection may be deliberate: ask the network team first, and switch it off for this destination only.",
        source=(SMTP + "#section-4.3", STATUS),
        decide=(
            (
                "Compare the dialogue with one from another network. If they differ, a device on this network "
                "changes the replies; if not, the replies come from the server itself."
            ),
            Step(
                "See check SMTP-01, which shows the first line that the server sends on that port.",
                answered_by=("SMTP-01",),
            ),
        ),
    ),
    Cause(
        id="ehlo_name_invalid",
        title="the server refuses the host name that the client sends in EHLO",
        meaning=(
            "RFC 5321 requires a fully qualified host name or an address literal after EHLO. The server does not "
            "accept the name that this client sends."
        ),
        shows="The reply to EHLO or HELO is 501, 504, 550 or 553.",
        who="sender",
        steps=(
            (
                "Configure the client to send a fully qualified host name, or an address in brackets such as "
                "[192.0.2.10]. In the settings of this suite, enter it as ehlo_name under [network]."
            ),
            "If the server refuses that name too, ask the administrator of {smtp_server} which names it accepts.",
        ),
        verify="The server replies 250 to EHLO.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.1.1",),
        decide=("Compare the name that the client sent with the reply to EHLO.",),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning=(
            "This machine's clock differs from the servers' clocks, so certificates and tokens can appear "
            "expired or not yet valid."
        ),
        shows="Certificates are reported as 'not yet valid' or 'expired', or new tokens are refused.",
        who="sender",
        steps=("Synchronise the clock over the network: `w32tm /resync` (Linux: `$ timedatectl set-ntp true`).",),
        verify="Check HOST-04 passes.",
        propagation="Immediately.",
        risk="A sudden clock change can disrupt scheduled jobs.",
        source=("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",),
        decide=(
            Step(
                "See check HOST-04, which compares this machine's clock with the servers' clocks.",
                answered_by=("HOST-04",),
            ),
        ),
    ),
    Cause(
        id="service_side_fault",
        title="the server reports an internal error or stops replying",
        meaning=(
            "{smtp_server} reported an internal error, or stopped replying in the middle of the dialogue. Nothing "
            "in the sender's settings explains this."
        ),
        shows="The reply is 421, 451, 452 or 454 or contains 4.3.x, or the connection ends without a reply.",
        who="server",
        steps=("Retry after a few minutes.", FIND_IN_SERVER_LOG),
        verify="The server accepts the same message later, without a change to the settings.",
        propagation="When the administrator has resolved the problem.",
        risk="Do not change the sender's settings in the meantime: they are not the cause.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG, "Run the checks again after a few minutes, and from another network."),
    ),
)
