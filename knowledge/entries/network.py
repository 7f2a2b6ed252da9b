"""Causes on the way to the server, up to and including its greeting; its name is in `name`, TLS in `tls`."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import DEVICE, ENDPOINTS, FAQ, RFC_SMTP, RFC_SUBMISSION, TROUBLE
from knowledge.step import Step

PORT_TEST: Final = Step(
    "On the application's own machine: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` "
    "(Linux: `$ nc -vz {smtp_server} {port}`).",
    answered_by=("NET-02",),
)
OTHER_NETWORK: Final = (
    "Compare with another network (a phone's hotspot is enough): `$ openssl s_client -starttls smtp -connect "
    "{smtp_server}:{port}`, which is part of Git for Windows too."
)
_NO_INSPECTION: Final = (
    "On a firewall switch off ESMTP inspection or fixup for port {port} (Cisco: no inspect esmtp, or allow-tls)."
)
_NO_MAIL_SCAN: Final = (
    "On the machine switch off mail scanning of the antivirus for outbound SMTP, or exclude {smtp_server}."
)
COMPARE_CLOCK: Final = Step(
    "Compare the clock: `w32tm /stripchart /computer:time.windows.com /samples:3 /dataonly` (Linux: `$ timedatectl`).",
    answered_by=("HOST-04",),
)

ENTRIES: Final[tuple[Cause, ...]] = (
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
        propagation="Immediately when the rule is active.",
        risk=(
            "Open port 587 outbound to Microsoft's endpoints only; a general opening lets any program on the "
            "machine send."
        ),
        source=(FAQ + ", Connection timeout", ENDPOINTS, TROUBLE),
        decide=(
            Step(
                "Check NET-02, or `Test-NetConnection -ComputerName {smtp_server} -Port {port}` from the same machine.",
                answered_by=("NET-02",),
            ),
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
            Step(
                "Look whether only IPv6 fails: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` shows the "
                "address it used (Linux: `$ nc -4 -vz {smtp_server} {port}` and `$ nc -6 -vz {smtp_server} {port}`).",
                answered_by=("NET-02", "NET-03"),
            ),
            "If only IPv6 fails, give the machine a working IPv6 route or let the application prefer IPv4.",
            "If both fail, check the default route: `Get-NetRoute -DestinationPrefix 0.0.0.0/0` (Linux: `$ ip route`).",
        ),
        verify="Check NET-03 passes for every address of the family in use.",
        propagation="Immediately.",
        risk="Turning IPv6 off for the whole machine breaks other things on Windows; prefer IPv4 instead.",
        source=(ENDPOINTS,),
        decide=(Step("Check NET-03: which addresses of which family answer.", answered_by=("NET-03",)),),
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
        propagation="Immediately after saving; restart the service if it reads its settings at start only.",
        risk="None.",
        source=(FAQ + ", Nodinite Configuration", DEVICE, RFC_SUBMISSION),
        decide=(
            Step(
                "Checks BASIC-07 and NET-05: compare server and port as entered with the cloud's.",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
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
            Step(
                "Look at the greeting from the application's own machine: `$ openssl s_client -starttls smtp -connect "
                "{smtp_server}:{port}` (it is part of Git for Windows too). It must say 220, outlook.office365.com, "
                "Microsoft ESMTP MAIL Service.",
                answered_by=("SMTP-01",),
            ),
            OTHER_NETWORK + " If Microsoft's greeting comes there, something in this network answers here.",
            (
                "On shared hosting (cPanel/WHM) ask the provider to lift the SMTP restriction for this account, or to "
                "allow {smtp_server}."
            ),
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            Step("Change the password that was sent to that server.", when="password_sent"),
        ),
        verify=(
            "Checks SMTP-01, SMTP-02 and TLS-02 pass: Microsoft's greeting, STARTTLS offered, Microsoft's certificate."
        ),
        propagation="Immediately.",
        risk=(
            "An exclusion takes one host away from inspection: name the host, do not switch inspection off everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                "Checks SMTP-01 and TLS-02: the words of the greeting and the owner of the certificate.",
                answered_by=("SMTP-01", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="smtp_rewritten",
        title="something on the way changes the SMTP dialogue or opens its encryption",
        meaning=(
            "The server itself is reached, and a device or program between it and this machine changes what it says: a "
            "firewall with ESMTP inspection, a mail gateway, an antivirus mail shield. Encryption or sign-in then cannot "
            "begin, or it begins with the device."
        ),
        shows="220 **** or XXXXXXXA in the dialogue; STARTTLS missing from the list or refused after Microsoft's greeting; "
        "a certificate that a proxy or antivirus made.",
        who="network",
        steps=(
            OTHER_NETWORK + " If STARTTLS is offered there, a device of this network takes it away here.",
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            "If the encryption is opened on purpose, exclude {smtp_server} from TLS inspection.",
        ),
        verify="Checks SMTP-01, SMTP-02, TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk=(
            "An exclusion takes one host away from inspection: name the host, do not switch inspection off everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                "Checks SMTP-02 and TLS-02: is STARTTLS offered and accepted, and who signed the certificate behind it?",
                answered_by=("SMTP-02", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="connection_cut",
        title="the connection is cut or silenced on the way",
        meaning=(
            "The server itself was reached, and in the middle of the dialogue its answers stop coming or the connection "
            "ends. A firewall that limits the length of a command, ends a connection while it waits for a slow answer, or "
            "stops what it does not know does so."
        ),
        shows="No reply, a reset or a closed connection after an encrypted dialogue had begun; often only after long commands.",
        who="network",
        steps=(
            (
                "Run the same check from another network (a phone's hotspot is enough): if the dialogue goes on there, "
                "something in this network stops it here."
            ),
            (
                "Have the firewall's log read for {smtp_server}, port {port}, at the time of the attempt: a limit on the "
                "length of SMTP commands (a sign-in with OAuth is a line of thousands of characters), an idle timeout below 60 "
                "seconds, an inspection of SMTP."
            ),
            (
                "If only long commands are lost, let ICMP 'fragmentation needed' (IPv6: 'packet too big') through: without it "
                "large packets vanish."
            ),
            _NO_MAIL_SCAN,
        ),
        verify="Checks AUTH-01 and MBX-03 pass from the same machine.",
        propagation="Immediately.",
        risk=(
            "An exclusion takes one host away from inspection: name the host, do not switch inspection off everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=("The same check from another network: an answer there means that something on the way cuts it here.",),
    ),
    Cause(
        id="client_timeout_hides_refusal",
        title="the client gave up before the server's slow answer came",
        meaning=(
            "Microsoft delays refusals by several seconds, and this client waits less than that. What looks like a timeout "
            "is a refusal that was never read."
        ),
        shows=(
            "'Read timed out', 'the operation has timed out' after a connection was made, an answer that appears "
            "one command late."
        ),
        who="sender",
        steps=(
            "Raise the client's timeout for a reply to at least 60 seconds (the SMTP standard asks for minutes).",
            "Send again and read the answer that now arrives; it names the real cause.",
        ),
        verify="The same attempt ends with a reply code from the server instead of a timeout.",
        propagation="Immediately.",
        risk="None; the queue of a program that sends one message at a time gets slower.",
        source=(RFC_SMTP, TROUBLE),
        decide=(
            Step(
                "Run this checklist: it waits 60 seconds and shows the reply with its time.",
                answered_by=("SMTP-01", "AUTH-01"),
            ),
        ),
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
        propagation="Immediately.",
        risk="None.",
        source=(RFC_SMTP, TROUBLE),
        decide=(
            Step("Check SMTP-01 with the client's own name as EHLO name in the settings.", answered_by=("SMTP-01",)),
        ),
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
            COMPARE_CLOCK,
            "Set the clock right and keep it so: `w32tm /resync /force` (Linux: `$ timedatectl set-ntp true`).",
            "On a virtual machine check the host's clock too.",
        ),
        verify="The difference is below one second and check HOST-04 passes.",
        propagation="Immediately; get a new token.",
        risk="A jump of the clock can confuse scheduled jobs and databases on the machine.",
        source=(
            "https://learn.microsoft.com/en-us/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings",
        ),
        decide=(
            Step(
                "Check HOST-04: the difference between this machine's clock and the servers'.", answered_by=("HOST-04",)
            ),
        ),
    ),
)
