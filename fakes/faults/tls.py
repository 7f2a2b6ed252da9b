"""TLS faults on the submission server and on the login host: outdated protocol versions and problems with certificates."""

from ..world.network import Certificate, TlsRange
from . import change
from .fault import Fault

OAUTH = ("oauth",)

TLS = (
    Fault(
        id="tls_too_old",
        changes="the server supports only TLS 1.0 and 1.1",
        gate="tls",
        cause="tls_version",
        change=change.smtp_tls(versions=TlsRange.ONLY_OLD),
    ),
    Fault(
        id="certificate_expired",
        changes="the server's certificate has expired",
        gate="tls",
        cause="cert_expired",
        change=change.smtp_tls(certificate=Certificate.EXPIRED),
    ),
    Fault(
        id="certificate_not_yet_valid",
        changes="the server's certificate is not yet valid",
        gate="tls",
        cause="cert_expired",
        change=change.smtp_tls(certificate=Certificate.NOT_YET_VALID),
    ),
    Fault(
        id="certificate_expiring",
        changes="the server's certificate expires in five days",
        gate="tls",
        cause="cert_expired",
        change=change.smtp_tls(certificate=Certificate.EXPIRING),
    ),
    Fault(
        id="certificate_other_name",
        changes="the server's certificate is for a different name",
        gate="tls",
        cause="cert_name_mismatch",
        change=change.smtp_tls(certificate=Certificate.OTHER_NAME),
    ),
    Fault(
        id="certificate_self_signed",
        changes="the server's certificate is self-signed",
        gate="tls",
        cause="cert_untrusted",
        change=change.smtp_tls(certificate=Certificate.SELF_SIGNED),
    ),
    Fault(
        id="certificate_unknown_root",
        changes="the server's certificate chains to an untrusted root",
        gate="tls",
        cause="cert_untrusted",
        change=change.smtp_tls(certificate=Certificate.UNKNOWN_ROOT),
    ),
    Fault(
        id="certificate_chain_incomplete",
        changes="the server does not send its intermediate certificate",
        gate="tls",
        cause="cert_untrusted",
        change=change.smtp_tls(certificate=Certificate.MISSING_INTERMEDIATE),
    ),
    Fault(
        id="mail_shield",
        changes="a mail shield replaces the certificate, and this machine does not trust its root",
        gate="tls",
        cause="cert_untrusted",
        change=change.smtp_tls(certificate=Certificate.MAIL_SHIELD),
    ),
    Fault(
        id="mail_shield_trusted",
        changes="a mail shield replaces the certificate, and this machine trusts its root",
        gate="tls",
        cause="smtp_rewritten",
        change=change.smtp_tls(certificate=Certificate.TRUSTED_MAIL_SHIELD),
    ),
    Fault(
        id="login_certificate_unknown_root",
        changes="the login host's certificate chains to an untrusted root",
        gate="issuer",
        cause="cert_untrusted",
        senders=OAUTH,
        change=change.login_tls(certificate=Certificate.UNKNOWN_ROOT),
    ),
    Fault(
        id="login_certificate_expired",
        changes="the login host's certificate has expired",
        gate="issuer",
        cause="cert_expired",
        senders=OAUTH,
        change=change.login_tls(certificate=Certificate.EXPIRED),
    ),
    Fault(
        id="login_certificate_other_name",
        changes="the login host's certificate is for a different name",
        gate="issuer",
        cause="cert_name_mismatch",
        senders=OAUTH,
        change=change.login_tls(certificate=Certificate.OTHER_NAME),
    ),
)
