"""Causes that concern the encryption of the SMTP connection: STARTTLS, TLS versions and certificates."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.network import COMPARE_CLOCK
from knowledge.entries.sources import (
    DEVICE,
    DOTNET_TLS,
    FAQ,
    RFC_STARTTLS,
    ROOT_G2,
    SCHANNEL,
    SMTP_AUTH,
    TLS_12,
    TROUBLE,
)
from knowledge.step import Step, only_for, per_client

_SHOW_CERTIFICATE: Final = Step(
    (
        "Look at the certificate that the server presents: the report of smtp365 shows the chain in its TLS "
        "section. With OpenSSL: `$ openssl s_client -starttls smtp -connect {smtp_server}:{port} "
        "-showcerts`. The subject must contain Microsoft Corporation, and the issuer must be DigiCert or "
        "Microsoft."
    ),
    answered_by=("TOKEN-01", "TLS-01"),
)
_DOTNET: Final = ("system_net_mail", "mailkit", "msal_net", "plugin")
_STRONG_CRYPTO: Final = only_for(
    "On Windows with .NET Framework 4, enable strong cryptography in both registry views. Run as an "
    "administrator: `Set-ItemProperty -Path 'HKLM:\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319' -Name "
    "'SchUseStrongCrypto' -Value 1 -Type DWord` and `Set-ItemProperty -Path "
    "'HKLM:\\SOFTWARE\\Wow6432Node\\Microsoft\\.NETFramework\\v4.0.30319' -Name 'SchUseStrongCrypto' -Value 1 "
    "-Type DWord`.",
    *_DOTNET,
)
_SYSTEM_DEFAULT: Final = only_for(
    "Set SystemDefaultTlsVersions = 1 (DWord) in the same two keys, so that .NET uses the TLS versions "
    "of the operating system. The mail plugin's FAQ mentions only SchUseStrongCrypto; Microsoft "
    "recommends both.",
    *_DOTNET,
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="starttls_missing_or_implicit_tls_on_587",
        title="the client does not start encryption in the way that this port requires",
        meaning=(
            "A connection to port 587 starts unencrypted, and the client upgrades it with STARTTLS. This client "
            "sends a TLS handshake immediately, or never upgrades the connection; the server refuses both."
        ),
        shows=(
            "'wrong version number', 'first record does not look like a TLS handshake', 'unrecognized SSL "
            "message', 451 5.7.3 STARTTLS is required to send mail, 'must issue a STARTTLS command first', 'AUTH "
            "not supported by server'."
        ),
        who="sender",
        steps=(
            per_client(
                plugin="In the Email Alarm Plugin, under SMTP Options, select Use SSL. On port 587 this means STARTTLS.",
            ),
            "In the client, choose STARTTLS (also called explicit TLS or tls), not SSL/TLS or smtps.",
            per_client(
                "In program code, use these settings.",
                nodemailer="nodemailer: secure: false and requireTLS: true.",
                phpmailer="PHPMailer: SMTPSecure = 'tls'.",
                javamail="JavaMail: mail.smtp.starttls.enable and .required = true, mail.smtp.ssl.enable = false.",
                smtplib="Python: SMTP() and then starttls(), not SMTP_SSL().",
                mailkit="MailKit: SecureSocketOptions.StartTls.",
                system_net_mail="System.Net.Mail: EnableSsl = true.",
            ),
            "Do not use port 465: Microsoft 365 does not offer it.",
        ),
        verify="The checks SMTP-02 and TLS-01 pass, and the client receives 220 2.0.0 SMTP server ready after STARTTLS.",
        propagation="Immediately after saving.",
        risk="None. Never turn off certificate verification to get around this.",
        source=(FAQ + ", SSL/TLS handshake failed", DEVICE, RFC_STARTTLS),
        decide=(
            Step(
                (
                    "Run check BASIC-08 or OAUTH-09 (Use SSL), and SMTP-02: if STARTTLS works for smtp365 on the same "
                    "machine, the client's setting is wrong."
                ),
                answered_by=("BASIC-08", "OAUTH-09", "SMTP-02"),
            ),
        ),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning=(
            "The server waits for a TLS handshake as soon as the connection opens (implicit TLS). The "
            "application waits for an unencrypted greeting, after which it would send STARTTLS. Each side waits "
            "for the other until one times out."
        ),
        shows="The connection opens, but no greeting arrives; an immediate TLS handshake succeeds.",
        who="sender",
        steps=(
            "Set Port to the one on which the server offers STARTTLS (587 on most servers), and keep Use SSL selected.",
            "If the server has no such port, ask its administrator to open one.",
            "Alternatively, if the client supports implicit TLS (also called SSL/TLS or smtps), use this port with that setting.",
        ),
        verify="The check SMTP-01 passes: the server sends a line that begins with 220 before any encryption.",
        propagation="Immediately after saving.",
        risk="None. Never turn off encryption to get around this.",
        source=("https://www.rfc-editor.org/rfc/rfc8314", RFC_STARTTLS),
        decide=(
            (
                "Run `$ openssl s_client -connect {smtp_server}:{port}`: if it shows a certificate and then a line "
                "that begins with 220, the port expects TLS from the first byte."
            ),
        ),
    ),
    Cause(
        id="client_certificate_required",
        title="the server requires a client certificate",
        meaning=(
            "The server accepts only clients that present a certificate in the TLS handshake. The application "
            "presents none, so the server closes the connection before it receives a password or a token."
        ),
        shows=(
            "The TLS alerts 'certificate required' and, after a request for a certificate, 'handshake failure'; 421, 454 or "
            "530 with 'No client certificate presented' or 'client certificate required'."
        ),
        who="exchange",
        steps=(
            (
                "On {smtp_server}, provide a port that accepts a user name and a password or token without a client "
                "certificate, or exempt this machine."
            ),
            (
                "On the server, change the setting. Postfix: set smtpd_tls_req_ccert = no for the submission "
                "service. Exim: remove this machine from tls_verify_hosts. Dovecot: set auth_ssl_require_client_cert "
                "= no."
            ),
            (
                "If the server must keep requiring a certificate, have one issued, and use a client or a relay that "
                "can present it. The mail plugin has no field for a client certificate."
            ),
        ),
        verify="The checks TLS-01 and SMTP-03 pass: the server replies to EHLO after STARTTLS.",
        propagation="As soon as the server has loaded its new settings.",
        risk="After the change, only the sign-in protects that port: keep the sign-in mandatory.",
        source=("https://www.rfc-editor.org/rfc/rfc8446", RFC_STARTTLS),
        decide=(
            (
                "Run `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}`: if it shows 'Acceptable "
                "client certificate CA names' or 'Client Certificate Types', the server requests a certificate."
            ),
        ),
    ),
    Cause(
        id="tls_version",
        title="the client, or a device on the path, does not support TLS 1.2",
        meaning=(
            "Microsoft 365 accepts only TLS 1.2 or newer. This client, or a device on the path, offers only "
            "older versions."
        ),
        shows="421 4.7.66 TLS 1.0 and 1.1 are not supported; 'protocol version' alerts; 'no appropriate protocol'; "
        "'do not possess a common algorithm'; 'remote party has closed the transport stream'.",
        who="sender",
        steps=(
            _STRONG_CRYPTO,
            _SYSTEM_DEFAULT,
            (
                "On Windows, make sure that TLS 1.2 is not disabled for clients under "
                "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client (Enabled "
                "= 1 and DisabledByDefault = 0, or no such key). Windows Server 2008 R2 and 2012 also need an update."
            ),
            "Restart the machine: services read these values when they start.",
            "On Linux, update OpenSSL and the runtime.",
            per_client(javamail="For Java 7 and JavaMail before 1.6, set mail.smtp.ssl.protocols=TLSv1.2."),
            (
                "If a device cannot support TLS 1.2, send through a relay. As a last resort, use "
                "smtp-legacy.office365.com, which also requires `Set-TransportConfig -AllowLegacyTLSClients $true`. That server "
                "exists in the worldwide cloud only, not in GCC, GCC High or DoD; its counterpart at 21Vianet is "
                "smtp-legacy.partner.outlook.cn."
            ),
        ),
        verify=(
            "The check TLS-03 and the HOST checks pass, and the application itself completes STARTTLS (smtp365 "
            "uses Python's TLS, not the application's)."
        ),
        propagation="After the restart. AllowLegacyTLSClients takes effect within an hour.",
        risk=(
            "AllowLegacyTLSClients weakens the whole tenant and fails security audits. The registry values can "
            "change which TLS versions old programs on the machine negotiate."
        ),
        source=(FAQ + ", SSL/TLS handshake failed", TLS_12, DOTNET_TLS, SCHANNEL, SMTP_AUTH),
        decide=(
            Step(
                (
                    "Run checks TLS-03, HOST-01, HOST-02 and HOST-03, or `$ openssl s_client -starttls smtp -tls1_2 "
                    "-connect {smtp_server}:{port}` on the same machine."
                ),
                answered_by=("TLS-03", "HOST-01", "HOST-02", "HOST-03"),
            ),
        ),
    ),
    Cause(
        id="legacy_tls_client",
        title="the client's TLS software is too old",
        meaning=(
            "Servers no longer accept any of the ciphers, signature algorithms or certificate formats that the "
            "runtime supports. Update the runtime, or configure it to use those of the operating system."
        ),
        shows=(
            "'handshake failure'; 'no cipher suites in common'; failed HOST checks; devices and runtimes from "
            "before 2014."
        ),
        who="sender",
        steps=(
            _STRONG_CRYPTO,
            _SYSTEM_DEFAULT,
            (
                "Update the runtime: .NET Framework 4.8, Java 8u261 or newer, OpenSSL 1.1.1 or newer, or the current "
                "firmware of the device."
            ),
            (
                "List the cipher suites of Windows, and enable ECDHE suites with AES-GCM: `Get-TlsCipherSuite | "
                "Select-Object Name`."
            ),
            "Restart the machine.",
        ),
        verify="The application completes STARTTLS, and the checks HOST-01 to HOST-03 pass.",
        propagation="After the restart.",
        risk="A change to the cipher suites affects every program on the machine: change and test one suite at a time.",
        source=(FAQ + ", SSL/TLS handshake failed", DOTNET_TLS, SCHANNEL),
        decide=(
            Step(
                (
                    "Run checks HOST-01 to HOST-03: if TLS works for smtp365 on the same machine, the cause is the "
                    "application's runtime."
                ),
                answered_by=("HOST-01", "HOST-02", "HOST-03", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_untrusted",
        title="this machine does not trust the server's certificate",
        meaning=(
            "The certificate chain ends at a root that this program does not trust. Either a device on the path "
            "decrypts the connection (a proxy or an antivirus program), or this machine lacks a root "
            "certificate."
        ),
        shows=(
            "'certificate verify failed', 'self-signed certificate in certificate chain', 'unable to get local "
            "issuer certificate', 'PKIX path building failed', 'signed by unknown authority', 'remote certificate "
            "is invalid'."
        ),
        who="network",
        steps=(
            _SHOW_CERTIFICATE,
            (
                "If the issuer is your company's proxy or an antivirus program, exclude {smtp_server} from TLS "
                "inspection (as Microsoft recommends for its endpoints), or add the issuer's root certificate to the "
                "trust store of this runtime."
            ),
            (
                "In 2026 Exchange Online moved to certificates under DigiCert Global Root G2 (SHA-1 thumbprint "
                "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4). Old Java cacerts files, devices, hosts without internet and "
                "Windows machines whose automatic root update is off may lack this root: `certutil -verifyctl AuthRoot` "
                "shows whether the update works."
            ),
            (
                "If the issuer is DigiCert or Microsoft, add the missing roots. Windows: run Windows Update, or "
                "import the roots from the file that `certutil -generateSSTFromWU roots.sst` creates. Debian: run `$ "
                "apt-get install --reinstall ca-certificates`. Java: add them to its own cacerts file. Node: set "
                "NODE_EXTRA_CA_CERTS. Python: update the certifi or system bundle."
            ),
            "If the error text mentions revocation, see the cause revocation_unreachable.",
        ),
        verify=(
            "The checks TLS-01 and TLS-02 pass, and `$ openssl s_client -starttls smtp -connect "
            "{smtp_server}:{port}` ends with Verify return code: 0 (ok)."
        ),
        propagation="As soon as the service has been restarted and has read the trust store again.",
        risk=(
            "Never turn off verification: any device on the path could then read the password or token. A proxy "
            "whose root you add can decrypt every connection of this machine."
        ),
        source=("https://learn.microsoft.com/en-us/purview/encryption-office-365-certificate-chains", ROOT_G2, DEVICE),
        decide=(
            Step(
                (
                    "Run check TLS-02: is the certificate Microsoft's own? If so, this machine lacks a root certificate; "
                    "if not, a device inspects the connection."
                ),
                answered_by=("TLS-02", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_name_mismatch",
        title="the certificate is for a different host name",
        meaning=(
            "The server presented a valid certificate, but it is not for the host name in the settings. Either the "
            "settings contain an alias or an IP address, or a device on the path presents its own certificate."
        ),
        shows=(
            "'did not match expected CN', 'Hostname/IP does not match certificate's altnames', 'certificate is "
            "valid for …, not …', RemoteCertificateNameMismatch."
        ),
        who="network",
        steps=(
            (
                "If SMTP Server ({smtp_server}) is your own alias, an IP address or a misspelt name, enter "
                "smtp.office365.com or the host of your cloud instead."
            ),
            _SHOW_CERTIFICATE,
            (
                "If the name is right but the certificate belongs to a hosting provider, a firewall or an antivirus "
                "program, exclude {smtp_server}:{port} from inspection."
            ),
        ),
        verify="The checks TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk="Never turn off the name check: it prevents other servers from impersonating Microsoft's.",
        source=(DEVICE, "https://www.rfc-editor.org/rfc/rfc9525"),
        decide=(Step("Run check TLS-02: which names does the certificate contain?", answered_by=("TLS-02", "TLS-01")),),
    ),
    Cause(
        id="cert_expired",
        title="the server's certificate has expired, expires soon or is not yet valid",
        meaning=(
            "The certificate has expired or expires soon, or this machine's clock is wrong. Microsoft renews its "
            "certificates in time, so the cause is probably the clock or a device on the path."
        ),
        shows="'certificate has expired', CERT_HAS_EXPIRED, 'NotTimeValid'.",
        who="network",
        steps=(
            COMPARE_CLOCK,
            _SHOW_CERTIFICATE,
            "If a root or intermediate certificate has expired, update the root certificates of this machine or runtime.",
            (
                "If the certificate belongs to a proxy, ask the proxy's administrator to renew it, or exclude "
                "{smtp_server} from inspection."
            ),
        ),
        verify="The checks TLS-01, RISK-03 and HOST-04 pass.",
        propagation="Immediately.",
        risk="Never turn off verification to get around this.",
        source=("https://www.rfc-editor.org/rfc/rfc5280", TROUBLE),
        decide=(
            Step(
                "Run checks HOST-04 (the clock) and TLS-01 (the dates in the certificate).",
                answered_by=("HOST-04", "TLS-01"),
            ),
        ),
    ),
)
