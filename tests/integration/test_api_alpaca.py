"""Alpaca's keys over REST: accepted by Alpaca before they are kept, and never seen again."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.app import Parts
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.store.pool import Pool
from tests.support.api import TOKENS, Api, running_api
from tests.support.syncing import SyncWorld, sync_world

PATH = "/api/alpaca/connect"
KEYS = {"key_id": "ada-key", "secret_key": "ada-secret"}


@dataclass(frozen=True)
class Linking:
    world: SyncWorld
    api: Api
    ada: UserId
    grace: UserId


@pytest.fixture
async def linking(postgres_dsn: str, pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Linking]:
    (tmp_path / "index.html").write_text("")
    async with sync_world(
        postgres_dsn, pool, only=("alpaca",), dashboard_dir=tmp_path, websocket_url="ws://127.0.0.1:9/v1"
    ) as world:
        parts = Parts(world.settings, pool, bus, TOKENS, WallClock(), world.parts.providers)
        async with running_api(parts) as api:
            yield Linking(world, api, await world.user("ada"), await world.user("grace"))


async def test_an_account_is_connected_by_its_keys_and_repaired_by_new_ones(linking: Linking) -> None:
    """Ensure the keys bring the account's holdings, are written down as an act, and given again are the same one."""
    api, ada = linking.api, linking.ada
    linked = await api.call("POST", PATH, ada, KEYS | {"secret_key": " ada-secret\n"})
    await linking.world.run_due()
    [shown] = (await api.get("/api/connections", ada))["connections"]
    assert linked["connection_ids"] == [shown["id"]]
    assert (shown["provider"], shown["status"]) == ("alpaca", "active")
    assert len((await api.get("/api/accounts", ada))["accounts"]) == 1
    await linking.world.pool.execute("update connections set status = 'reconnect_needed'")
    assert (await api.call("POST", PATH, ada, KEYS))["connection_ids"] == [shown["id"]]
    acts = await linking.world.pool.fetch("select act, subject, facts from audit_log")
    assert [(row["act"], row["subject"]) for row in acts] == [
        ("link", shown["id"]),
        ("rotate_credential", shown["id"]),
    ]


@pytest.mark.parametrize(
    ("keys", "status", "code"),
    [
        ({"key_id": "ada-key", "secret_key": "mistyped-secret"}, 422, "keys_refused"),
        ({"key_id": "ada-key", "secret_key": "mistyped-secret\u20ac"}, 422, "invalid"),
        ({"key_id": "ada key", "secret_key": "mistyped-secret"}, 422, "invalid"),
        ({"key_id": "", "secret_key": "mistyped-secret"}, 422, "invalid"),
        ({"key_id": "ada-key"}, 422, "invalid"),
        ({"key_id": "ada-key", "secret_key": "mistyped-secret" * 20}, 422, "invalid"),
    ],
)
async def test_keys_that_are_none_are_refused_and_not_kept(
    linking: Linking, keys: dict[str, str], status: int, code: str
) -> None:
    """Ensure wrong keys say what to look at, store nothing, and do not come back in the answer."""
    refused = await linking.api.call("POST", PATH, linking.ada, keys, status)
    assert refused["code"] == code
    assert "mistyped-secret" not in str(refused)
    if code == "keys_refused":
        assert "paper accounts" in refused["detail"]
    assert await linking.world.pool.fetchval("select count(*) from connections") == 0


async def test_anothers_account_is_not_taken(linking: Linking) -> None:
    """Ensure whoever has somebody's keys does not take his connection away."""
    await linking.api.call("POST", PATH, linking.ada, KEYS)
    refused = await linking.api.call("POST", PATH, linking.grace, KEYS, 400)
    assert refused["code"] == "connection_taken"
    assert (await linking.api.get("/api/connections", linking.grace))["connections"] == []


async def test_an_outage_at_alpaca_asks_to_try_again(linking: Linking) -> None:
    """Ensure a busy Alpaca is not told as wrong keys."""
    await linking.world.control("alpaca", "faults", kind="unavailable")
    refused = await linking.api.call("POST", PATH, linking.ada, KEYS, 503)
    assert refused["code"] == "retry_later"


async def test_the_secret_is_stored_encrypted_and_seen_nowhere(
    linking: Linking, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ensure neither an answer, nor a log at its most talkative, nor a row in plain text has the secret."""
    for name in ("", "urllib3", "urllib3.connectionpool", "uvicorn", "uvicorn.access"):
        caplog.set_level(logging.DEBUG, logger=name)
    api, ada = linking.api, linking.ada
    answers = [
        await api.call("POST", PATH, ada, KEYS),
        await api.call("POST", PATH, ada, KEYS | {"secret_key": "ada-secret-no"}, 422),
        await api.call("POST", PATH, ada, {"secret_key": "ada-secret"}, 422),
        await api.get("/api/connections", ada),
    ]
    await linking.world.run_due()
    seen = caplog.text + "".join(capfd.readouterr())
    assert "/v2/account" in seen, "the loggers are silent: the test shows nothing"
    assert "ada-secret" not in str(answers) + seen
    [credential] = await linking.world.pool.fetch("select credential from connections")
    assert b"ada-secret" not in credential["credential"]
    audited = await linking.world.pool.fetch("select to_jsonb(a)::text as row from audit_log a")
    assert all("ada-secret" not in each["row"] for each in audited)
