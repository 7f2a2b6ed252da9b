"""The ordinary words of mail and token servers. A secret, or a piece of one, that is part of such a word is not redacted.

Servers send these words whatever the secret is, so the words reveal nothing, and a reply without them loses its meaning. For example,
the password "LOGIN" would otherwise remove the mechanism from the EHLO reply. Sources: the registries of SMTP service extensions and
SASL mechanisms (IANA), the enhanced status codes (RFC 3463), and the replies that Exchange Online and Entra document.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = frozenset(
    """
    helo ehlo mail from rcpt to data rset noop quit vrfy expn help bdat auth starttls size pipelining dsn
    8bitmime binarymime chunking smtputf8 enhancedstatuscodes etrn atrn deliverby futurerelease mtrk conperm conneg requiretls limits
    xclient xforward xoauth2 oauthbearer oauth oauth2 login plain ntlm gssapi cram md5 digest scram sha sha1 sha256 sha512 external
    anonymous xoorg xrdst xexps xanonymoustls xlongaddr xproxyfrom xshadow smtp esmtp lmtp imap pop pop3 http https tls ssl bearer
    accepted access accessdenied account accounts action active address addresses admin administrator again allowed already anonymous
    application applications argument arguments attempt attempts audience authenticate authenticated authentication authority
    authorization authorized available backend bad banner basic because been before begin blocked body bounce but bye cannot
    certificate change changed check claim claims client clientid clients closed closing code command commands completed conditional
    configuration configured connect connected connection contact content control correct correlation could credential credentials
    customer default deferred delivery denied description details directory disabled does domain done email enabled encoded end ending
    enhanced entra error errors exceeded exchange exchangelabs exists expired extension failed failure fatal first forbidden format
    found gateway get given goodbye grant greetings hello host identifier identity incorrect information input insufficient internal
    invalid ipv4 ipv6 is issued issuer key known later length license licensed limit line lines link local locked lockout logon lookup
    loop mailbox mailboxes many maximum may mechanism message messages method microsoft microsoftonline missing more must name named
    need needed network not number object octets off office office365 office365com ok okay onmicrosoft open operation or organization
    originating outbound outlook over parameter parameters pass password permanent permission permissions permitted please policy port
    principal prod protection protocol provide provided proxy queue queued quota read ready reason received recipient recipients
    redirect refused rejected relay relaying remote reply request requested required requires resource resources respond response
    result retry return right scope secret secure security see send sendas sender senders sending sent sequence server service
    session should sign signed signin signature size spam start state status stop store submission submit submitted subscription
    success successful suspended syntax system target temporarily temporary tenant test text then there this throttled time timeout
    timestamp token tokens too trace transaction transport try trying unable unauthorized unavailable unexpected unique unknown
    unrecognized unsuccessful unsupported until use used user username users using valid value verification verify version via visit
    waiting wait was welcome when with without within wrong you your
    """.split()  # noqa: SIM905 - a list of 500 lines would hide the words
)
_SHORTEST: Final = 4  # a shorter secret is replaced only as a whole word, and then always
_LONGEST: Final = max(map(len, _WORDS))
_WORD: Final = re.compile(r"[^\W_]+")


def is_ordinary(text: str, start: int, end: int) -> bool:
    """Return whether the text from `start` to `end` lies within one ordinary word, such as `login` in `AUTH LOGIN`.

    A text of fewer than four characters never does.
    """
    if not _SHORTEST <= end - start <= _LONGEST or not _WORD.fullmatch(text, start, end):
        return False
    first, last = max(0, start - _LONGEST), min(len(text), end + _LONGEST)
    while start > first and _WORD.match(text[start - 1]):
        start -= 1
    while end < last and _WORD.match(text[end]):
        end += 1
    return text[start:end].lower() in _WORDS
