"""The page about declared services: checks that are not run, checks with a different title, and the text of every cause."""

from __future__ import annotations

from typing import Final

from docs.handbook.check_pages import ordered
from docs.handbook.markdown import (
    DECLARED_PAGE,
    MADE,
    bullets,
    cause_page,
    check_page,
    code,
    escape,
    link,
    prose,
    table,
)
from knowledge.cause import NOTHING, Cause
from knowledge.causes import CATALOGUE as CAUSES
from knowledge.causes import declared
from knowledge.placeholders import fill
from reports.labels import OWNERS, sentence

PLACE: Final = DECLARED_PAGE
_BEFORE: Final = (
    'With `cloud = "custom"`, the settings declare a mail server that is not Microsoft\'s (such as Postfix, Exim, Dovecot or a '
    "provider's server) and, for OAuth, a token service. Reports then use the texts below. Replies are interpreted according to the "
    "refused command, the reply code, the enhanced status code and a few general words "
    "([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321), [RFC 4954](https://www.rfc-editor.org/rfc/rfc4954), "
    "[RFC 3463](https://www.rfc-editor.org/rfc/rfc3463)), and refusals by the token service according to the error code "
    "([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749)). If several causes remain possible, the server's log shows which one applies."
)


def page() -> str:
    """Return the page as Markdown, without any sender's values."""
    lines = [MADE, "", "# Causes at a declared service", "", _BEFORE, ""]
    lines += ["## Checks", "", "These checks apply only to Microsoft's service and are not run:", ""]
    left_out = [check for check in ordered() if check.microsoft_only]
    lines += bullets(f"{link(check.id, check_page(check.id), PLACE)}: {escape(check.title)}" for check in left_out)
    lines += ["", "These checks have a different title:", ""]
    other = [check for check in ordered() if check.declared_title]
    rows = [(link(check.id, check_page(check.id), PLACE), escape(check.declared_title)) for check in other]
    lines += [*table(("check", "requirement"), rows), ""]
    lines += ["## Causes at the mail server", ""]
    for cause in declared().values():
        lines += _about(cause)
    lines += [
        "## Causes at the token service",
        "",
        "These texts apply if a sender fails at the token service. The ids of the causes are the same.",
        "",
    ]
    known = declared()
    for cause in declared(at_login=True).values():
        if cause is not known.get(cause.id):
            lines += _about(cause)
    return "\n".join([*lines, link("All checks and causes", "docs/README.md", PLACE) + "."]) + "\n"


def _about(cause: Cause) -> list[str]:
    name = code(cause.id)
    heading = f"### {link(name, cause_page(cause.id), PLACE) if cause.id in CAUSES else name}: {_worded(cause.title).rstrip('.')}"
    lines = [
        heading,
        "",
        f"Who acts: {_worded(OWNERS[cause.who])} {_worded(cause.meaning)} Symptoms: {_worded(cause.shows)}",
        "",
    ]
    lines += [f"{number}. {_worded(step)}" for number, step in enumerate(cause.steps, 1)]
    lines += ["", f"How to verify: {_worded(cause.verify)}"]
    if cause.risk != NOTHING:
        lines[-1] += f" Risk: {_worded(cause.risk)}"
    lines += ["", "How to confirm this cause:", "", *bullets(_worded(line) for line in cause.decide), ""]
    return [*lines, f"Sources: {', '.join(prose(source, PLACE) for source in cause.source)}.", ""]


def _worded(text: str) -> str:
    return prose(sentence(fill(text, {})), PLACE)
