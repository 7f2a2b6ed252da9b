"""Causes between this machine and the server's greeting. The DNS lookup is covered in `name`, TLS in `tls`."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import DEVICE, ENDPOINTS, FAQ, RFC_SMTP, RFC_SUBMISSION, TROUBLE
from knowledge.step import Step

PORT_TEST: Final = Step(
    (
        "Test the connection on the application's own machine: `Test-NetConnection -ComputerName {smtp_server} -Port "
        "{port}` (Linux: `$ nc -vz {smtp_server} {port}`)."
    ),
    answered_by=("NET-02",),
)
OTHER_NETWORK: Final = (
    "Compare with another network, such as a phone's hotspot: `$ openssl s_client -starttls smtp -connect "
    "{smtp_server}:{port}` (Git for Windows includes openssl)."
)
_NO_INSPECTION: Final = (
    "On the firewall, turn off ESMTP inspection (or fixup) for port {port}. Cisco: no inspect esmtp, or allow-tls."
)
_NO_MAIL_SCAN: Final = (
    "On the machine, turn off the antivirus program's scanning of outbound mail, or exclude {smtp_server} from it."
)
COMPARE_CLOCK: Final = Step(
    (
        "Compare the clock with a time server: `w32tm /stripchart /computer:time.windows.com /samples:3 /dataonly` "
        "(Linux: `$ timedatectl`)."
    ),
    answered_by=("HOST-04",),
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="port_blocked",
        title="the connection to the port is blocked",
        meaning=(
            "Packets to {smtp_server}, port {port}, get no reply, or a device on the path rejects the "
            "connection. The usual cause is a firewall, a rule of the cloud provider, or security software on "
            "the machine."
        ),
        shows="'Connection timed out', ETIMEDOUT, error 10060, 'failed to respond', TcpTestSucceeded: False.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "Allow outbound TCP port {port} to {smtp_server} in the machine's firewall, the company's firewall "
                "and the rules of the cloud network. Use the host name or Microsoft's published ranges, never a "
                "single address."
            ),
            (
                "On Windows, look for a blocking rule: `Get-NetFirewallRule -Direction Outbound -Action Block -Enabled True`."
            ),
            "If the port in the settings is 25, change it to 587: many providers block port 25 for all customers.",
            "Give the machine a direct route to this port: SMTP does not work through a web proxy.",
            (
                "If the application runs in a web server on Linux with SELinux, allow web servers to send mail: `$ "
                "setsebool -P httpd_can_sendmail 1`."
            ),
        ),
        verify=(
            "`Test-NetConnection -ComputerName {smtp_server} -Port {port}` shows TcpTestSucceeded : True on the "
            "same machine and under the same service account."
        ),
        propagation="As soon as the firewall rule is active.",
        risk=(
            "Allow outbound port 587 to Microsoft's endpoints only; a general rule lets any program on the "
            "machine send mail."
        ),
        source=(FAQ + ", Connection timeout", ENDPOINTS, TROUBLE),
        decide=(
            Step(
                "Run check NET-02, or `Test-NetConnection -ComputerName {smtp_server} -Port {port}` on the same machine.",
                answered_by=("NET-02",),
            ),
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning="The machine has no route to the server's address. Often the address is IPv6 and the machine has IPv4 only.",
        shows="'Network is unreachable', 'No route to host', ENETUNREACH, EHOSTUNREACH, errors 10051 and 10065.",
        who="network",
        steps=(
            Step(
                (
                    "Find out whether only IPv6 fails: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` "
                    "shows the address that it tried (Linux: `$ nc -4 -vz {smtp_server} {port}` and `$ nc -6 -vz "
                    "{smtp_server} {port}`)."
                ),
                answered_by=("NET-02", "NET-03"),
            ),
            "If only IPv6 fails, give the machine a working IPv6 route, or configure the application to prefer IPv4.",
            (
                "If IPv4 fails too, check the default route: `Get-NetRoute -DestinationPrefix 0.0.0.0/0` (Linux: `$ ip "
                "route`)."
            ),
        ),
        verify="The check NET-03 passes for every address of the family (IPv4 or IPv6) that the application uses.",
        propagation="Immediately.",
        risk="Do not turn off IPv6 for the whole machine: parts of Windows depend on it. Prefer IPv4 instead.",
        source=(ENDPOINTS,),
        decide=(Step("Run check NET-03: which IPv4 and IPv6 addresses accept a connection?", answered_by=("NET-03",)),),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or port in the settings is wrong",
        meaning=(
            "The server or port in the settings is wrong: a misspelt name, the domain's MX, an IP address, "
            "localhost, or a port such as 465, 25, 443 or 993. Microsoft accepts mail from applications at "
            "smtp.office365.com, port 587, with STARTTLS."
        ),
        shows=(
            "Refused connections, or timeouts on port 465; the greeting of a different server; names that do not "
            "exist; 'Direct Send not allowed'; 'Relay access denied'."
        ),
        who="sender",
        steps=(
            "Set SMTP Server to smtp.office365.com (in another cloud, to that cloud's host), and Port to 587.",
            "Keep Use SSL selected: on port 587 it means STARTTLS. Microsoft 365 does not offer port 465.",
            "Enter the host name, not an IP address: the addresses change, and the certificate covers names only.",
            "Enter the name without smtp:// and without a port number.",
        ),
        verify=(
            "`Test-NetConnection -ComputerName smtp.office365.com -Port 587` succeeds, and the greeting begins "
            "with 220 and contains outlook.office365.com."
        ),
        propagation="Immediately after saving; restart the service if it reads its settings only when it starts.",
        risk="None.",
        source=(FAQ + ", Nodinite Configuration", DEVICE, RFC_SUBMISSION),
        decide=(
            Step(
                "Compare the server and port in the settings with those of the cloud (checks BASIC-07 and NET-05).",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
    ),
    Cause(
        id="smtp_intercepted",
        title="a device or another server on the network path replies instead of Microsoft",
        meaning=(
            "The connection ends at a server that is not Microsoft's: a hosting provider's mail server, the mail "
            "shield of an antivirus program, or a firewall that rewrites SMTP. It refuses passwords or, worse, "
            "can record them."
        ),
        shows=(
            "The greeting of Exim, Postfix or a provider; 220 **** or XXXXXXXA in the dialogue; no STARTTLS; a "
            "certificate of a different organisation."
        ),
        who="network",
        steps=(
            Step(
                (
                    "Read the greeting on the application's own machine: `$ openssl s_client -starttls smtp -connect "
                    "{smtp_server}:{port}` (Git for Windows includes openssl). It must begin with 220 and contain "
                    "outlook.office365.com and Microsoft ESMTP MAIL Service."
                ),
                answered_by=("SMTP-01",),
            ),
            OTHER_NETWORK
            + " If Microsoft's greeting appears there, a device in this network is replying instead of Microsoft.",
            (
                "On shared hosting (cPanel/WHM), ask the provider to lift the SMTP restriction for this account or "
                "to allow {smtp_server}."
            ),
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            Step("Change the password that was sent to that server.", when="password_sent"),
        ),
        verify=(
            "The checks SMTP-01, SMTP-02 and TLS-02 pass: the greeting and the certificate are Microsoft's, and "
            "the server offers STARTTLS."
        ),
        propagation="Immediately.",
        risk="Exclude only this host from inspection; do not turn inspection off for other hosts.",
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                "Run checks SMTP-01 and TLS-02: what does the greeting contain, and who owns the certificate?",
                answered_by=("SMTP-01", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="smtp_rewritten",
        title="a device or program on the network path changes the SMTP dialogue or decrypts it",
        meaning=(
            "The connection reaches the server, but something on the path changes the replies: a firewall with "
            "ESMTP inspection, a mail gateway, or the mail shield of an antivirus program. Encryption or sign-in "
            "then fails, or the device decrypts the traffic."
        ),
        shows=(
            "220 **** or XXXXXXXA in the dialogue; STARTTLS is not offered, or is refused after Microsoft's "
            "greeting; the certificate was issued by a proxy or an antivirus program."
        ),
        who="network",
        steps=(
            OTHER_NETWORK + " If the server offers STARTTLS there, a device in this network is removing it.",
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            "If TLS inspection is deliberate, exclude {smtp_server} from it.",
        ),
        verify="The checks SMTP-01, SMTP-02, TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk="Exclude only this host from inspection; do not turn inspection off for other hosts.",
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                "Run checks SMTP-02 and TLS-02: does the server offer and accept STARTTLS, and who issued the certificate?",
                answered_by=("SMTP-02", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="connection_cut",
        title="the connection is closed or times out in the middle of the dialogue",
        meaning=(
            "The connection reaches the server, but then the replies stop or the connection closes. The usual "
            "cause is a firewall that limits the length of a command, closes connections while they wait for a "
            "slow reply, or blocks commands that it does not recognise."
        ),
        shows=(
            "A timeout, a reset or a closed connection after the encrypted dialogue has begun; often only after "
            "long commands."
        ),
        who="network",
        steps=(
            (
                "Run the failed check from another network, such as a phone's hotspot: if the check gets a reply there, a "
                "device in this network is interrupting the dialogue."
            ),
            (
                "In the firewall's log, find the entries for {smtp_server}, port {port}, at the time of the attempt. "
                "Look for SMTP inspection, an idle timeout below 60 seconds, and a limit on the length of SMTP "
                "commands (an OAuth sign-in is a line of several thousand characters)."
            ),
            (
                "If only long commands are lost, allow ICMP 'fragmentation needed' (IPv6: 'packet too big'): without "
                "these messages, large packets are dropped."
            ),
            _NO_MAIL_SCAN,
        ),
        verify="The checks AUTH-01 and MBX-03 pass on the same machine.",
        propagation="Immediately.",
        risk="Exclude only this host from inspection; do not turn inspection off for other hosts.",
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            (
                "Run the failed check from another network: if the check gets a reply there, a device in this network closes "
                "the connection."
            ),
        ),
    ),
    Cause(
        id="client_timeout_hides_refusal",
        title="the client timed out before the server's delayed reply arrived",
        meaning=(
            "Microsoft delays refusals by several seconds, and this client does not wait that long. It reports a "
            "timeout instead of the refusal."
        ),
        shows=(
            "'Read timed out', or 'the operation has timed out' after a connection was made; a reply that "
            "appears one command late."
        ),
        who="sender",
        steps=(
            "Raise the client's timeout for replies to at least 60 seconds (RFC 5321 recommends several minutes).",
            "Send again, and read the reply that now arrives: it shows the cause.",
        ),
        verify="The same attempt ends with the server's reply code instead of a timeout.",
        propagation="Immediately.",
        risk="None. A program that sends one message at a time becomes slower.",
        source=(RFC_SMTP, TROUBLE),
        decide=(
            Step(
                "Run smtp365: it waits up to 60 seconds for each reply, and shows how long the reply took.",
                answered_by=("SMTP-01", "AUTH-01"),
            ),
        ),
    ),
    Cause(
        id="ehlo_name_invalid",
        title="the server refuses the host name that the client sends in EHLO",
        meaning=(
            "The client sends a host name in EHLO, and this name is not valid: it is empty, or contains "
            "underscores or two dots in a row. The server refuses it before the sign-in."
        ),
        shows="501 5.5.4 Invalid domain name; 503 5.5.2 Send hello first.",
        who="sender",
        steps=(
            (
                "Set the name that the client sends in EHLO or HELO (also called local host name or mail domain) to "
                "a real host name such as app01.example.com, or to an address in brackets such as [192.0.2.10]."
            ),
            (
                "If the client uses the machine's name, change that name or its domain suffix to contain only "
                "letters, digits, hyphens and dots."
            ),
        ),
        verify="The server replies to EHLO with lines that begin with 250.",
        propagation="Immediately.",
        risk="None.",
        source=(RFC_SMTP, TROUBLE),
        decide=(Step("Run check SMTP-01 with the client's EHLO name in the settings.", answered_by=("SMTP-01",)),),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning=(
            "Certificates and tokens are valid for a limited time. Because its clock is wrong, this machine "
            "treats valid ones as expired or not yet valid."
        ),
        shows=(
            "'Certificate is not yet valid', AADSTS700024, AADSTS500133, a clock that differs from the Date "
            "header of the login host."
        ),
        who="sender",
        steps=(
            COMPARE_CLOCK,
            (
                "Correct the clock and keep it synchronised: `w32tm /resync /force` (Linux: `$ timedatectl set-ntp true`)."
            ),
            "On a virtual machine, check the clock of the virtualisation host too.",
        ),
        verify="The difference is less than one second, and check HOST-04 passes.",
        propagation="Immediately; request a new token.",
        risk="A sudden change of the clock can disrupt scheduled jobs and databases on the machine.",
        source=(
            "https://learn.microsoft.com/en-us/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings",
        ),
        decide=(
            Step(
                "Run check HOST-04: how far does this machine's clock differ from those of the servers?",
                answered_by=("HOST-04",),
            ),
        ),
    ),
)
