"""Recognise the errors of programs that send no mail, such as databases, directories, brokers, version control and package managers.

Some words occur in no text about mail. The names of other services, their ports and web addresses count only without a sign of mail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from knowledge.context import LOGIN, SUBMISSION
from knowledge.normalise import any_of

if TYPE_CHECKING:
    from knowledge.normalise import NormalisedText

# Words of the error messages of other programs.
MESSAGES: Final = any_of(
    "fatal: unable to access | retry(total= | sql server | psycopg2 | jdbc: | ssh: connect | "
    "password authentication failed for user | pg_hba.conf | pg::connectionbad | sqlstate[ | psql: | mysql | "
    "mariadb | mongoserver | mongonetwork | "
    "ora-0 | ora-1 | redis | noauth authentication required | wrongpass | memcached | elasticsearch | rabbitmq | "
    "amqp:// | kafka | "
    "upstream timed out | while reading response header from upstream | connect() failed (111: | "
    "apache2: could not reliably | mpm_prefork | authz_core | "
    "mod_fcgid | fastcgi:// | failed to pull image | imagepull | kubelet | error response from daemon | "
    "docker: error | rpc error: code = | "
    "authentication failed for 'http | support for password authentication was removed | "
    "could not read from remote repository | "
    "permission denied (publickey | kex_exchange_identification | ssh_exchange_identification | npm err! | "
    "pip._vendor | e: failed to fetch | "
    "shadowsocks | jackett | ldap_bind | ldaperr | minecraft | steam | "
    "pika.exceptions | amqp.exceptions | access_refused - login | connection_forced - | imaplib. | imap4. | poplib. | "
    "ftplib. | paramiko. | ldap3.core | ldap_sasl_bind | npm error | kubernetes cluster unreachable"
)
# Programs and runtimes that send mail or fetch tokens: with one of these, an error of a connection can be an error of sending mail.
_SENDS: Final = re.compile(
    r"python|\.net\b|java|kotlin|php|node|deno|\bgo\b|ruby|rails|"
    r"perl|rust|powershell|curl|swaks|azure|entra|graph|http|oidc|oauth|token|n8n|grafana|gitlab|alert|monitor|zabbix|nagios|jira|jenkins|next|wordpress|telnet|openssl|printer|scanner|nas|smtp|notif|report|uptime"
)
# Names of services, protocols and tools that send no mail.
_SERVICES: Final = re.compile(
    r"\b(?:postgres(?:ql)?|psql|mongo(?:db)?|rediss?|etcd|zookeeper|cassandra|consul|clickhouse|influxdb|mssql|odbc|oracle|tns|"
    r"amqps?|pika|mqtts?|nats|stomp|ldaps?|ldap3|kerberos|radius|sshd?|sftp|ftps?|rsync|rdp|smb|nfs|vnc|imap4?|pop3|"
    r"syslog|rsyslogd|snmp|kube[a-z\-]*|k8s|helm|istio|docker|dockerd|containerd|podman|terraform|ansible|vault|minio|"
    r"git|github|svn|npm|npmjs|yarn(?:pkg)?|pnpm|pip3?|pypi|pythonhosted|conda|composer|packagist|maven|gradle|nuget|"
    r"rubygems|crates|archlinux|ubuntu|debian|apt|dnf|yum|apk)\b|/simple/[a-z0-9._\-]{1,80}/|unable to connect to the server: "
)
_MAIL: Final = re.compile(
    r"smtp|mail|imap|pop3|rcpt|mime|(?<!\d)587(?!\d)|(?<!\d)465(?!\d)|outlook|office365|microsoftonline|oauth|aadsts|msal|exchange|sasl|"
    r"starttls|5\.7\.|\b535\b|:25\b|sendgrid|graph\.microsoft|email|courriel|correo"
)
# Narrower than `_MAIL`: protocols that only read mail are no sign of sending it.
_SENDING: Final = re.compile(
    r"smtp|mail(?!to:)|\brcpt\b|outlook|office365|microsoftonline|graph\.microsoft|windows\.net|oauth|aadsts|msal|starttls|"
    r"exchange online|\.microsoft\b|(?<![\d.])[245]\d\d[ \-][245]\.\d{1,2}\.\d{1,3}|\b535\b|sendgrid|courriel|correo|"
    r"(?:(?<!\.c)(?<!\.go)(?<!\.py)(?<!\.js):|\bports?\W{1,4}|['\"], )(?:25|465|587|2525)(?![\d.]|:\d)"
)
# A library or a port that only sends mail, not as part of a path: the text may also mention a database, a cache or a broker.
_MAILER: Final = re.compile(
    r"(?<![/\-])(?:smtp(?:lib|exception|client|error|transport|server|auth|socket|connect|sender|_|: )|mailkit|nodemailer|javamail|"
    r"(?:jakarta|javax|net)\.mail|phpmailer|swiftmailer|symfony.mailer|actionmailer)|\bport\W{1,4}(?:587|465)(?!\d)|:(?:587|465)(?![\d.])"
)
_OTHER_PORT: Final = re.compile(
    r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|https?://[a-z0-9.\-]{2,100}):(\d{2,5})(?![\d.]|:\d)|"
    r"\bport[: ]{1,2}(\d{2,5})(?!\d)"
)
_PORTS: Final = frozenset({25, 26, 53, 80, 110, 143, 443, 465, 587, 993, 995, 1025, 1080, 2525, 2587, 3128, 8080, 8888})
# Ports that IANA assigns to other services, or that these use by default, after the name of any host.
_SERVICE_PORT: Final = re.compile(
    r"[a-z0-9\-]\.?:(?:22|389|445|514|636|1433|1521|1883|2181|2375|2376|2379|3268|3306|3389|5432|5671|5672|6379|6443|6514|8200|8500|8883|"
    r"9092|9200|11211|27017)(?![\d.]|:\d)"
)
# A request for a web page or a file, at an address that is none of Microsoft's (those are signs of mail).
_REQUEST: Final = re.compile(
    r"(?:\bget|\bput|\bpost|\bhead|access|request to|requesting|downloading|fetch(?:ing)?|endpoint url:?)\s{1,2}['\"]{0,2}https?://|"
    r"error occurred: ['\"]https?://"
)


def is_about_sending(text: NormalisedText, client: str | None) -> bool:
    """Return whether a text or the client's name has a sign of mail: a word, a port, a host or a reply code of sending it."""
    return (
        _SENDING.search(text.whole) is not None
        or any(host in text.whole for host in (*SUBMISSION, *LOGIN))
        or _SENDING.search((client or "").lower()[:300]) is not None
    )


def mentions_mail(words: str) -> bool:
    """Return whether words in lower case contain one that also occurs in texts about reading mail or fetching tokens."""
    return _MAIL.search(words) is not None


def other_program(text: NormalisedText, client: str) -> str | None:
    """Return the words that show that a program that sends no mail, such as a database or a web server, probably wrote the text.

    Takes the normalised text and the client's name in lower case. Returns an empty text if only the client's name shows it, and None if
    nothing does.
    """
    named = next((words for words in MESSAGES if words in text.flat), None)
    if named and not _MAILER.search(text.whole):
        return named
    if not is_about_sending(text, client):
        found = _SERVICES.search(text.flat) or _SERVICE_PORT.search(text.flat) or _REQUEST.search(text.flat)
        if found:
            return found.group().strip()
    if mentions_mail(text.whole):
        return None
    if found_in_client := next((words for words in MESSAGES if words in client), None):
        return found_in_client
    port = _OTHER_PORT.search(text.flat)
    if port and int(port.group(1) or port.group(2)) not in _PORTS:
        return port.group()
    return "" if client and not mentions_mail(client) and not _SENDS.search(client) else None
