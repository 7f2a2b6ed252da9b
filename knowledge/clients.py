"""The mail and token clients that a text can come from: how a text shows the client, and how to make the client log the dialogue.

The log settings are those that each client documents (read on 2026-11-27).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_READ: Final = 60_000  # characters of a text that are searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client: its name, the words of its messages and names in lower case, and how to log the server's replies."""

    id: str
    name: str
    words: tuple[str, ...]
    log: str
    source: str


def _client(id_: str, name: str, words: str, log: str, source: str) -> Client:
    return Client(id=id_, name=name, words=tuple(words.split(" | ")), log=log, source=source)


_ALL: Final = (
    _client(
        "plugin",
        "the Email Alarm Plugin",
        "email alarm plugin | emailalarmplugin | nodinite",
        "run this suite with the plugin's settings: its report contains every reply of the server",
        "https://docs.nodinite.com",
    ),
    _client(
        "system.net.mail",
        "System.Net.Mail",
        "system.net.mail | smtpfailedrecipient | smtpstatuscode | send-mailmessage",
        "print the whole exception with `ToString()`, including its inner exceptions and its StatusCode",
        "https://learn.microsoft.com/dotnet/api/system.net.mail.smtpexception",
    ),
    _client(
        "mailkit",
        "MailKit",
        "mailkit | mimekit",
        'create the client with `new SmtpClient (new ProtocolLogger ("smtp.log"))`',
        "https://github.com/jstedfast/MailKit/blob/master/FAQ.md",
    ),
    _client(
        "msal.net",
        "MSAL.NET",
        "microsoft.identity.client | msal.net | msalserviceexception | msalclientexception",
        "print the whole exception with `ToString()`: it contains the reply of the token service",
        "https://learn.microsoft.com/entra/msal/dotnet/advanced/exceptions/",
    ),
    _client(
        "javamail",
        "JavaMail",
        "javax.mail | jakarta.mail | com.sun.mail | eclipse.angus | javamail | angus mail",
        "set the property mail.debug to true",
        "https://jakarta.ee/specifications/mail/2.0/apidocs/jakarta.mail/module-summary.html",
    ),
    _client(
        "phpmailer",
        "PHPMailer",
        "phpmailer | smtp connect() failed | smtp error: could not | smtp -> error",
        "set `$mail->SMTPDebug = 2`",
        "https://github.com/PHPMailer/PHPMailer/wiki/SMTP-Debugging",
    ),
    _client(
        "symfony",
        "Symfony Mailer",
        "symfony\\component\\mailer | symfony mailer | symfony/mailer | laravel | swift_ | swiftmailer",
        "print `$exception->getDebug()` of the TransportException",
        "https://symfony.com/doc/current/mailer.html#debugging-emails",
    ),
    _client(
        "nodemailer",
        "nodemailer",
        'nodemailer | smtp-connection | code: \'eauth\' | "code":"eauth" | "code": "eauth"',
        "create the transport with `logger: true, debug: true`",
        "https://nodemailer.com/smtp/#debug-options",
    ),
    _client(
        "msal-node",
        "msal-node",
        "msal-node | msal-common | @azure/msal | clientautherror: | @azure/identity",
        "print the whole error: its errorMessage contains the reply of the token service",
        "https://learn.microsoft.com/entra/msal/javascript/node/",
    ),
    _client(
        "aiosmtplib",
        "aiosmtplib",
        "aiosmtplib",
        "print the exception's code and message",
        "https://aiosmtplib.readthedocs.io/en/stable/reference.html",
    ),
    _client(
        "smtplib",
        "Python's smtplib",
        "smtplib | smtpauthenticationerror | smtpserverdisconnected | smtpsenderrefused | smtpnotsupportederror | smtpdataerror",
        "call `set_debuglevel(1)` on the connection",
        "https://docs.python.org/3/library/smtplib.html",
    ),
    _client(
        "go",
        "Go's net/smtp",
        "net/smtp | gomail | dial tcp | go-mail | x509: certificate | golang",
        "print the returned error: it is the server's reply",
        "https://pkg.go.dev/net/smtp",
    ),
    _client(
        "ruby",
        "Ruby's Net::SMTP",
        "net::smtpauth | net::smtpserver | net::smtpfatal | net::smtpsyntax | net::smtpunknown | net/smtp.rb | ruby net::smtp",
        "call `set_debug_output($stderr)` before `start`",
        "https://docs.ruby-lang.org/en/master/Net/SMTP.html",
    ),
    _client(
        "perl",
        "Perl's Net::SMTP",
        "net::smtp=glob | net::smtp>>> | net/smtp.pm | perl net::smtp | email::sender | sendemail (perl",
        "create the connection with `Debug => 1`",
        "https://perldoc.perl.org/Net::SMTP",
    ),
    _client(
        "postfix",
        "Postfix",
        "postfix | status=bounced | status=deferred | sasl authentication failed; server",
        "set `debug_peer_list = smtp.office365.com` in main.cf, and read the mail log",
        "https://www.postfix.org/DEBUG_README.html",
    ),
    _client(
        "exim",
        "Exim",
        "exim | t=remote_smtp | smtp error from remote mail server",
        "deliver one message of the queue with `exim -v -M MESSAGE-ID`",
        "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-the_exim_command_line.html",
    ),
    _client(
        "msmtp",
        "msmtp",
        "msmtp",
        "run msmtp with `--debug`",
        "https://marlam.de/msmtp/msmtp.html",
    ),
    _client(
        "s-nail",
        "s-nail",
        "s-nail | smtp-server: 5 | smtp-server: 4",
        "run s-nail with `-v -v`",
        "https://www.sdaoden.eu/code-nail.html",
    ),
    _client(
        "mutt",
        "mutt",
        "mutt | sasl authentication failed. | smtp session failed:",
        "run mutt with `-d 2`, which writes ~/.muttdebug0",
        "http://www.mutt.org/doc/manual/",
    ),
    _client(
        "swaks",
        "swaks",
        "swaks | === trying smtp",
        "paste the whole output of swaks, which contains the dialogue",
        "https://jetmore.org/john/code/swaks/latest/doc/ref.txt",
    ),
    _client(
        "curl",
        "curl",
        "curl: ( | curl | libcurl",
        "run the same command with `--verbose`",
        "https://curl.se/docs/manpage.html#-v",
    ),
)

CLIENTS: Final[Mapping[str, Client]] = MappingProxyType({client.id: client for client in _ALL})
_WORDS: Final = {
    client.id: re.compile("|".join(rf"(?<![a-z0-9]){re.escape(word)}" for word in client.words)) for client in _ALL
}


def named(name: str) -> Client | None:
    """Return the client with this name, or None. The name can have additions, such as a version."""
    low = name.strip().lower()
    return CLIENTS.get(low) or _first(low)


def recognised(text: str, client: str | None = None) -> Client | None:
    """Return the client that a name or, if there is none, the words of a text show; None if neither shows one."""
    return named(client) if client else _first(text[:_READ].lower())


def _first(low: str) -> Client | None:
    """Return the client whose words come first in a text in lower case."""
    places = ((found.start(), name) for name, pattern in _WORDS.items() if (found := pattern.search(low)))
    first = min(places, default=None)
    return CLIENTS[first[1]] if first else None
