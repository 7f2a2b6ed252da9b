"""Creates the page about the encodings in which secrets are found, from the list that the redaction uses."""

from __future__ import annotations

from typing import Final

from docs.handbook.markdown import ENCODINGS_PAGE, MADE, code, link, table
from probes.encodings import ENCODINGS, NOT_LOOKED_FOR

_SAMPLE: Final = "Cn7&q+2=Zb"
_BEFORE: Final = (
    "A run replaces its passwords, client secrets and tokens, and the encoded forms in which they were sent, with `[redacted]` in all "
    "text that comes from a server. At the end, it searches its files and what was printed. If it finds a secret in a file, it masks "
    "the secret or removes the file. If it finds a secret anywhere, one line reports this, and the exit code is 3."
)
_RULES: Final = (
    "Upper and lower case, unprintable characters, spaces, punctuation and line breaks inside a secret do not hide it. Escapes are "
    "decoded up to three times. If a secret has 8 or more characters, any piece of more than half of it, or of 24 characters, is replaced "
    "too. A shorter secret is replaced only as a whole. A secret of up to three characters is replaced only where it is a separate word, "
    "and the search at the end ignores it.\n\n"
    "A secret that is an ordinary word in mail replies, such as `LOGIN`, or in the report itself is not masked, because the text would "
    "lose its meaning. One line reports this; choose a different secret."
)


def page() -> str:
    """Return the Markdown text of the page."""
    rows = [(one.name, code(max(one.spell(_SAMPLE)).replace("\0", "\\0"))) for one in ENCODINGS]
    lines = [
        MADE,
        "",
        "# Encodings of secrets",
        "",
        _BEFORE,
        "",
        "## Looked for",
        "",
        *table(("encoding", f"example: {code(_SAMPLE)}"), rows),
    ]
    lines += ["", _RULES, "", "## Not looked for", "", *(f"- {one}" for one in NOT_LOOKED_FOR), ""]
    lines += [
        f"For everything else that smtp365 does with credentials, see {link('Security', 'SECURITY.md', ENCODINGS_PAGE)}.",
        "",
    ]
    return "\n".join(lines)
