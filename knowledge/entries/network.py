"""Causes between this machine and the server, up to its greeting; `name` has those in the DNS lookup, `tls` those in TLS."""

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
    "On the firewall, switch off ESMTP inspection or fixup for port {port} (Cisco: no inspect esmtp, or allow-tls)."
)
_NO_MAIL_SCAN: Final = (
    "On the machine, switch off the antivirus's mail scanning for outbound SMTP, or exclude {smtp_server}."
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
            "Packets to {smtp_server}, port {port}, get no reply, or a device on the path rejects the connection. The "
            "usual reason is a firewall, a rule of the cloud provider or security software on the machine."
        ),
        shows="'Connection timed out', ETIMEDOUT, error 10060, 'failed to respond', TcpTestSucceeded: False.",
        who="network",
        steps=(
            PORT_TEST,
            (
                "Allow outbound TCP {port} to {smtp_server} in the firewall of the machine, of the company and of the cloud "
                "network. Allow it by name or by Microsoft's published ranges, never by a single address."
            ),
            (
                "On Windows, look for a blocking rule: `Get-NetFirewallRule -Direction Outbound -Action Block -Enabled True`."
            ),
            "If the settings have port 25, use 587: many providers block port 25 for all customers.",
            "Give the machine a direct route to this port: SMTP does not work through a web proxy.",
            "On Linux with SELinux, allow a web server to send mail: `$ setsebool -P httpd_can_sendmail 1`.",
        ),
        verify=(
            "`Test-NetConnection -ComputerName {smtp_server} -Port {port}` shows TcpTestSucceeded : True, on the same "
            "machine and as the same service account."
        ),
        propagation="As soon as the rule is active.",
        risk=(
            "Open port 587 outbound to Microsoft's endpoints only; a general rule lets any program on the machine send "
            "mail."
        ),
        source=(FAQ + ", Connection timeout", ENDPOINTS, TROUBLE),
        decide=(
            Step(
                "Check NET-02, or `Test-NetConnection -ComputerName {smtp_server} -Port {port}` on the same machine.",
                answered_by=("NET-02",),
            ),
        ),
    ),
    Cause(
        id="network_unreachable",
        title="this machine has no route to the server",
        meaning=(
            "The machine has no route to the server's address. Often this is an IPv6 address on a machine that has IPv4 "
            "only."
        ),
        shows="'Network is unreachable', 'No route to host', ENETUNREACH, EHOSTUNREACH, errors 10051 and 10065.",
        who="network",
        steps=(
            Step(
                (
                    "Find out whether only IPv6 fails: `Test-NetConnection -ComputerName {smtp_server} -Port {port}` shows the "
                    "address that it used (Linux: `$ nc -4 -vz {smtp_server} {port}` and `$ nc -6 -vz {smtp_server} {port}`)."
                ),
                answered_by=("NET-02", "NET-03"),
            ),
            "If only IPv6 fails, give the machine a working IPv6 route or configure the application to prefer IPv4.",
            "If both fail, check the default route: `Get-NetRoute -DestinationPrefix 0.0.0.0/0` (Linux: `$ ip route`).",
        ),
        verify="Check NET-03 passes for every address of the family in use.",
        propagation="Immediately.",
        risk=(
            "Do not turn IPv6 off for the whole machine, because this breaks other things on Windows; prefer IPv4 instead."
        ),
        source=(ENDPOINTS,),
        decide=(Step("Check NET-03: the addresses that accept a connection, by family.", answered_by=("NET-03",)),),
    ),
    Cause(
        id="wrong_host_or_port",
        title="the server name or the port in the settings is not the one for submission",
        meaning=(
            "The settings name another server or port: a misspelt name, the domain's MX, an IP address, localhost, or a "
            "port such as 465, 25, 443 or 993. Microsoft accepts mail from applications at smtp.office365.com, port 587, "
            "with STARTTLS."
        ),
        shows=(
            "Refused connections or timeouts on 465, greetings of another server, names that do not exist, 'Direct Send "
            "not allowed', 'Relay access denied'."
        ),
        who="sender",
        steps=(
            "Set SMTP Server to smtp.office365.com (in another cloud, to that cloud's host) and Port to 587.",
            "Keep Use SSL selected: on port 587 it means STARTTLS. Microsoft 365 does not offer port 465.",
            "Enter the host name, not an IP address: the addresses change, and the certificate contains names only.",
            "Enter the name without smtp:// and without a port.",
        ),
        verify=(
            "`Test-NetConnection -ComputerName smtp.office365.com -Port 587` succeeds, and the greeting starts with 220 "
            "and names outlook.office365.com."
        ),
        propagation="Immediately after saving; restart the service if it reads its settings only at start.",
        risk="None.",
        source=(FAQ + ", Nodinite Configuration", DEVICE, RFC_SUBMISSION),
        decide=(
            Step(
                "Checks BASIC-07 and NET-05: the server and port as entered, compared with the cloud's.",
                answered_by=("BASIC-07", "NET-05"),
            ),
        ),
    ),
    Cause(
        id="smtp_intercepted",
        title="a device or another server on the network path replies instead of Microsoft",
        meaning=(
            "The connection ends at another server: a hosting provider's mail server, an antivirus mail shield or a "
            "firewall that rewrites SMTP. It refuses passwords or, worse, can record them."
        ),
        shows="A greeting of Exim, Postfix or a provider; 220 **** or XXXXXXXA in the dialogue; STARTTLS missing; "
        "a certificate of another organisation.",
        who="network",
        steps=(
            Step(
                (
                    "Read the greeting on the application's own machine: `$ openssl s_client -starttls smtp -connect "
                    "{smtp_server}:{port}` (Git for Windows includes openssl). It must contain 220, outlook.office365.com and "
                    "Microsoft ESMTP MAIL Service."
                ),
                answered_by=("SMTP-01",),
            ),
            OTHER_NETWORK + " If Microsoft's greeting appears there, a device in this network replies here.",
            (
                "On shared hosting (cPanel/WHM), ask the provider to lift the SMTP restriction for this account, or to allow "
                "{smtp_server}."
            ),
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            Step("Change the password that was sent to that server.", when="password_sent"),
        ),
        verify=(
            "Checks SMTP-01, SMTP-02 and TLS-02 pass: the greeting and the certificate are Microsoft's, and the server "
            "offers STARTTLS."
        ),
        propagation="Immediately.",
        risk=(
            "An exclusion removes a host from inspection: exclude only this host, and do not switch inspection off "
            "everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                "Checks SMTP-01 and TLS-02: the text of the greeting and the owner of the certificate.",
                answered_by=("SMTP-01", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="smtp_rewritten",
        title="a device or program on the network path changes the SMTP dialogue or decrypts it",
        meaning=(
            "The connection reaches the server, but a device or program on the path changes the replies: a firewall with "
            "ESMTP inspection, a mail gateway, an antivirus mail shield. Encryption or sign-in then fails, or the device "
            "is the other end of the encryption."
        ),
        shows=(
            "220 **** or XXXXXXXA in the dialogue; STARTTLS is not offered or is refused after Microsoft's greeting; a "
            "proxy or an antivirus has issued the certificate."
        ),
        who="network",
        steps=(
            OTHER_NETWORK + " If the server offers STARTTLS there, a device in this network removes it here.",
            _NO_INSPECTION,
            _NO_MAIL_SCAN,
            "If TLS inspection is intended, exclude {smtp_server} from it.",
        ),
        verify="Checks SMTP-01, SMTP-02, TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk=(
            "An exclusion removes a host from inspection: exclude only this host, and do not switch inspection off "
            "everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            Step(
                (
                    "Checks SMTP-02 and TLS-02: does the server offer and accept STARTTLS, and who issued the certificate?"
                ),
                answered_by=("SMTP-02", "TLS-02"),
            ),
        ),
    ),
    Cause(
        id="connection_cut",
        title="the connection is closed or times out in the middle of the dialogue",
        meaning=(
            "The connection reaches the server, but during the dialogue the replies stop or the connection closes. The "
            "usual reason is a firewall that limits the length of a command, closes connections that wait for a slow "
            "reply, or blocks commands that it does not recognise."
        ),
        shows=(
            "A timeout, a reset or a closed connection after an encrypted dialogue has begun; often only after long "
            "commands."
        ),
        who="network",
        steps=(
            (
                "Run the same check from another network, such as a phone's hotspot: if the dialogue continues there, a device "
                "in this network stops it here."
            ),
            (
                "Read the firewall's log for {smtp_server}, port {port}, at the time of the attempt. Look for a limit on the "
                "length of SMTP commands (a sign-in with OAuth is a line of thousands of characters), an idle timeout below 60 "
                "seconds, and SMTP inspection."
            ),
            (
                "If only long commands are lost, allow ICMP 'fragmentation needed' (IPv6: 'packet too big'): without it, large "
                "packets are dropped."
            ),
            _NO_MAIL_SCAN,
        ),
        verify="Checks AUTH-01 and MBX-03 pass from the same machine.",
        propagation="Immediately.",
        risk=(
            "An exclusion removes a host from inspection: exclude only this host, and do not switch inspection off "
            "everywhere."
        ),
        source=(ENDPOINTS, RFC_SMTP),
        decide=(
            (
                "The same check from another network: if it gets a reply there, a device in this network closes the connection "
                "here."
            ),
        ),
    ),
    Cause(
        id="client_timeout_hides_refusal",
        title="the client timed out before the server's delayed reply arrived",
        meaning=(
            "Microsoft delays refusals by several seconds, and this client does not wait that long. The timeout hides a "
            "refusal that the client never read."
        ),
        shows=(
            "'Read timed out', 'the operation has timed out' after a connection was made, a reply that appears one command "
            "late."
        ),
        who="sender",
        steps=(
            "Raise the client's timeout for a reply to at least 60 seconds (RFC 5321 asks for minutes).",
            "Send again and read the reply that now arrives: it names the cause.",
        ),
        verify="The same attempt ends with a reply code of the server instead of a timeout.",
        propagation="Immediately.",
        risk="None; a program that sends one message at a time becomes slower.",
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
        title="the server refuses the host name that the client sends in EHLO",
        meaning=(
            "The client sends a host name with EHLO, and this one is not valid (empty, with underscores, or with two dots "
            "in a row). The server refuses it before the sign-in."
        ),
        shows="501 5.5.4 Invalid domain name; 503 5.5.2 Send hello first.",
        who="sender",
        steps=(
            (
                "Set the client's EHLO or HELO name (also: local host name, mail domain) to a real host name such as "
                "app01.example.com, or to an address in brackets such as [192.0.2.10]."
            ),
            (
                "If the client uses the machine's name, rename the machine or its domain suffix: letters, digits, hyphens and "
                "dots only."
            ),
        ),
        verify="The server replies to EHLO with a list of 250 lines.",
        propagation="Immediately.",
        risk="None.",
        source=(RFC_SMTP, TROUBLE),
        decide=(Step("Check SMTP-01, with the client's EHLO name in the settings.", answered_by=("SMTP-01",)),),
    ),
    Cause(
        id="clock_skew",
        title="this machine's clock is wrong",
        meaning=(
            "Certificates and tokens are valid for a limited time, and this machine's clock is wrong. They then seem "
            "expired or not yet valid, although they are valid."
        ),
        shows=(
            "'Certificate is not yet valid', AADSTS700024, AADSTS500133, a difference from the Date header of the login "
            "host."
        ),
        who="sender",
        steps=(
            COMPARE_CLOCK,
            (
                "Correct the clock and keep it synchronised: `w32tm /resync /force` (Linux: `$ timedatectl set-ntp true`)."
            ),
            "On a virtual machine, check the host's clock too.",
        ),
        verify="The difference is below one second, and check HOST-04 passes.",
        propagation="Immediately, with a new token.",
        risk="A sudden change of the clock can disturb scheduled jobs and databases on the machine.",
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
