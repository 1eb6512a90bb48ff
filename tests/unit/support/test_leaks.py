"""The search for secrets can fail: each way in which one could be said is found, and what is harmless is not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PREAMBLE = """
import logging
import pytest
from pydantic import SecretStr
from realtime.auth import Tokens
from realtime.crypto import CredentialCipher
from realtime.domain.account import UserId
from realtime.errors import BadRequest
from realtime.log import Log
from realtime.metrics import LOG_EVENT
"""
SECRET = 'SecretStr("a-secret-of-this-test").get_secret_value()'
LEAKING = {
    "output": f"print('see', {SECRET})",
    "log": f"logging.getLogger('urllib3').warning('sent %s', {SECRET})",
    "our log": f"Log().info('job_failed', reason={SECRET})",
    "error text": f"with pytest.raises(BadRequest): raise BadRequest('code', 'refused ' + {SECRET})",
    "metric": f"LOG_EVENT.labels({SECRET}).inc()",
    "said before it was known": "print('a-secret-of-this-test'); SecretStr('a-secret-of-this-test')",
    "token": """
    from datetime import UTC, datetime
    user = UserId("11111111-1111-4111-8111-111111111111")
    print(Tokens("s" * 32, "navstream", "navstream").issue(user, datetime.now(UTC), 60))""",
    "credential": """
    from cryptography.fernet import Fernet
    CredentialCipher([SecretStr(Fernet.generate_key().decode())]).encrypt("the-users-own-secret")
    print("the-users-own-secret")""",
    "access token of a process": "print('access-sandbox-01234567-89ab-cdef-0123-456789abcdef')",
    "answer": """
    import asyncio
    from api.guards import Guards
    secret = SecretStr("a-secret-of-this-test").get_secret_value()
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": secret.encode()})
    async def nothing(*_):
        return {}
    asyncio.run(Guards(app, {})({"type": "http", "path": "/api/x", "headers": []}, nothing, nothing))""",
}
_ELSEWHERE = {"metric": "the end of the run, metrics", "answer": "answer of /api/x"}
HARMLESS = {
    "the secret as it shows itself": "print(SecretStr('a-secret-of-this-test'))",
    "another text": f"{SECRET}; print('a-secret-of-another-test')",
}


def run(folder: Path, statements: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run tests, each of which does one of these, with the search."""
    (folder / "conftest.py").write_text("from tests.support.leaks import *\n")
    tests = (f"def test_{way.replace(' ', '_')}():\n    {done.strip()}\n" for way, done in statements.items())
    (folder / "test_it.py").write_text("\n".join((PREAMBLE, *tests)))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the search says of a run in which secrets are said in every way."""
    ran = run(tmp_path_factory.mktemp("leaking"), LEAKING)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return [line for line in ran.stdout.splitlines() if "[SECRET]" in line]


@pytest.mark.parametrize("way", LEAKING)
def test_a_secret_that_was_said_fails_the_run(found: list[str], way: str) -> None:
    """Ensure that the search says where it was."""
    where = _ELSEWHERE.get(way, f"test_{way.replace(' ', '_')}, ")
    assert any(where in line for line in found), found


def test_the_search_does_not_repeat_what_it_found(found: list[str]) -> None:
    """Ensure that its own report may be shown to anybody."""
    assert found
    assert not any(secret in line for line in found for secret in ("a-secret-of-this-test", "the-users-own-secret"))


def test_what_is_harmless_fails_nothing(tmp_path: Path) -> None:
    """Ensure that the search has no false alarms."""
    ran = run(tmp_path, HARMLESS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
