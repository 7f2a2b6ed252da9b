"""Causes in the encryption of the SMTP connection: STARTTLS, TLS versions, certificates."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.network import COMPARE_CLOCK
from knowledge.entries.sources import DEVICE, DOTNET_TLS, FAQ, RFC_STARTTLS, SCHANNEL, SMTP_AUTH, TLS_12, TROUBLE
from knowledge.step import Step

_SHOW_CERTIFICATE: Final = Step(
    "See which certificate arrives: this suite's report shows the chain under TLS. With OpenSSL: `$ openssl "
    "s_client -starttls smtp -connect {smtp_server}:{port} -showcerts`. Subject and issuer must name Microsoft "
    "Corporation and DigiCert or Microsoft.",
    answered_by=("TOKEN-01", "TLS-01"),
)
_STRONG_CRYPTO: Final = (
    "Windows, .NET Framework 4: let it use strong cryptography in both registry views, as an "
    "administrator: `Set-ItemProperty -Path 'HKLM:\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319' -Name "
    "'SchUseStrongCrypto' -Value 1 -Type DWord` and `Set-ItemProperty -Path "
    "'HKLM:\\SOFTWARE\\Wow6432Node\\Microsoft\\.NETFramework\\v4.0.30319' -Name 'SchUseStrongCrypto' "
    "-Value 1 -Type DWord`."
)
_SYSTEM_DEFAULT: Final = (
    "The same two keys with the value SystemDefaultTlsVersions = 1 (DWord) let .NET follow the system's choice; "
    "the mail plugin's FAQ names only SchUseStrongCrypto, Microsoft recommends both."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="starttls_missing_or_implicit_tls_on_587",
        title="the client starts encryption the wrong way for this port",
        meaning=(
            "Port 587 starts in plain text and is then upgraded with STARTTLS. This client either speaks TLS from "
            "the first byte or never upgrades, and the server refuses both."
        ),
        shows=(
            "'wrong version number', 'first record does not look like a TLS handshake', 'unrecognized SSL "
            "message', 451 5.7.3 STARTTLS is required to send mail, 'must issue a STARTTLS command first', 'AUTH "
            "not supported by server'."
        ),
        who="sender",
        steps=(
            "Email Alarm Plugin, SMTP Options: check Use SSL; on port 587 it means STARTTLS.",
            (
                "Other clients: choose STARTTLS (also: TLS explicit, tls, SecureSocketOptions.StartTls), not SSL/TLS "
                "or smtps."
            ),
            (
                "nodemailer: secure: false with requireTLS: true. PHPMailer: SMTPSecure = 'tls'. JavaMail: "
                "mail.smtp.starttls.enable and .required = true, mail.smtp.ssl.enable = false. Python: SMTP() then "
                "starttls(), not SMTP_SSL()."
            ),
            "Do not move to port 465: Microsoft 365 does not serve it.",
        ),
        verify="Checks SMTP-02 and TLS-01 pass and the client gets 220 2.0.0 SMTP server ready after STARTTLS.",
        propagation="Immediately after saving.",
        risk="None. Never answer this by turning certificate checking off.",
        source=(FAQ + ", SSL/TLS handshake failed", DEVICE, RFC_STARTTLS),
        decide=(
            Step(
                "Check BASIC-08 or OAUTH-09 (Use SSL), and SMTP-02: if our own STARTTLS works from this machine, it is "
                "the client's setting.",
                answered_by=("BASIC-08", "OAUTH-09", "SMTP-02"),
            ),
        ),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning=(
            "The server on this port starts with a TLS handshake (implicit TLS). The application starts in plain text and "
            "encrypts with STARTTLS, so each side waits for the other until one gives up."
        ),
        shows="A connection that opens and stays silent; a TLS handshake at once is answered, with a certificate.",
        who="sender",
        steps=(
            "Set Port to the port on which the server offers STARTTLS (587 on most servers), and keep Use SSL checked.",
            "If the server has no such port, ask its administrator for one.",
            "A client that can do implicit TLS (also: SSL/TLS, smtps) may use this port with that setting instead.",
        ),
        verify="Check SMTP-01 passes: the server sends a line that begins with 220 before any encryption.",
        propagation="Immediately after saving.",
        risk="None. Never answer this by turning encryption off.",
        source=("https://www.rfc-editor.org/rfc/rfc8314", RFC_STARTTLS),
        decide=(
            (
                "`$ openssl s_client -connect {smtp_server}:{port}`: a certificate, and then a line that begins with 220, "
                "means TLS from the first byte."
            ),
        ),
    ),
    Cause(
        id="client_certificate_required",
        title="the server asks for a client certificate",
        meaning=(
            "The server takes only clients that show a certificate of their own in the TLS handshake. The application "
            "shows none, so the server ends the connection before it reads a password or a token."
        ),
        shows=(
            "The TLS alerts 'certificate required' and, after a request for a certificate, 'handshake failure'; 421, 454 or "
            "530 with 'No client certificate presented' or 'client certificate required'."
        ),
        who="exchange",
        steps=(
            (
                "Ask the administrator of {smtp_server} for a port that takes a user name and a password or token without a "
                "client certificate, or to exempt this machine."
            ),
            (
                "On the server: Postfix, smtpd_tls_req_ccert = no for the submission service; Exim, tls_verify_hosts; "
                "Dovecot, auth_ssl_require_client_cert = no."
            ),
            (
                "If the certificate must stay: have the administrator issue one, and use a client or a relay that can show "
                "it. The mail plugin has no field for it."
            ),
        ),
        verify="Checks TLS-01 and SMTP-03 pass: the server answers EHLO behind STARTTLS.",
        propagation="Immediately after the server has read its new settings.",
        risk="The sign-in is then the only lock on that port: keep it required there.",
        source=("https://www.rfc-editor.org/rfc/rfc8446", RFC_STARTTLS),
        decide=(
            (
                "`$ openssl s_client -starttls smtp -connect {smtp_server}:{port}`: 'Acceptable client certificate CA names' "
                "or 'Client Certificate Types' means that the server asks for one."
            ),
        ),
    ),
    Cause(
        id="tls_version",
        title="the client or the path cannot do TLS 1.2",
        meaning=(
            "Microsoft 365 takes TLS 1.2 or newer only. This client offers something older, or a box in between does."
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
            "Restart the machine; services read these values at start.",
            (
                "Linux: update OpenSSL and the runtime; Java 7 and JavaMail before 1.6: set "
                "mail.smtp.ssl.protocols=TLSv1.2."
            ),
            (
                "A device that cannot learn TLS 1.2: put a relay before it. Only as a last resort use "
                "smtp-legacy.office365.com, which also needs `Set-TransportConfig -AllowLegacyTLSClients $true`."
            ),
        ),
        verify=(
            "Check TLS-03 and the HOST checks pass; the application itself gets past STARTTLS (our TLS is Python's, not "
            "its)."
        ),
        propagation="After the restart; AllowLegacyTLSClients up to an hour.",
        risk=(
            "AllowLegacyTLSClients weakens the whole tenant and audit baselines object; the registry values can "
            "change what old programs on the machine negotiate."
        ),
        source=(FAQ + ", SSL/TLS handshake failed", TLS_12, DOTNET_TLS, SCHANNEL, SMTP_AUTH),
        decide=(
            Step(
                "Checks TLS-03, HOST-01, HOST-02 and HOST-03; `$ openssl s_client -starttls smtp -tls1_2 -connect "
                "{smtp_server}:{port}` from the same machine.",
                answered_by=("TLS-03", "HOST-01", "HOST-02", "HOST-03"),
            ),
        ),
    ),
    Cause(
        id="legacy_tls_client",
        title="the client's TLS software is too old",
        meaning="The runtime knows no cipher, signature or certificate form that is still accepted. "
        "It must be renewed or configured to use what the operating system offers.",
        shows=(
            "'handshake failure', 'no cipher suites in common', HOST checks red, devices and runtimes from before 2014."
        ),
        who="sender",
        steps=(
            _STRONG_CRYPTO,
            _SYSTEM_DEFAULT,
            (
                "Update the runtime: .NET Framework 4.8, Java 8u261 or newer, OpenSSL 1.1.1 or newer, current device "
                "firmware."
            ),
            "List what Windows offers: `Get-TlsCipherSuite | Select-Object Name` and enable ECDHE suites with AES-GCM.",
            "Restart the machine.",
        ),
        verify="The application gets past STARTTLS, and checks HOST-01 to HOST-03 pass.",
        propagation="After the restart.",
        risk="Changing cipher suites affects every program on the machine; change one value, test, go on.",
        source=(FAQ + ", SSL/TLS handshake failed", DOTNET_TLS, SCHANNEL),
        decide=(
            Step(
                "Checks HOST-01 to HOST-03; if our TLS works from the same machine, it is the application's runtime.",
                answered_by=("HOST-01", "HOST-02", "HOST-03", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_untrusted",
        title="this machine does not trust the certificate that was shown",
        meaning=(
            "The certificate's chain ends at a root that this program does not know. Either something opens the "
            "encryption on the way (a proxy, an antivirus), or the machine's list of roots is incomplete or cannot "
            "be checked."
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
                "If the issuer is your company's proxy or an antivirus: exclude {smtp_server} from TLS inspection "
                "(Microsoft advises so for its endpoints), or add that root to the store this runtime uses."
            ),
            (
                "If the issuer is DigiCert or Microsoft: the roots are missing. Windows: `certutil -generateSSTFromWU "
                "roots.sst` and run Windows Update; Debian: `$ apt-get install --reinstall ca-certificates`; Java: its "
                "own cacerts file; Node: NODE_EXTRA_CA_CERTS; Python: the certifi or system bundle."
            ),
            (
                "If it says that revocation cannot be checked: allow HTTP port 80 to DigiCert's and Microsoft's CRL "
                "and OCSP hosts."
            ),
        ),
        verify=(
            "Checks TLS-01 and TLS-02 pass, and `$ openssl s_client -starttls smtp -connect {smtp_server}:{port}` ends "
            "with Verify return code: 0 (ok)."
        ),
        propagation="Immediately; restart the service so that it reads the store again.",
        risk=(
            "Never turn verification off: the password or token would go to whoever is in between. Adding a "
            "proxy's root trusts that proxy with everything."
        ),
        source=("https://learn.microsoft.com/en-us/purview/encryption-office-365-certificate-chains", DEVICE),
        decide=(
            Step(
                "Check TLS-02: is the shown certificate Microsoft's own (roots missing here) or another's (inspection)?",
                answered_by=("TLS-02", "TLS-01"),
            ),
        ),
    ),
    Cause(
        id="cert_name_mismatch",
        title="the certificate is for another name",
        meaning="The server showed a valid certificate, but not one for the name in the settings. "
        "Either the settings name an alias or an address, or something on the way shows its own.",
        shows=(
            "'did not match expected CN', 'Hostname/IP does not match certificate's altnames', 'certificate is "
            "valid for …, not …', RemoteCertificateNameMismatch."
        ),
        who="network",
        steps=(
            (
                "If SMTP Server ({smtp_server}) is an alias of your own, an IP address or a misspelt name: enter "
                "smtp.office365.com itself, or your cloud's host."
            ),
            _SHOW_CERTIFICATE,
            (
                "If the name is right and the certificate is a hosting provider's, a firewall's or an antivirus's: have that "
                "one let {smtp_server}:{port} pass untouched."
            ),
        ),
        verify="Checks TLS-01 and TLS-02 pass.",
        propagation="Immediately.",
        risk="Never switch the name check off; it is what tells Microsoft from an impostor.",
        source=(DEVICE, "https://www.rfc-editor.org/rfc/rfc9525"),
        decide=(
            Step("Check TLS-02: whose name is in the certificate that was shown.", answered_by=("TLS-02", "TLS-01")),
        ),
    ),
    Cause(
        id="cert_expired",
        title="the certificate that was shown is out of date",
        meaning="The certificate's last day has passed, or this machine's clock believes so. "
        "Microsoft renews its own in time, so suspect the clock or something in between.",
        shows="'certificate has expired', CERT_HAS_EXPIRED, 'NotTimeValid'.",
        who="network",
        steps=(
            COMPARE_CLOCK,
            _SHOW_CERTIFICATE,
            "If a root or intermediate has expired, update the list of roots of this machine or runtime.",
            "If the certificate belongs to a proxy, have its owner renew it or exclude {smtp_server}.",
        ),
        verify="Checks TLS-01, RISK-03 and HOST-04 pass.",
        propagation="Immediately.",
        risk="Never answer this by turning verification off.",
        source=("https://www.rfc-editor.org/rfc/rfc5280", TROUBLE),
        decide=(Step("Check HOST-04 (clock) and the dates in TLS-01.", answered_by=("HOST-04", "TLS-01")),),
    ),
)
