"""Tests that texts which are not about sending mail through Microsoft 365 get no advice about it. All texts are invented."""

import pytest

from knowledge.reading import read

# Errors of databases, brokers, directories, shells, containers, version control, package managers and mailbox protocols.
OTHER_PROGRAMS = [
    'could not connect to server: timed out. Is a server running on host "db1" and listening on TCP port 5432?',
    'psql: error: connection to server at "db.contoso.example", port 5432 failed: SSL error: certificate verify failed',
    "db.contoso.example:5432 - connection refused",
    "ERROR 1045 (28000) in MySQL client: Access denied for user 'shop'",
    "Could not connect to Redis at cache.contoso.example:6379: Name or service not known",
    "MongoServerSelectionError: connect ECONNREFUSED 10.2.0.4:27017",
    "[ODBC Driver 18] SSL Provider: certificate verify failed: self-signed certificate",
    "ORA-12541: TNS:no listener",
    "pika.exceptions.AMQPConnectionError: Connection to 10.2.0.8 failed: [Errno 111] Connection refused",
    "pika.exceptions.StreamLostError: Stream connection lost: ConnectionResetError(104, 'Connection reset by peer')",
    "amqp.exceptions.AccessRefused: (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN",
    "MQTT bridge: broker.contoso.example:1883 connection reset by peer",
    "ldap3.core.exceptions.LDAPSocketOpenError: socket connection error while opening: Connection refused",
    "ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)",
    "ssh: connect to host build1 port 22: Operation timed out",
    "paramiko.ssh_exception.AuthenticationException: Authentication failed.",
    "sftp transfer stopped: Connection closed by remote host",
    "ftplib.error_perm: 530 Login incorrect.",
    "fatal: unable to access 'https://git.contoso.example/app.git/': SSL certificate problem: self-signed certificate",
    "git fetch: Could not resolve host: git.contoso.example",
    "WARNING: Retrying after connection broken by SSLError: certificate verify failed: /simple/flask/",
    "pip: HTTPSConnectionPool(host='files.pythonhosted.org', port=443): Read timed out.",
    "npm error code SELF_SIGNED_CERT_IN_CHAIN: request to https://registry.npmjs.org/express failed",
    'yarn: "https://registry.yarnpkg.com/left-pad: getaddrinfo ENOTFOUND registry.yarnpkg.com".',
    "Composer: SSL certificate problem: certificate has expired, repo.packagist.org",
    "Gradle: PKIX path building failed: unable to find valid certification path to requested target",
    "docker pull: tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "Unable to connect to the server: dial tcp 10.2.0.3:6443: i/o timeout",
    "error: kubectl get pods: x509: certificate has expired or is not yet valid",
    "x509: certificate is valid for kubernetes, not k8s.contoso.example (kube-apiserver)",
    'Get "https://api.contoso.example/v1/items": x509: certificate signed by unknown authority',
    "rsyslogd: cannot connect to logs.contoso.example:6514: Connection refused",
    "imaplib.error: b'LOGIN failed.'",
    "imaplib.IMAP4.abort: socket error: EOF",
    "IMAP4.error: [AUTHENTICATIONFAILED] Wrong user name or password",
    "poplib.error_proto: b'-ERR Authentication failure'",
]  # fmt: skip

# Errors of a connection that any program can print.
BARE = [
    "certificate verify failed: unable to get local issuer certificate",
    "x509: certificate signed by unknown authority",
    "javax.net.ssl.SSLHandshakeException: PKIX path building failed",
    "certificate has expired",
    "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1129)",
    "certificate verify failed: self-signed certificate (_ssl.c:465)",
    "tlsv1 alert protocol version",
    "OSError: [Errno 101] Network is unreachable",
    "dial tcp: lookup files.contoso.example: no such host",
    "[Errno -2] Name or service not known",
    "Connection refused",
]  # fmt: skip

PROVIDERS = [
    ("Host: smtp.ionos.com\n535 Authentication Credentials Invalid", "IONOS"),
    ("535 Authentication credentials invalid (smtp.1und1.de)", "IONOS"),
    ("smtp.web.de: 535 Authentication Credentials Invalid", "GMX"),
    ("535 Authentication Credentials Invalid from email-smtp.eu-west-1.amazonaws.com", "Amazon SES"),
    ("p42-smtp.mail.me.com 535 5.7.8 Error: authentication failed: authentication failure", "Apple iCloud"),
    ("smtp.strato.de 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "Strato"),
]  # fmt: skip

POSTFIX = [
    "451 4.3.5 <ops@contoso.example>: Recipient address rejected: Server configuration error",
    "451 4.3.5 Server configuration problem",
    "454 4.7.1 <ops@contoso.example>: Relay access denied",
    "550 5.1.1 <opps@contoso.example>: Recipient address rejected: User unknown in local recipient table",
    "550 5.1.1 <opps@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table",
    "553 5.7.1 <app@contoso.example>: Sender address rejected: not owned by user app",
    "450 4.1.8 <app@nowhere.example>: Sender address rejected: Domain not found",
    "554 5.7.1 Service unavailable; Client host [198.51.100.3] blocked using bl.spamcop.net",
    "450 4.7.1 Client host rejected: cannot find your reverse hostname, [198.51.100.3]",
    "554 5.7.1 <ops@contoso.example>: Recipient address rejected: Access denied",
]  # fmt: skip

STAMPED = [
    ("550 5.4.1 Recipient address rejected: Access denied. [AM5EUR02FT012.eop-EUR02.prod.protection.outlook.com]", "recipient_rejected"),
    ("554 5.7.1 Client host [198.51.100.3] blocked using Spamhaus [DB3FT03.prod.outlook.com]", "outbound_spam_block"),
]  # fmt: skip

# Texts about mail that also mention another program.
ABOUT_MAIL = [
    ("Connected to redis://cache:6379/0\nTask raised smtplib.SMTPServerDisconnected: Connection unexpectedly closed", "port_blocked"),
    ("php: mysql ready; PHPMailer: SMTP connect() failed. Could not connect to host", "port_blocked"),
    ("docker: mailer_1 | Error: connect ECONNREFUSED 192.0.2.5:587", "port_blocked"),
    ("kubernetes: establish connection to server: dial tcp 192.0.2.9:587: i/o timeout", "port_blocked"),
    ("kubectl logs app: dial tcp: lookup smtp.office365.com: no such host", "dns_failure"),
    ('Get "https://login.microsoftonline.com/contoso": x509: certificate signed by unknown authority', "cert_untrusted"),
    ("Nodemailer: Error: self-signed certificate in certificate chain", "cert_untrusted"),
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER_PROGRAMS)
def test_error_of_another_program_is_not_recognised(text: str) -> None:
    """An error of a program that sends no mail, or that only reads it, leads to no cause."""
    reading = read(text)

    assert (reading.speaker, reading.causes, reading.sure) == ("none", ("unrecognised",), False)


@pytest.mark.parametrize("text", BARE)
def test_error_without_a_sign_of_mail_is_not_conclusive(text: str) -> None:
    """An error of a connection is conclusive only if the text or the client's name has a sign of mail."""
    assert not read(text).sure
    assert read(f"{text} (smtp.office365.com)").causes != ("unrecognised",)


def test_sign_of_mail_makes_the_error_of_a_connection_conclusive() -> None:
    """The same untrusted certificate is conclusive with a mail host, a mail port or the name of a mail client."""
    bare = "certificate verify failed: unable to get local issuer certificate"

    assert read(f"smtp.office365.com: {bare}").sure
    assert read(f"192.0.2.1:587: {bare}").sure
    assert read(bare, "smtplib").sure
    assert not read(bare, "python").sure


@pytest.mark.parametrize(("text", "name"), PROVIDERS)
def test_name_of_the_server_decides_the_provider(text: str, name: str) -> None:
    """Where several providers use the same sentence, the server's name decides."""
    reading = read(text)

    assert (reading.speaker, reading.causes) == (f"provider:{name}", ("unrecognised",))


@pytest.mark.parametrize("text", POSTFIX)
def test_reply_of_postfix_has_no_advice_about_microsoft(text: str) -> None:
    """A reply in the wording of Postfix comes from an own relay and leads to no cause."""
    reading = read(text)

    assert (reading.speaker, reading.causes) == ("own_relay", ("unrecognised",))


@pytest.mark.parametrize(("text", "cause"), STAMPED)
def test_stamp_of_microsoft_decides_over_wording(text: str, cause: str) -> None:
    """A reply with the name of one of Microsoft's servers in brackets comes from Microsoft."""
    reading = read(text)

    assert (reading.speaker, reading.causes[0]) == ("microsoft", cause)


@pytest.mark.parametrize(("text", "cause"), ABOUT_MAIL)
def test_mention_of_another_program_does_not_hide_an_error_of_sending(text: str, cause: str) -> None:
    """A text about mail is read although it also mentions a database, a broker or a container."""
    assert read(text).causes[0] == cause
