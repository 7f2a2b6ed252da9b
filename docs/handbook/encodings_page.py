"""The page about the encodings in which secrets are looked for, made from the list that the redaction uses."""

from __future__ import annotations

from typing import Final

from docs.handbook.markdown import ENCODINGS_PAGE, MADE, code, link, table
from probes.encodings import ENCODINGS, NOT_LOOKED_FOR

_SAMPLE: Final = "Cn7&q+2=Zb"
_BEFORE: Final = (
    "A run looks for its passwords, client secrets and tokens, and for the lines in which they were sent, in every text from a server, "
    "and replaces them with `[redacted]`. At its end it searches all of its files and what was printed once more; a secret that is "
    "found is masked in the file (or the file is removed), one line reports it, and the exit code is 3."
)
_RULES: Final = (
    "Upper and lower case, unprintable characters, blanks, punctuation and line ends inside a secret do not hide it. Escapes are "
    "decoded up to three times. Of a secret with 8 or more characters no piece of more than half is left, "
    "and of one with 16 or more no piece of 24 characters. A shorter secret is "
    "replaced as a whole; one of up to three characters only as a separate word, and the search at the end "
    "leaves it out.\n\n"
    "A secret that is an ordinary word of mail servers, such as `LOGIN`, or a word of the report itself cannot be masked without changing "
    "what it says. It is left, and one line reports this. Choose another secret."
)


def page() -> str:
    """Return the page."""
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
        f"What else smtp365 promises about credentials is in {link('Security', 'SECURITY.md', ENCODINGS_PAGE)}.",
        "",
    ]
    return "\n".join(lines)
