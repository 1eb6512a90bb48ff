"""Every secret of a whole test run against everything that was said in it: the run fails where one was.

Secrets register themselves: what becomes a SecretStr (settings, access tokens, user secrets), what is encrypted or
decrypted as a credential, tokens that we issue, sign-in codes. What is said: captured output and logs, error texts,
answers of the REST API, WebSocket messages, metrics; the output, messages and metrics of the demo's processes, too.
`tests/conftest.py` takes the hook and the fixture in.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from api.guards import Guards
from providers.base import UnexpectedAnswer
from realtime.auth import Tokens
from realtime.contract import names
from realtime.crypto import CredentialCipher
from realtime.errors import NavstreamError
from realtime.metrics import REGISTRY

_LENGTH_MIN = 12
_SECRETS_MAX = 2_000
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_ALWAYS = re.compile(r"access-(?:sandbox|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
_LEFT_OUT = {
    "/api/session": "tells its caller his token",
    "/api/openapi.json": "its examples are what tests send",
}
_CODE_LENGTH = 32


class Leaks:
    """What must not be said, and where it was."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}
        self._tokens: set[str] = set()
        self._said: list[tuple[str, str]] = []
        self.found: dict[str, None] = {}

    def keep(self, secret: str) -> None:
        """Take note of a secret; short ones, which could stand anywhere, are none. The oldest are forgotten."""
        if _JWT.fullmatch(secret):
            self._tokens.add(secret)  # there are thousands: these are looked up, not searched for
        elif len(secret) >= _LENGTH_MIN:
            self._secrets[secret] = None
        if len(self._secrets) > _SECRETS_MAX:
            del self._secrets[next(iter(self._secrets))]

    def hear(self, where: str, text: str) -> None:
        """Take note of something that was said."""
        self._said.append((where, text))

    def search(self, test: str) -> None:
        """Look through what was said since the last time, for every secret that is known."""
        for where, text in self._said:
            hits = [secret for secret in self._secrets if secret in text]
            hits += [match[0] for match in _ALWAYS.finditer(text)]
            hits += self._tokens.intersection(_JWT.findall(text))
            for secret in dict.fromkeys(hits):
                before, _, after = text.partition(secret)
                line = " ".join(f"{test}, {where}: …{before[-80:]}[SECRET]{after[:80]}…".split())
                self.found[line] = None
        self._said.clear()


LEAKS = Leaks()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Hear what a phase of a test has written."""
    for title, text in report.sections:
        LEAKS.hear(title, text)
    if report.when == "teardown":
        LEAKS.search(report.nodeid)


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_said() -> Iterator[None]:
    """Ensure that no secret of the run is in its logs, errors, answers or metrics."""
    with pytest.MonkeyPatch.context() as patch:
        _watch(patch)
        yield
    LEAKS.hear("metrics", generate_latest(REGISTRY).decode())
    LEAKS.search("the end of the run")
    if LEAKS.found:
        pytest.fail("secrets were said:\n" + "\n".join(LEAKS.found), pytrace=False)


def _watch(patch: pytest.MonkeyPatch) -> None:
    _after(patch, SecretStr, "__init__", lambda _result, _self, value: LEAKS.keep(value))
    _after(patch, CredentialCipher, "encrypt", lambda _result, _self, credential: _keep_credential(credential))
    _after(patch, CredentialCipher, "decrypt", lambda result, *_: _keep_credential(result))
    for issue in ("issue", "issue_to_operator"):
        _after(patch, Tokens, issue, lambda result, *_, **__: LEAKS.keep(result))
    _after(patch, names, "sign_in_code", lambda _result, code: _keep_code(code))
    for error in (NavstreamError, UnexpectedAnswer):
        patch.setattr(error, "__new__", _heard_error)
    serve = Guards.__call__

    async def heard(self: Guards, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if scope["type"] == "http" and scope["path"] not in _LEFT_OUT:
                said = repr(message.get("headers", "")) + message.get("body", b"").decode(errors="replace")
                LEAKS.hear(f"answer of {scope['path']}", said)
            await send(message)

        await serve(self, scope, receive, tell)

    patch.setattr(Guards, "__call__", heard)


def _heard_error(cls: type[Exception], *args: object, **fields: object) -> Exception:
    LEAKS.hear(cls.__name__, f"{args} {fields}")
    return Exception.__new__(cls, *args)


def _after(patch: pytest.MonkeyPatch, owner: Any, name: str, note: Callable[..., None]) -> None:
    """Have something noted after each call of a function."""
    function = getattr(owner, name)

    @wraps(function)
    def noting(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        note(result, *args, **options)
        return result

    patch.setattr(owner, name, noting)


def _keep_code(code: str) -> None:
    """Keep a sign-in code; what else is tried as one is not."""
    if len(code) == _CODE_LENGTH:
        LEAKS.keep(code)


def _keep_credential(encrypted: str) -> None:
    """Keep a credential, of a key pair its secret; the answers of requests are encrypted, too, and no secrets."""
    try:
        found = json.loads(encrypted)
    except json.JSONDecodeError:
        LEAKS.keep(encrypted)
    else:
        LEAKS.keep(str(found.get("secret_key", "")) if isinstance(found, dict) else encrypted)
