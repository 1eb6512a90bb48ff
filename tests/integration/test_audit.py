"""Who did what to whose things, and when: written with the act itself, read by whom it concerns."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import Parts
from realtime.audit_now import show_audit
from realtime.bus.client import Bus
from realtime.bus.sign_in import issue_sign_in_code
from realtime.clock import WallClock
from realtime.crypto import key_id
from realtime.domain.account import ConnectionId, UserId
from realtime.store.pool import Pool
from tests.integration.test_rotate_keys import environment
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world


@dataclass(frozen=True)
class Audited:
    api: Api
    world: SyncWorld
    ada: UserId

    async def entries(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.api.get(f"/api/audit{query}", self.ada))["entries"]
        return found

    async def credential(self, key: ConnectionId) -> bytes:
        stored: bytes = await self.world.pool.fetchval(
            """select coalesce(c.credential, u.snaptrade_user_secret) from connections c
               join users u on u.id = c.user_id where c.id = $1""",
            key,
        )
        return stored


@pytest.fixture
async def audited(postgres_dsn: str, pool: Pool, api_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Audited]:
    async with sync_world(postgres_dsn, pool, dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1") as world:
        parts = Parts(world.settings, api_pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Audited(api, world, await world.user())


async def test_every_sensitive_act_is_written_down(audited: Audited, bus: Bus) -> None:
    """Ensure that linking, signing in, refreshing, rotating and removing each leave who did what to what."""
    key = await audited.world.link_plaid(audited.ada)
    code = await issue_sign_in_code(bus, audited.ada, 60)
    await audited.api.call("POST", "/api/session", audited.ada, {"code": code})
    await audited.api.call("POST", "/api/portfolio/refresh", audited.ada, status=202)
    await audited.api.call("POST", f"/api/connections/{key}/refresh", audited.ada, status=202)
    await audited.api.call("POST", f"/api/connections/{key}/rotate", audited.ada)
    await audited.api.call("DELETE", f"/api/connections/{key}", audited.ada)
    entries = await audited.entries()
    assert [entry["act"] for entry in reversed(entries)] == [
        "link", "sign_in", "refresh", "refresh", "rotate_credential", "unlink",
    ]  # fmt: skip
    assert {entry["actor"] for entry in entries} == {f"user:{audited.ada}"}
    assert {entry["subject"] for entry in entries if entry["act"] != "sign_in"} == {key}
    assert code not in json.dumps(entries)


async def test_a_user_reads_his_own_entries_alone_page_by_page(audited: Audited) -> None:
    """Ensure that nobody sees another's, and that pages follow each other without a gap."""
    grace = await audited.world.user("grace")
    for _ in range(3):
        await audited.world.link_alpaca(audited.ada)
    whole = await audited.entries()
    assert len(whole) == 3
    pages, before = [], ""
    while True:
        page = await audited.api.get(f"/api/audit?limit=1{before}", audited.ada)
        pages += page["entries"]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert pages == whole
    assert (await audited.api.get("/api/audit", grace))["entries"] == []


async def test_the_operator_reads_a_users_entries(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    """Ensure that `navstream audit` shows what the user sees."""
    await audited.world.link_plaid(audited.ada)
    await show_audit(audited.world.settings, "ada", 10, as_json=True)
    [told] = json.loads(capsys.readouterr().out)
    [seen] = await audited.entries()
    assert {name: told[name] for name in ("id", "actor", "act", "facts")} == {
        name: seen[name] for name in ("id", "actor", "act", "facts")
    }
    await show_audit(audited.world.settings, "ada", 10, as_json=False)
    assert "link" in capsys.readouterr().out


@pytest.mark.parametrize("provider", ["plaid", "snaptrade"])
async def test_a_credential_is_rotated_over_rest(audited: Audited, provider: str) -> None:
    """Ensure that the new credential works, the old one is gone, and both are encrypted."""
    key = await audited.world.link(provider, audited.ada)
    old = await audited.credential(key)
    await audited.api.call("POST", f"/api/connections/{key}/rotate", audited.ada)
    new = await audited.credential(key)
    decrypt = audited.world.parts.cipher.decrypt
    assert decrypt(old) != decrypt(new)
    assert new.startswith(key_id(audited.world.settings.encryption_keys[0]).encode())
    await audited.world.run_due()
    assert await audited.world.status(key) == ("active", None)
    await audited.world.control(provider, "faults", kind="server_error", times=1)
    await audited.api.call("POST", f"/api/connections/{key}/rotate", audited.ada, status=503)
    assert await audited.credential(key) == new


async def test_alpacas_keys_are_replaced_by_their_owner(audited: Audited) -> None:
    """Ensure that the answer says what to do, and nothing changes."""
    key = await audited.world.link_alpaca(audited.ada)
    answer = await audited.api.call("POST", f"/api/connections/{key}/rotate", audited.ada, status=422)
    assert answer["code"] == "unsupported"
    assert "new keys at Alpaca" in answer["detail"]


@pytest.mark.parametrize(
    ("secret", "status", "said"),
    [("ada-secret", 0, "is replaced"), ("grace-secret", 1, "refuses the keys"), ("", 1, "another account's")],
)
async def test_the_operator_gives_new_keys_of_alpacas(
    audited: Audited, redis_url: str, secret: str, status: int, said: str
) -> None:
    """Ensure that new keys are tried before they are kept, and that another account's are refused."""
    key = await audited.world.link_alpaca(audited.ada)
    old = await audited.credential(key)
    if not secret:
        await audited.world.pool.execute("update connections set provider_connection_id = 'another'")
    answers = f"ada-key\n{secret or 'ada-secret'}\n".encode()
    exit_status, told = await _by_command(audited, redis_url, key, answers)
    assert (exit_status, said in told) == (status, True), told
    assert answers.split()[1].decode() not in told
    assert (await audited.credential(key) != old) == (status == 0)
    assert ((await audited.entries())[0]["act"] == "rotate_credential") == (status == 0)


async def test_the_operator_rotates_a_credential(audited: Audited, redis_url: str) -> None:
    """Ensure that the command does the same, under the operator's name."""
    key = await audited.world.link_plaid(audited.ada)
    old = await audited.credential(key)
    done = f"The credential of connection {key} (plaid) is replaced.\n"
    assert await _by_command(audited, redis_url, key) == (0, done)
    assert await audited.credential(key) != old
    newest = (await audited.entries())[0]
    assert newest["act"] == "rotate_credential"
    assert newest["actor"].startswith("operator:")


async def _by_command(
    audited: Audited, redis_url: str, key: ConnectionId, answers: bytes = b""
) -> tuple[int | None, str]:
    """Have `navstream rotate-credential` do it; return its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "realtime.cli", "rotate-credential", "--connection", key),
        env=environment(audited.world, redis_url, *audited.world.settings.encryption_keys),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    said, _ = await process.communicate(answers)
    return process.returncode, said.decode()
