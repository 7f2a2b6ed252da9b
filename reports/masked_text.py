"""Masks identities inside text: known names, and values with a recognisable form (addresses, ids, paths).

Names in free text from a foreign server, such as a company's name on a block page, cannot be recognised and are not masked.
"""

from __future__ import annotations

import re
from typing import Final

from reports.masks import GUID, Masks, reading_words
from settings.microsoft import is_public_name

_MAILBOX: Final = re.compile(r"[^\s<>\"'(),;:=/\\\[\]@]+@[\w.-]*\w", re.UNICODE)
_IP: Final = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)|(?<![\w.:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]|\.\d)"
)
_HELLO: Final = re.compile(r"(?<=\bHello )[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_HOME: Final = re.compile(r"(?<=[/\\]home[/\\])[^/\\\s\"']+|(?<=[/\\]users[/\\])[^/\\\s\"']+", re.IGNORECASE)
# The positions where a bare name identifies someone or something and is not a word of a sentence.
_WHERE: Final = (
    r"(?<=[<>'\"\\/=\[]){word}(?=[<>'\"\\/\].]|$)|(?<=user name ){word}(?=>)|(?<=string of ){word}(?=>)"
    r"|(?<=EHLO ){word}$|(?<=message from ){word}(?=,)|(?<=@){word}(?!\w)"
)
# Entra quotes the names of directories, applications and people, or puts them in brackets behind an id.
_ENTRA_NAME: Final = re.compile(
    r"(?<=directory ')[^']+|(?<=tenant ')[^']+|(?<=application ')[^']+|(?<=app ')[^']+|(?<=user ')[^']+|(?<=[0-9a-f]{12}'\()[^)]+"
    r"|(?<=[0-9a-f]{12} \()[^)]+|(?<=object ')[^'@]+(?=')|(?<=Get-AuthenticationPolicy Identity=).+"
)


class Texts:
    """The known names in one run, and functions that mask them in text."""

    def __init__(self) -> None:
        """Create an instance without known names. `masking` adds hosts, and the names of machines and accounts."""
        self.masks = Masks()
        self.hosts: set[str] = set()
        self.bare: set[str] = set()

    def entra_text(self, value: str) -> str:
        """Mask text from Entra or Exchange, which can quote the names of directories, applications and people."""
        named = _ENTRA_NAME.sub(
            lambda match: match.group() if GUID.search(match.group()) else self._display(match.group()), value
        )
        return self.free(named)

    def title(self, name: str) -> str:
        """Mask a name that administrators chose, unless a reading rule uses it, because masking it would change the causes found."""
        return name if name.lower() in reading_words() else self.masks.person(name)

    def _display(self, name: str) -> str:
        bracketed = name.startswith("(") and name.endswith(")")
        return f"({self.masks.person(name[1:-1])})" if bracketed else self.masks.person(name)

    def free(self, text: str) -> str:
        """Mask all known names and all values with a recognisable form."""
        text = GUID.sub(lambda match: self.masks.guid(match.group()), text)
        text = _MAILBOX.sub(lambda match: self._mailbox_in(match.group()), text)
        text = self._sub_hosts(text)
        text = _HELLO.sub(lambda match: self.masks.domain(match.group()), text)
        text = _IP.sub(lambda match: self.masks.address(match.group()), text)
        text = _HOME.sub(lambda match: self.masks.user(match.group()), text)
        for person in self.masks.known("person"):
            text = re.sub(
                rf"(?<!\w){re.escape(person)}(?!\w)",
                lambda match: self.masks.person(match.group()),
                text,
                flags=re.IGNORECASE,
            )
        for word in self.bare - {""}:
            text = re.sub(
                _WHERE.format(word=re.escape(word)),
                lambda match: self.masks.mailbox(match.group()),
                text,
                flags=re.IGNORECASE,
            )
        return self._sub_words(text)

    def _mailbox_in(self, value: str) -> str:
        local, _, domain = value.rpartition("@")
        if is_public_name(domain.lower()) and domain.lower().endswith(("prod.outlook.com", "prod.exchangelabs.com")):
            return value  # a message's id, made by Microsoft's servers
        return f"{self.masks.user(local)}@{self.masks.domain(domain)}"

    def _sub_hosts(self, text: str) -> str:
        names = sorted(
            (one for one in self.hosts if one and not is_public_name(one.lower().rstrip("."))), key=len, reverse=True
        )
        if not names:
            return text
        found = "|".join(re.escape(one.rstrip(".")) for one in names)
        return re.sub(
            rf"(?<![\w.@-])(?:[\w-]+\.)*(?:{found})(?![\w-])",
            lambda match: self.masks.domain(match.group()),
            text,
            flags=re.IGNORECASE,
        )

    def _sub_words(self, text: str) -> str:
        """Mask the organisation's own label of a domain where it occurs alone or inside a different name."""
        words = {label for label in self.masks.known("label") if len(label) >= 5 and label.isalpha()} - reading_words()
        for word in words:
            text = re.sub(re.escape(word), lambda match: self.masks.domain(match.group()), text, flags=re.IGNORECASE)
        return text
