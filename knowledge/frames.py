"""Remove the frames of stack traces from a text. A frame shows the gate at which the program failed, but its words are not an error text.

Frames of .NET, Java, Python, Node, Go, PHP, Ruby and Perl are recognised. The type and the message of an exception stay in the text.
"""

from __future__ import annotations

import re
from typing import Final

from evidence.gates import Gate

# In the languages of Windows, .NET writes another word than "at" before each frame.
_AT: Final = r"(?:at|bei|à|en|em|in|w|в|vid|bij|at async|在|於|場所|위치:|konum:)"
_DOTNET: Final = re.compile(
    rf"(?<![^\s|>]){_AT}\s{{1,3}}(?:(?:void|async|static|Task|bool|string|int)\s)*"
    r"(?=[^\s(]{0,400}[A-Z<])[\w<>`$|\[\],.+&=]{1,300}\.[\w<>`$|\[\],+&]{1,200}\s?"
    r"\((?:(?:(?:ref|out|in|this|params)\s)?[A-Za-z_][\w.`<>\[\],&?*+]{0,200}\s[\w@&]{1,80}(?:,\s|\)(?<=\))|(?=\)))){0,30}\)?"
    r"(?:\s<0x[0-9a-f]{1,16}(?:\s\+\s0x[0-9a-f]{1,8})?>)?"
    r"(?:\s(?:in|dans|en|в|位置)\s(?:<[0-9a-f#]{1,80}>)?[^\n\"]{0,260}?:(?:\w{1,12}\s)?\d{1,6}\b)?"
)
_DOTNET_MARK: Final = re.compile(
    r"-{2,3} (?:End of |Ende der |Fin de |Fin del |Fine )?[^\n-]{0,60}"
    r"(?:stack ?trace|stack-?überwachung|stapelüberwachung|trace de la pile|seguimiento de la pila|"
    r"analisi dello stack|стека|堆栈跟踪|スタック)"
    r"[^\n-]{0,60} ?-{2,3}",
    re.IGNORECASE,
)
_JAVA: Final = re.compile(
    r"(?<![^\s|>])at\s{1,3}[\w.$/@\-]{1,300}\.[\w$<>]{1,120}\((?:[\w$\-]{1,120}\.(?:java|kt|scala|groovy|clj)(?::\d{1,6})?|Native Method|"
    r"Unknown Source|<generated>|Native Method:\d+)\)(?: ~?\[[^\]\n]{0,120}\])?|(?:^|(?<=\s))\.\.\. \d{1,4} (?:more|common frames omitted)"
)
_NODE: Final = re.compile(
    r"(?<![^\s|>])at\s{1,3}(?:async\s|new\s)?"
    r"(?:(?:[\w$.<>\[\]#*]{1,160}(?: \[as [\w$ ]{1,80}\])?\s\((?:[^()\n]{1,300}:\d{1,6}:\d{1,6}|native|<anonymous>|index \d{1,4})\))"
    r"|(?:(?:node:|internal/|file://|[A-Za-z]:[\\/]|/)[^\s()]{1,300}|[\w.\-]{1,80}\.[cm]?[jt]s):\d{1,6}(?::\d{1,6})?)"
)
_PHP: Final = re.compile(
    r"#\d{1,3}\s{1,3}(?:[^\s#\"]{1,300}\.php\(\d{1,6}\):|\[internal function\]:|\{main\})[^#\n]{0,500}"
    r"|(?:^|(?<=\s))thrown in \S{1,300}\.php on line \d{1,6}"
    r"|\"file\"\s{0,2}:\s{0,2}\"[^\"\n]{1,300}\",\s{0,40}\"line\"\s{0,2}:\s{0,2}\d{1,6},\s{0,40}\"function\"\s{0,2}:\s{0,2}\"[^\"\n]{1,160}\""
    r"(?:,\s{0,40}\"class\"\s{0,2}:\s{0,2}\"[^\"\n]{1,200}\")?(?:,\s{0,40}\"type\"\s{0,2}:\s{0,2}\"[^\"\n]{1,4}\")?"
)
_RUBY: Final = re.compile(
    r"(?:from\s)?[^\s:\"]{1,300}\.(?:rb|erb|rake):\d{1,6}:in\s{1,8}[`'\"][^`'\"\n]{1,160}['\"]|[^\s:]{1,200}/bin/\w{1,40}:\d{1,6}:in\s{1,8}[`'][^`'\n]{1,160}'"
)
_PERL: Final = re.compile(r"\sat \S{1,300}\.(?:pl|pm|cgi) line \d{1,6}\.?")
_PYTHON: Final = re.compile(r"File \"([^\"\n]{1,300})\", line \d{1,6}(?:, in ([\w<>.]{1,120}))?")
_PYTHON_INLINE: Final = re.compile(
    r"(File \"[^\"\n]{1,300}\", line \d{1,6}, in [\w<>.]{1,120})\s[^\n\"]{0,300}?(?=\sFile \")"
)
_PYTHON_HEAD: Final = re.compile(
    r"Traceback \(most recent call last\):|During handling of the above exception, another exception occurred:|"
    r"The above exception was the direct cause of the following exception:")  # fmt: skip
_CODE: Final = re.compile(
    r"^\W{0,8}(?:raise|return|await|with|if|for|try|self\.|yield|\w[\w.]{0,80}\(|[\w.,\[\]\"' ]{1,60} = |\w{1,60}\()"
)
_EXCEPTION: Final = re.compile(
    r"^\W{0,8}[\w.]{1,160}(?:Error|Exception|Refused|Disconnected|Warning|gaierror|timeout|Interrupt|Exit)\b[:(]?"
)
_MARKS: Final = re.compile(r"^\W{0,4}[~^\s]{2,}$")
_GO_PLACE: Final = re.compile(r"^[^\n]{0,80}?\s?\S{1,300}\.go:\d{1,6}(?: \+0x[0-9a-f]{1,8})?\s{0,2}$")
_GO_CALL: Final = re.compile(r"^[^\n]{0,60}?[\w./*()\-]{3,300}\([^\n]{0,300}\)(?: in goroutine \d+)?\s{0,2}$")
_GO_HEAD: Final = re.compile(r"goroutine \d{1,9} \[[^\]\n]{1,60}\]:")

# Words of a frame, and the gate at which a program with this frame works. The first that fits counts.
_PLACES: Final[tuple[tuple[str, Gate], ...]] = (
    ("mailkit.net.networkstream", Gate.GREETING),
    ("smtpstream.readresponse", Gate.GREETING),
    ("system.net.dns.", Gate.NAME),
    ("nameresolution", Gate.NAME),
    ("java.net.inetaddress", Gate.NAME),
    ("getaddrinfo", Gate.NAME),
    ("net.(*resolver)", Gate.NAME),
    ("dns.js", Gate.NAME),
    ("node:dns", Gate.NAME),
    ("microsoft.identity.client", Gate.TOKEN),
    ("system.net.http.", Gate.TOKEN),
    ("system.net.httpwebrequest", Gate.TOKEN),
    ("com.microsoft.aad.msal4j", Gate.TOKEN),
    ("azure.identity", Gate.TOKEN),
    ("/msal/", Gate.TOKEN),
    ("msal-node", Gate.TOKEN),
    ("msal-common", Gate.TOKEN),
    ("golang.org/x/oauth2", Gate.TOKEN),
    ("saslmechanism", Gate.SIGN_IN),
    ("smtpclient.authenticate", Gate.SIGN_IN),
    ("smtptransport$authenticator", Gate.SIGN_IN),
    ("smtptransport.authenticate", Gate.SIGN_IN),
    ("_actionauth", Gate.SIGN_IN),
    ("smtp.(*client).auth", Gate.SIGN_IN),
    ("authhandler->", Gate.SIGN_IN),
    ("smtp->authenticate", Gate.SIGN_IN),
    ("net/smtp/authenticator.rb", Gate.SIGN_IN),
    ("check_auth_response", Gate.SIGN_IN),
    ("smtplib.py in login", Gate.SIGN_IN),
    ("smtplib.py in auth", Gate.SIGN_IN),
    ("recipientcommand", Gate.RECIPIENT),
    ("processrcpttoresponse", Gate.RECIPIENT),
    ("onrecipientnotaccepted", Gate.RECIPIENT),
    ("smtptransport.rcptto", Gate.RECIPIENT),
    ("_actionrcpt", Gate.RECIPIENT),
    ("smtp.(*client).rcpt", Gate.RECIPIENT),
    ("dorcpttocommand", Gate.RECIPIENT),
    ("smtp->recipient", Gate.RECIPIENT),
    ("in 'rcptto", Gate.RECIPIENT),
    ("datastopcommand", Gate.ACCEPTED),
    ("datacommand", Gate.ACCEPTED),
    ("smtptransport.finishdata", Gate.ACCEPTED),
    ("_actionsmtpstream", Gate.ACCEPTED),
    ("smtp->data", Gate.ACCEPTED),
    ("in 'data'", Gate.ACCEPTED),
    ("onsendernotaccepted", Gate.SENDER),
    ("mailcommand", Gate.SENDER),
    ("smtptransport.mailfrom", Gate.SENDER),
    ("_actionmail", Gate.SENDER),
    ("smtp.(*client).mail", Gate.SENDER),
    ("domailfromcommand", Gate.SENDER),
    ("smtp->mail(", Gate.SENDER),
    ("in 'mailfrom'", Gate.SENDER),
    ("smtptransport.starttls", Gate.STARTTLS),
    ("starttlscommand", Gate.STARTTLS),
    ("smtp->starttls", Gate.STARTTLS),
    ("smtplib.py in starttls", Gate.STARTTLS),
    ("sslstream", Gate.TLS),
    ("tlsstream", Gate.TLS),
    ("sun.security.ssl", Gate.TLS),
    ("crypto/tls", Gate.TLS),
    ("tls_wrap", Gate.TLS),
    ("node:tls", Gate.TLS),
    ("ssl.py in do_handshake", Gate.TLS),
    ("ssl_socket_connect", Gate.TLS),
    ("tlsconnect", Gate.TLS),
    ("socket.doconnect", Gate.PORT),
    ("java.net.socket.connect", Gate.PORT),
    ("socketimpl.connect", Gate.PORT),
    ("net.(*dialer)", Gate.PORT),
    ("afterconnect", Gate.PORT),
    ("establishsocketconnection", Gate.PORT),
    ("socket.py in create_connection", Gate.PORT),
    ("smtplib.py in connect", Gate.PORT),
    ("smtp->connect", Gate.PORT),
    ("tcp_socket", Gate.PORT),
    ("smtpconnection.getconnection", Gate.GREETING),
    ("connectandhandshake", Gate.GREETING),
    ("smtptransport.openserver", Gate.GREETING),
)
_NEEDED: Final = re.compile(r"\.(?:java|php|rb|py|pl|pm|go|[cm]?[jt]s|kt|scala)\b|\)|File \"|goroutine|node:")


def gate_of(frame: str) -> Gate | None:
    """Return the gate at which a program with this frame works, or None."""
    low = frame.lower()
    return next((gate for words, gate in _PLACES if words in low), None)


def _lines(text: str, places: list[tuple[bool, str]]) -> str:
    """Remove the frames of Python and Go, in which the place and the code are on separate lines."""
    kept: list[str] = []
    skip_at: int | None = None
    for line in text.split("\n"):
        if skip_at is not None:
            column, skip_at = skip_at, None
            indented = bool(line[column : column + 2]) and line[column : column + 2].isspace()
            if (indented or _CODE.search(line)) and not _EXCEPTION.search(line) and 'File "' not in line:
                continue
        if _MARKS.match(line) and line.strip():
            continue
        found = _PYTHON.search(line)
        if found:
            places.append((True, f"{found.group(1).rpartition('/')[2].rpartition(chr(92))[2]} in {found.group(2)}"))
            rest = line[found.end() :]
            if rest.strip():
                kept.append(line[: found.start()] + rest)
            else:
                skip_at = found.start()
                if line[: found.start()].strip():
                    kept.append(line[: found.start()])
            continue
        if ".go:" in line and _GO_PLACE.match(line):
            if kept and _GO_CALL.match(kept[-1]):
                places.append((False, kept.pop()))
            continue
        kept.append(line)
    return "\n".join(kept)


def without_frames(text: str) -> tuple[str, tuple[Gate, ...]]:
    """Return the text without the frames of stack traces, and the gates that the frames show, starting with the innermost frame."""
    if not _NEEDED.search(text):
        return text, ()
    places: list[tuple[bool, str]] = []

    def note(found: re.Match[str]) -> str:
        places.append((False, found.group()))
        return " "

    if 'File "' in text or ".go:" in text:
        text = (
            _PYTHON_INLINE.sub(lambda found: f"{found.group(1)}\n", text)
            if '" File "' in text or ' File "' in text
            else text
        )
        text = _lines(_PYTHON_HEAD.sub(" ", text), places)
    for pattern in (_JAVA, _NODE, _DOTNET, _PHP, _RUBY, _PERL):
        text = pattern.sub(note, text)
    text = _GO_HEAD.sub(" ", _DOTNET_MARK.sub(" ", text))
    # Python prints the innermost frame last, the others print it first.
    ordered = [frame for last, frame in places if not last] + [frame for last, frame in reversed(places) if last]
    return text, tuple(gate for frame in ordered if (gate := gate_of(frame)))
