"""Causes on the way to the server, up to and including its greeting; TLS is in `tls`."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import DEVICE, ENDPOINTS, FAQ, RFC_DNS_TCP, RFC_SMTP, RFC_SUBMISSION, TROUBLE

NAME_LOOKUP: Final = (
    "On the application's own machine: `nslookup {smtp_server}`, then the same question to another server: "
    "`nslookup {smtp_server} 8.8.8.8` (Linux: `$ getent hosts {smtp_server}`)."
)
PORT_TEST: Final = (
    "On the application's own machine: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` "
    "(Linux: `$ nc -vz {smtp_server} {port}`)."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="dns_failure",
        title="the server's name does not resolve",
        meaning="The application asks the name service for the address of {smtp_server} and gets none. "
        "Without an address no connection is even tried.",
        shows="Texts such as 'getaddrinfo failed', 'no such host is known', ENOTFOUND, EAI_AGAIN, error 11001.",
        who="network",
        steps=(
            (
                "Check the spelling first: Microsoft's name is smtp.office365.com, without smtp:// in front and "
                "without blanks."
            ),
            NAME_LOOKUP,
            (
                "If only the second question is answered, the machine's own name server is at fault: read which one is "
                "configured with `Get-DnsClientServerAddress` (Linux: `$ resolvectl status`) and have it mended or "
                "replaced."
            ),
            "If neither is answered, open port 53 outbound, UDP and TCP, from this machine to its name servers.",
            "In a container, look at its own resolver file: `$ cat /etc/resolv.conf`.",
        ),
        verify="`Resolve-DnsName {smtp_server}` returns several addresses of Microsoft's, ten times out of ten.",
        propagation="At once; a remembered failure can live for some minutes: `Clear-DnsClientCache`.",
        risk=(
            "A public name server sees every name the machine asks for and may not know internal ones; use it to "
            "compare, not as the remedy."
        ),
        source=(FAQ + ", DNS Resolution Issues", ENDPOINTS, RFC_DNS_TCP),
        decide=(
            (
                "Check NET-01, or `nslookup {smtp_server}` on the application's own machine: an answer clears the name "
                "service."
            ),
        ),
    ),
    Cause(
        id="dns_tcp_blocked",
        title="name lookups work over UDP but not over TCP",
        meaning="Short answers arrive, but port 53 over TCP is closed, so long answers are lost. "
        "Names then fail now and then, which looks like chance.",
        shows="Check BASIC-06 or OAUTH-07 is red for TCP while UDP answers; names fail only sometimes.",
        who="network",
        steps=(
            "Allow TCP port 53 outbound from this machine to its name servers; TCP is a required transport of DNS.",
            "Try it: `Resolve-DnsName {smtp_server} -TcpOnly` (Linux: `$ dig +tcp {smtp_server}`).",
        ),
        verify="The same command answers within a second, several times.",
        propagation="At once when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=("`Resolve-DnsName {smtp_server} -TcpOnly` against the same question without -TcpOnly.",),
    ),
    Cause(
        id="dns_udp_blocked",
        title="name lookups work over TCP but not over UDP",
        meaning="The firewall lets port 53 through over TCP only, while programs ask over UDP first. "
        "Every lookup is slow or fails.",
        shows="Check BASIC-06 or OAUTH-07 is red for UDP; lookups take many seconds.",
        who="network",
        steps=(
            "Allow UDP port 53 outbound from this machine to its name servers.",
            "Try it: `Resolve-DnsName {smtp_server}` (Linux: `$ dig +notcp {smtp_server}`).",
        ),
        verify="The command answers within a second.",
        propagation="At once when the firewall rule is active.",
        risk="None beyond the rule itself; limit it to the configured name servers.",
        source=(FAQ + ", Network Requirements", RFC_DNS_TCP),
        decide=("`Resolve-DnsName {smtp_server} -TcpOnly` answers while the same without -TcpOnly does not.",),
    ),
    Cause(
        id="dns_hijacked",
        title="the name resolves to an address that is not Microsoft's",
        meaning="The name service answers, but with a private, local or foreign address. "
        "The application then talks to a portal, a filter or a hosting provider instead of Microsoft.",
        shows=(
            "Check NET-04 is red: a private address, a sinkhole, or an address that a second name server does not give."
        ),
        who="network",
        steps=(
            NAME_LOOKUP,
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
        decide=("Check NET-04: compare the system's answer with a second name server's.",),
    ),
    Cause(
        id="port_blocked",
        title="the connection to the port is blocked",
        meaning="The packets to {smtp_server}, port {port}, get no answer or are cut off by something in between. "
        "Nearly always it is a firewall, a cloud provider's rule or a security program on the machine.",
        shows="'Connection timed out', ETIMEDOUT, error 10060, 'failed to respond', TcpTestSucceeded: False.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "Allow outbound TCP {port} to {smtp_server} in the firewall of the machine, of the company and of the "
                "cloud network; allow by name, or by Microsoft's published ranges, never by a single address."
            ),
            (
                "On Windows look for a blocking rule: `Get-NetFirewallRule -Direction Outbound -Action Block -Enabled "
                "True`."
            ),
            "If the settings say port 25: providers block it for everyone; use 587.",
            "SMTP does not pass through a web proxy: the machine needs a direct way out on this port.",
            "On Linux with SELinux and a web server that sends: `$ setsebool -P httpd_can_sendmail 1`.",
        ),
        verify=(
            "`Test-NetConnection -ComputerName {smtp_server} -Port {port}` says TcpTestSucceeded : True, from the "
            "same machine and as the same service account."
        ),
        propagation="At once when the rule is active.",
        risk=(
            "Open port 587 outbound to Microsoft's endpoints only; a general opening lets any program on the "
            "machine send."
        ),
        source=(FAQ + ", Connection timeout", ENDPOINTS, TROUBLE),
        decide=(
            "Check NET-02, or `Test-NetConnection -ComputerName {smtp_server} -Port {port}` from the same machine.",
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning="The machine does not know any way to the address it was given. "
        "Often that is an IPv6 address on a machine that has IPv4 only.",
        shows="'Network is unreachable', 'No route to host', ENETUNREACH, EHOSTUNREACH, errors 10051 and 10065.",
        who="network",
        steps=(
            (
                "Look whether only IPv6 fails: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` shows the "
                "address it used (Linux: `$ nc -4 -vz {smtp_server} {port}` and `$ nc -6 -vz {smtp_server} {port}`)."
            ),
            "If only IPv6 fails, give the machine a working IPv6 route or let the application prefer IPv4.",
            "If both fail, check the default route: `Get-NetRoute -DestinationPrefix 0.0.0.0/0` (Linux: `$ ip route`).",
        ),
        verify="Check NET-03 is green for every address of the family in use.",
        propagation="At once.",
        risk="Turning IPv6 off for the whole machine breaks other things on Windows; prefer IPv4 instead.",
        source=(ENDPOINTS,),
        decide=("Check NET-03: which addresses of which family answer.",),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or port in the settings is not the one for submission",
        meaning=(
            "The settings point somewhere else: a misspelt name, the domain's MX, an IP address, localhost, or a "
            "port such as 465, 25, 443 or 993. Microsoft takes application mail at smtp.office365.com, port 587, "
            "with STARTTLS."
        ),
        shows="Refused or silent connections to 465, greetings of another server, names that do not exist, "
        "'Direct Send not allowed', 'Relay access denied'.",
        who="sender",
        steps=(
            "Set SMTP Server to smtp.office365.com (another cloud: the host in its table) and Port to 587.",
            "Keep Use SSL checked: on 587 that means STARTTLS; port 465 is not served by Microsoft 365.",
            "Enter the name, not an address: the addresses change and the certificate carries names only.",
            "Write the name alone, without smtp:// and without a port behind it.",
        ),
        verify=(
            "`Test-NetConnection -ComputerName smtp.office365.com -Port 587` succeeds and the greeting starts with "
            "220 and names outlook.office365.com."
        ),
        propagation="At once after saving; restart the service if it reads its settings at start only.",
        risk="None.",
        source=(FAQ + ", Nodinite Configuration", DEVICE, RFC_SUBMISSION),
        decide=("Checks BASIC-05 and BASIC-07: compare server and port as entered with the cloud's.",),
    ),
    Cause(
        id="smtp_intercepted",
        title="something on the way answers in Microsoft's place",
        meaning=(
            "A connection is made, but the other end is not Microsoft: a hosting provider's mail server, an "
            "antivirus mail shield or a firewall that rewrites SMTP. Passwords sent there are refused, or worse, "
            "read."
        ),
        shows="A greeting of Exim, Postfix or a provider; 220 **** or XXXXXXXA in the dialogue; STARTTLS missing; "
        "a certificate of another organisation.",
        who="network",
        steps=(
            (
                "Look at the greeting from the application's own machine: `$ openssl s_client -starttls smtp -connect "
                "{smtp_server}:{port}` (it is part of Git for Windows too). It must say 220, outlook.office365.com, "
                "Microsoft ESMTP MAIL Service."
            ),
            (
                "On shared hosting (cPanel/WHM) ask the provider to lift the SMTP restriction for this account, or to "
                "allow {smtp_server}."
            ),
            (
                "On a firewall switch off ESMTP inspection or fixup for port {port} (Cisco: no inspect esmtp, or "
                "allow-tls)."
            ),
            "On the machine switch off mail scanning of the antivirus for outbound SMTP, or exclude {smtp_server}.",
            "Change the password or secret that was sent to the wrong server.",
        ),
        verify=(
            "Checks SMTP-01, SMTP-02 and TLS-02 are green: Microsoft's greeting, STARTTLS offered, Microsoft's "
            "certificate."
        ),
        propagation="At once.",
        risk=(
            "An exclusion takes one host away from inspection: name the host, do not switch inspection off everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=("Checks SMTP-01 and TLS-02: the words of the greeting and the owner of the certificate.",),
    ),
    Cause(
        id="client_timeout_hides_refusal",
        title="the client gave up before the server's slow answer came",
        meaning="Microsoft delays refusals by several seconds, and this client waits less than that. "
        "What looks like a time-out is a refusal that was never read.",
        shows=(
            "'Read timed out', 'the operation has timed out' after a connection was made, an answer that appears "
            "one command late."
        ),
        who="sender",
        steps=(
            "Raise the client's time-out for a reply to at least 60 seconds (the SMTP standard asks for minutes).",
            "Send again and read the answer that now arrives; it names the real cause.",
        ),
        verify="The same attempt ends with a reply code from the server instead of a time-out.",
        propagation="At once.",
        risk="None; the queue of a program that sends one message at a time gets slower.",
        source=(RFC_SMTP, TROUBLE),
        decide=("Run this check list: it waits 60 seconds and shows the reply with its time.",),
    ),
    Cause(
        id="ehlo_name_invalid",
        title="the name the client gives itself in EHLO is refused",
        meaning=(
            "A client introduces itself with a host name, and this one is not a valid one (empty, underscores, two "
            "dots). The server refuses the introduction before any password is asked."
        ),
        shows="501 5.5.4 Invalid domain name; 503 5.5.2 Send hello first.",
        who="sender",
        steps=(
            (
                "Set the EHLO or HELO name (also: local host name, mail domain) of the client to a real host name such as "
                "app01.example.com, or to an address in brackets such as [192.0.2.10]."
            ),
            (
                "If the client takes the machine's name, rename the machine or its domain suffix: letters, digits, "
                "hyphens, dots only."
            ),
        ),
        verify="The reply to EHLO is a list of 250 lines.",
        propagation="At once.",
        risk="None.",
        source=(RFC_SMTP, TROUBLE),
        decide=("Check SMTP-01 with the client's own name as EHLO name in the settings.",),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning="Certificates and tokens are valid between two moments, and this machine is wrong about now. "
        "They then look expired or not yet valid although they are fine.",
        shows=(
            "'Certificate is not yet valid', AADSTS700024, AADSTS500133, a difference to the Date header of the "
            "login host."
        ),
        who="sender",
        steps=(
            "Compare: `w32tm /stripchart /computer:time.windows.com /samples:3 /dataonly` (Linux: `$ timedatectl`).",
            "Set the clock right and keep it so: `w32tm /resync /force` (Linux: `$ timedatectl set-ntp true`).",
            "On a virtual machine check the host's clock too.",
        ),
        verify="The difference is below one second and check HOST-04 is green.",
        propagation="At once; get a new token.",
        risk="A jump of the clock can confuse scheduled jobs and databases on the machine.",
        source=(
            "https://learn.microsoft.com/en-us/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings",
        ),
        decide=("Check HOST-04: the difference between this machine's clock and the servers'.",),
    ),
)
