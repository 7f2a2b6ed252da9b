"""What surrounds a text, and how it was pasted, does not lead to another cause: the answer stays, or becomes honest."""

import html
import json
import quopri
import random
from collections.abc import Callable

import pytest

from knowledge.reading import read
from tests.knowledge.cases import COLLECTED, DOTNET, FOREIGN, GIVEN, GIVEN_SECOND, OWN, Case

ALL = [*GIVEN, *GIVEN_SECOND, *OWN, *COLLECTED, *DOTNET]
UNKNOWN = ("unrecognised",)

FRAMES = {
    "aspnet": (
        "   at Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor.TaskOfIActionResultExecutor.Execute(ActionContext "
        "actionContext, IActionResultTypeMapper mapper, ObjectMethodExecutor executor, Object controller, Object[] arguments)\n"
        "   at Microsoft.AspNetCore.Routing.EndpointMiddleware.<Invoke>g__AwaitRequestTask|7_0(Endpoint endpoint, Task requestTask, "
        "ILogger logger)\n"
        "   at Contoso.Web.AuthenticationMiddleware.Invoke(HttpContext context, HttpRequest request) in C:\\src\\Web\\Login.cs:line 41\n"
        "--- End of stack trace from previous location ---"
    ),
    "java": (
        "\tat org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter.attemptAuthentication("
        "UsernamePasswordAuthenticationFilter.java:85)\n"
        "\tat org.apache.coyote.http11.Http11Processor.service(Http11Processor.java:382)\n"
        "\tat java.base/java.net.ConnectException.timedOut(ConnectException.java:12)\n"
        "\t... 31 more"
    ),
    "python": (
        'Traceback (most recent call last):\n  File "/srv/app/views/login.py", line 12, in connection_refused\n'
        '    raise PermissionError(request, "certificate")\n'
        '  File "/usr/lib/python3.11/concurrent/futures/_base.py", line 401, in __get_result\n    raise self._exception'
    ),
    "node": (
        "    at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)\n"
        "    at async certificateExpired (file:///srv/app/login.js:7:11)\n"
        "    at processTicksAndRejections (node:internal/process/task_queues:95:5)"
    ),
    "go": (
        "goroutine 34 [running]:\ngithub.com/contoso/app/login.(*Server).connectionRefused(0xc0000b4000)\n"
        "\t/srv/app/login/server.go:88 +0x1d\nmain.main()\n\t/srv/app/main.go:21 +0x85"
    ),
    "php": (
        "#0 /var/www/app/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php(180): App\\Http\\Login->timeout()\n"
        "#1 [internal function]: App\\Certificate->expired()\n#2 {main}"
    ),
    "ruby": (
        "/usr/local/bundle/gems/actionpack-7.0.4/lib/action_controller/metal/rescue.rb:20:in `connection_refused'\n"
        "\tfrom /usr/local/bundle/gems/rack-2.2.4/lib/rack/method_override.rb:24:in `call'"
    ),
}


def _stamped(text: str) -> str:
    return "\n".join(f"2026-11-27T10:00:{place % 60:02}Z app[7]: {line}" for place, line in enumerate(text.split("\n")))


def _followed_by(frames: str) -> Callable[[str], str]:
    return lambda text: f"{text}\n{frames}"


KEPT: dict[str, Callable[[str], str]] = {
    **{f"{name} frames after": _followed_by(frames) for name, frames in FRAMES.items()},
    "HTML": lambda text: f"<html><body><pre>{html.escape(text)}</pre></body></html>",
    "JSON": lambda text: json.dumps({"level": "error", "message": text}),
    "quoted-printable": lambda text: quopri.encodestring(text.encode("utf-8", "replace")).decode(),
    "UTF-16": lambda text: text.encode("utf-16", "replace").decode("latin-1"),
}
CHANGED: dict[str, Callable[[str], str]] = {
    "log prefixes": _stamped,
    "UTF-16, decoded as UTF-8": lambda text: text.encode("utf-16-le", "replace").decode("utf-8", "replace"),
    "cut at 300 characters": lambda text: text[:300],
    "the last 300 characters": lambda text: text[-300:],
    "line breaks within words": lambda text: "\n".join(text[at : at + 53] for at in range(0, len(text), 53)),
    "without its frames": lambda text: "\n".join(
        line for line in text.split("\n") if not line.lstrip().startswith(("at ", "File ", "#", "from "))
    ),
    "first half": lambda text: text[: len(text) // 2],
    "second half": lambda text: text[len(text) // 2 :],
}


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in KEPT.items()])
def test_wrapping_and_foreign_frames_keep_the_causes(change: Callable[[str], str]) -> None:
    """Frames of a program around a text, and a wrapping that loses nothing, change neither its first cause nor its certainty."""
    changed = []
    for case in ALL:
        before, after = read(case.text, case.client), read(change(case.text), case.client)
        if (after.causes[0] != before.causes[0] and after.causes != UNKNOWN) or (after.sure and not before.sure):
            changed.append(f"{case.id}: {before.causes}, then {after.causes}, {after.evidence}")
        elif after.causes == UNKNOWN != before.causes:
            changed.append(f"{case.id}: {before.causes} is lost")

    assert not changed


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in CHANGED.items()])
def test_loss_of_text_never_leads_to_another_sure_cause(change: Callable[[str], str]) -> None:
    """A text that lost a part, or got a prefix on each line, is never read as another cause that is sure."""
    wrong = []
    for case in ALL:
        after = read(change(case.text), case.client)
        if after.sure and not _right(case, after.causes[0]):
            wrong.append(f"{case.id}: {case.accepted}, read as sure {after.causes}, {after.evidence}")

    assert not wrong


def _right(case: Case, cause: str) -> bool:
    return case.accepted != FOREIGN and cause in {case.accepted, *case.plausible, *read(case.text, case.client).causes}


def test_frames_before_and_between_keep_the_causes() -> None:
    """Frames of several languages before a text and behind its first line do not change its first cause."""
    chance = random.Random(14)  # noqa: S311 - seeded, so that a failure is reproducible
    changed = []
    for case in ALL:
        first, _, rest = case.text.partition("\n")
        frames = chance.sample(sorted(FRAMES.values()), 2)
        after = read(f"{frames[0]}\n{first}\n{frames[1]}\n{rest}" if rest else f"{frames[0]}\n{first}", case.client)
        before = read(case.text, case.client)
        if after.causes[0] != before.causes[0]:
            changed.append(f"{case.id}: {before.causes}, then {after.causes}, {after.evidence}")

    assert not changed
