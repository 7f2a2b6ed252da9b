"""Causes in the encryption of the SMTP connection: STARTTLS, TLS versions, certificates."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.network import COMPARE_CLOCK
from knowledge.entries.sources import DEVICE, DOTNET_TLS, FAQ, RFC_STARTTLS, SCHANNEL, SMTP_AUTH, TLS_12, TROUBLE
from knowledge.step import Step

_SHOW_CERTIFICATE: Final = Step(
    (
        "Look at the certificate that arrives: the report of this suite shows the chain under TLS. With OpenSSL: `$ "
        "openssl s_client -starttls smtp -connect {smtp_server}:{port} -showcerts`. Subject and issuer must name "
        "Microsoft Corporation and DigiCert or Microsoft."
    ),
    answered_by=("TOKEN-01", "TLS-01"),
)
_STRONG_CRYPTO: Final = (
    "Windows, .NET Framework 4: enable strong cryptography in both registry views, as an administrator: "
    "`Set-ItemProperty -Path 'HKLM:\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319' -Name 'SchUseStrongCrypto' "
    "-Value 1 -Type DWord` and `Set-ItemProperty -Path "
    "'HKLM:\\SOFTWARE\\Wow6432Node\\Microsoft\\.NETFramework\\v4.0.30319' -Name 'SchUseStrongCrypto' -Value 1 "
    "-Type DWord`."
)
_SYSTEM_DEFAULT: Final = (
    "Set SystemDefaultTlsVersions = 1 (DWord) in the same two keys, so that .NET uses the TLS versions of the "
    "system. The mail plugin's FAQ names only SchUseStrongCrypto; Microsoft recommends both."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="starttls_missing_or_implicit_tls_on_587",
        title="the client does not start encryption as this port requires",
        meaning=(
            "A connection to port 587 starts unencrypted, and the client upgrades it with STARTTLS. This client starts TLS "
            "with the first byte, or never upgrades; the server refuses both."
        ),
        shows=(
            "'wrong version number', 'first record does not look like a TLS handshake', 'unrecognized SSL "
            "message', 451 5.7.3 STARTTLS is required to send mail, 'must issue a STARTTLS command first', 'AUTH "
            "not supported by server'."
        ),
        who="sender",
        steps=(
            "Email Alarm Plugin, SMTP Options: select Use SSL. On port 587 it means STARTTLS.",
            (
                "Other clients: choose STARTTLS (also: TLS explicit, tls, SecureSocketOptions.StartTls), not SSL/TLS "
                "or smtps."
            ),
            (
                "nodemailer: secure: false with requireTLS: true. PHPMailer: SMTPSecure = 'tls'. JavaMail: "
                "mail.smtp.starttls.enable and .required = true, mail.smtp.ssl.enable = false. Python: SMTP() then "
                "starttls(), not SMTP_SSL()."
            ),
            "Do not use port 465: Microsoft 365 does not offer it.",
        ),
        verify="Checks SMTP-02 and TLS-01 pass, and the client gets 220 2.0.0 SMTP server ready after STARTTLS.",
        propagation="Immediately after saving.",
        risk="None. Never turn certificate verification off to get around this.",
        source=(FAQ + ", SSL/TLS handshake failed", DEVICE, RFC_STARTTLS),
        decide=(
            Step(
                (
                    "Check BASIC-08 or OAUTH-09 (Use SSL), and SMTP-02: if STARTTLS works for this suite on the same machine, the "
                    "client's setting is wrong."
                ),
                answered_by=("BASIC-08", "OAUTH-09", "SMTP-02"),
            ),
        ),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning=(
            "The server on this port expects a TLS handshake first (implicit TLS). The application starts unencrypted and "
            "upgrades with STARTTLS, so each side waits for the other until one times out."
        ),
        shows="The connection opens and no greeting arrives; an immediate TLS handshake succeeds.",
        who="sender",
        steps=(
            (
                "Set Port to the port on which the server offers STARTTLS (587 on most servers), and keep Use SSL selected."
            ),
            "If the server has no such port, ask its administrator for one.",
            "Alternatively, if the client supports implicit TLS (also called SSL/TLS or smtps), use this port with that setting.",
        ),
        verify="Check SMTP-01 passes: the server sends a line that begins with 220 before any encryption.",
        propagation="Immediately after saving.",
        risk="None. Never turn encryption off to get around this.",
        source=("https://www.rfc-editor.org/rfc/rfc8314", RFC_STARTTLS),
        decide=(
            (
                "`$ openssl s_client -connect {smtp_server}:{port}`: a certificate followed by a line that begins with 220 "
                "means TLS from the first byte."
            ),
        ),
    ),
    Cause(
        id="client_certificate_required",
        title="the server requires a client certificate",
        meaning=(
            "The server accepts only clients that present a certificate in the TLS handshake. The application presents "
            "none, so the server closes the connection before it reads a password or a token."
        ),
        shows=(
            "The TLS alerts 'certificate required' and, after a request for a certificate, 'handshake failure'; 421, 454 or "
            "530 with 'No client certificate presented' or 'client certificate required'."
        ),
        who="exchange",
        steps=(
            (
                "Provide a port on {smtp_server} that accepts a user name and a password or token without a client "
                "certificate, or exempt this machine."
            ),
            (
                "On the server, change the setting. Postfix: smtpd_tls_req_ccert = no for the submission service; Exim: "
                "tls_verify_hosts; Dovecot: auth_ssl_require_client_cert = no."
            ),
            (
                "If the certificate must stay, have one issued, and use a client or a relay that can present it. The mail "
                "plugin has no field for it."
            ),
        ),
        verify="Checks TLS-01 and SMTP-03 pass: the server replies to EHLO after STARTTLS.",
        propagation="As soon as the server has loaded its new settings.",
        risk="The sign-in is then the only protection of that port: it must stay required.",
        source=("https://www.rfc-editor.org/rfc/rfc8446", RFC_STARTTLS),
        decide=(
            (
                "`$ openssl s_client -starttls smtp -connect {smtp_server}:{port}`: 'Acceptable client certificate CA names' "
                "or 'Client Certificate Types' means that the server requests one."
            ),
        ),
    ),
    Cause(
        id="tls_version",
        title="the client, or a device on the path, does not support TLS 1.2",
        meaning=(
            "Microsoft 365 accepts only TLS 1.2 or newer. This client, or a device on the path, offers an older version."
        ),
        shows="421 4.7.66 TLS 1.0 and 1.1 are not supported; 'protocol version' alerts; 'no appropriate protocol'; "
        "'do not possess a common algorithm'; 'remote party has closed the transport stream'.",
        who="sender",
        steps=(
            _STRONG_CRYPTO,
            _SYSTEM_DEFAULT,
            (
                "Windows: make sure that TLS 1.2 is not switched off for clients under "
                "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client "
                "(Enabled = 1, DisabledByDefault = 0, or no such key). Windows Server 2008 R2 and 2012 need an update "
                "as well."
            ),
            "Restart the machine: services read these values when they start.",
            (
                "Linux: update OpenSSL and the runtime. Java 7 and JavaMail before 1.6: set mail.smtp.ssl.protocols=TLSv1.2."
            ),
            (
                "If a device cannot support TLS 1.2, send through a relay. Only as a last resort, use "
                "smtp-legacy.office365.com, which also needs `Set-TransportConfig -AllowLegacyTLSClients $true`."
            ),
        ),
        verify=(
            "Check TLS-03 and the HOST checks pass, and the application itself completes STARTTLS (this suite uses "
            "Python's TLS, not the application's)."
        ),
        propagation="After the restart; AllowLegacyTLSClients takes up to an hour.",
        risk=(
            "AllowLegacyTLSClients weakens the whole tenant, and audit baselines object to it. The registry values can "
            "change which TLS versions old programs on the machine negotiate."
        ),
        source=(FAQ + ", SSL/TLS handshake failed", TLS_12, DOTNET_TLS, SCHANNEL, SMTP_AUTH),
        decide=(
            Step(
                (
                    "Checks TLS-03, HOST-01, HOST-02 and HOST-03; `$ openssl s_client -starttls smtp -tls1_2 -connect "
                    "{smtp_server}:{port}` on the same machine."
                ),
                answered_by=("TLS-03", "HOST-01", "HOST-02", "HOST-03"),
            ),
        ),
    ),
    Cause(
        id="legacy_tls_client",
        title="the client's TLS software is too old",
        meaning=(
            "The runtime supports no cipher, signature algorithm or certificate format that servers still accept. Update "
            "it, or configure it to use what the operating system offers."
        ),
        shows=(
            "'handshake failure', 'no cipher suites in common', HOST checks that fail, devices and runtimes from before "
            "2014."
        ),
        who="sender",
        steps=(
            _STRONG_CRYPTO,
            _SYSTEM_DEFAULT,
            (
                "Update the runtime: .NET Framework 4.8, Java 8u261 or newer, OpenSSL 1.1.1 or newer, current device "
                "firmware."
            ),
            (
                "List the cipher suites of Windows and enable ECDHE suites with AES-GCM: `Get-TlsCipherSuite | Select-Object "
                "Name`."
            ),
            "Restart the machine.",
        ),
        verify="The application completes STARTTLS, and checks HOST-01 to HOST-03 pass.",
        propagation="After the restart.",
        risk="A change of cipher suites affects every program on the machine: change and test one value at a time.",
        source=(FAQ + ", SSL/TLS handshake failed", DOTNET_TLS, SCHANNEL),
        decide=(
            Step(
                (
                    "Checks HOST-01 to HOST-03; if TLS works for this suite on the same machine, the reason is the application's "
                    "runtime."
                ),
                answered_by=("HOST-01", "HOST-02", "HOST-03", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_untrusted",
        title="this machine does not trust the server's certificate",
        meaning=(
            "The certificate chain ends at a root that this program does not trust. Either a device on the path decrypts "
            "the connection (a proxy, an antivirus), or the machine's list of roots is incomplete or cannot be checked."
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
                "If the issuer is your company's proxy or an antivirus, exclude {smtp_server} from TLS inspection (as "
                "Microsoft recommends for its endpoints), or add that root to the trust store of this runtime."
            ),
            (
                "If the issuer is DigiCert or Microsoft, add the missing roots. Windows: run Windows Update and `certutil "
                "-generateSSTFromWU roots.sst`; Debian: `$ apt-get install --reinstall ca-certificates`; Java: its own cacerts "
                "file; Node: NODE_EXTRA_CA_CERTS; Python: the certifi or system bundle."
            ),
            (
                "If revocation cannot be checked, allow HTTP port 80 to the CRL and OCSP hosts of DigiCert and Microsoft."
            ),
        ),
        verify=(
            "Checks TLS-01 and TLS-02 pass, and `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}` ends "
            "with Verify return code: 0 (ok)."
        ),
        propagation="Immediately; restart the service so that it reads the trust store again.",
        risk=(
            "Never turn verification off: the password or token would go to any device on the path. A proxy whose root is "
            "added can decrypt every connection of this machine."
        ),
        source=("https://learn.microsoft.com/en-us/purview/encryption-office-365-certificate-chains", DEVICE),
        decide=(
            Step(
                (
                    "Check TLS-02: is the certificate Microsoft's own (roots are missing here) or another one (inspection)?"
                ),
                answered_by=("TLS-02", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_name_mismatch",
        title="the certificate is for another host name",
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
                "If SMTP Server ({smtp_server}) is your own alias, an IP address or a misspelt name, enter smtp.office365.com "
                "itself, or your cloud's host."
            ),
            _SHOW_CERTIFICATE,
            (
                "If the name is right and the certificate belongs to a hosting provider, a firewall or an antivirus, exclude "
                "{smtp_server}:{port} from its inspection."
            ),
        ),
        verify="Checks TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk="Never switch the name check off: it prevents the impersonation of Microsoft's server.",
        source=(DEVICE, "https://www.rfc-editor.org/rfc/rfc9525"),
        decide=(Step("Check TLS-02: the names in the certificate.", answered_by=("TLS-02", "TLS-01")),),
    ),
    Cause(
        id="cert_expired",
        title="the server's certificate has expired, expires soon or is not yet valid",
        meaning=(
            "The certificate has expired or expires soon, or this machine's clock is wrong. Microsoft renews its "
            "certificates in time, so the reason is probably the clock or a device on the path."
        ),
        shows="'certificate has expired', CERT_HAS_EXPIRED, 'NotTimeValid'.",
        who="network",
        steps=(
            COMPARE_CLOCK,
            _SHOW_CERTIFICATE,
            (
                "If a root or an intermediate certificate has expired, update the list of roots of this machine or runtime."
            ),
            (
                "If the certificate belongs to a proxy, have its owner renew it, or exclude {smtp_server} from inspection."
            ),
        ),
        verify="Checks TLS-01, RISK-03 and HOST-04 pass.",
        propagation="Immediately.",
        risk="Never turn verification off to get around this.",
        source=("https://www.rfc-editor.org/rfc/rfc5280", TROUBLE),
        decide=(Step("Check HOST-04 (clock) and the dates in TLS-01.", answered_by=("HOST-04", "TLS-01")),),
    ),
)
