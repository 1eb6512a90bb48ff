"""Encryption keys are rotated beside stages that run; a stage that lacks a key says which, and does not start."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from realtime.crypto import CredentialCipher, key_id
from realtime.embedded import free_port
from realtime.errors import Misconfigured
from realtime.store.credentials import check_keys, credentials_by_key, reencrypt_batches
from realtime.store.pool import Pool
from tests.support.syncing import SyncWorld, sync_world

NEW = SecretStr(Fernet.generate_key().decode())
_LEGACY = "update connections set credential = substring(credential from 10) where provider = 'alpaca'"
_WITHIN_S = 30


@pytest.fixture
async def world(postgres_dsn: str, pool: Pool) -> AsyncIterator[SyncWorld]:
    async with sync_world(postgres_dsn, pool) as world:
        user = await world.user()
        for provider in ("plaid", "snaptrade", "alpaca"):
            await world.link(provider, user)
        await pool.execute(_LEGACY)
        yield world


def environment(world: SyncWorld, redis_url: str, *keys: SecretStr) -> dict[str, str]:
    return os.environ | {
        "NAVSTREAM_DATABASE_URL": world.dsn,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_ENCRYPTION_KEYS": ",".join(key.get_secret_value() for key in keys),
        "NAVSTREAM_JWT_SECRET": "a secret of more than thirty-two bytes, for tests",
        "NAVSTREAM_API_PORT": str(free_port()),
        "NAVSTREAM_PLAID_URL": world.urls["plaid"],
        "PLAID_CLIENT_ID": "demo-client",
        "PLAID_SECRET": "demo-secret",
        "NAVSTREAM_SNAPTRADE_URL": world.urls["snaptrade"],
        "SNAPTRADE_CLIENT_ID": "demo-client",
        "SNAPTRADE_CONSUMER_KEY": "demo-consumer-key",
        "NAVSTREAM_ALPACA_TRADING_URL": world.urls["alpaca"],
        **{f"NAVSTREAM_METRICS_PORT_{stage}": "0" for stage in ("SYNC", "API")},
    }


async def ended(env: dict[str, str], *command: str) -> tuple[int | None, str]:
    """Return the exit status of a process that ends by itself, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(_WITHIN_S):
        said, _ = await process.communicate()
    return process.returncode, said.decode()


@asynccontextmanager
async def syncing(env: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "sync", env=env, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def refreshed(world: SyncWorld) -> None:
    """Have every connection refreshed by whoever runs, and make sure that it went well."""
    keys = [str(row["id"]) for row in await world.pool.fetch("select id from connections")]
    for key in keys:
        await world.ask(key)  # type: ignore[arg-type]
    for key in keys:
        await world.settled(key)  # type: ignore[arg-type]
        assert await world.status(key) == ("active", None)  # type: ignore[arg-type]


async def test_keys_are_rotated_beside_a_sync_stage_that_runs(world: SyncWorld, redis_url: str, tmp_path: Path) -> None:
    """Ensure that refreshes go on meanwhile, that afterwards the new key alone serves, and that this is audited."""
    old = world.settings.encryption_keys[0]
    both, log = environment(world, redis_url, NEW, old), tmp_path / "sync.log"
    async with syncing(both, log):
        await refreshed(world)
        (status, said), _ = await asyncio.gather(ended(both, "-m", "realtime.cli", "rotate-keys"), refreshed(world))
        assert status == 0, said
        assert f"Key {key_id(old)} is needed no longer" in said
        await refreshed(world)
    assert await credentials_by_key(world.pool) == {key_id(NEW): 3}
    async with syncing(environment(world, redis_url, NEW), log):
        await refreshed(world)
    assert await world.pool.fetchval("select facts ->> 'values_count' from audit_log where act = 'rotate_keys'") == "3"
    assert "Traceback" not in log.read_text()
    assert old.get_secret_value() not in said + log.read_text()


async def test_answers_that_are_kept_for_repeated_requests_are_rotated_too(world: SyncWorld) -> None:
    """Ensure that a request repeated after a rotation gets its first answer, and one under a lost key stops none."""
    old = world.parts.cipher
    await world.pool.execute(
        "insert into idempotency_keys (user_id, key, fingerprint, status, body) select id, 'k', '', 200, $1 from users",
        old.encrypt("the answer"),
    )
    both = CredentialCipher([NEW, *world.settings.encryption_keys])
    assert await reencrypt_batches(world.pool, both, lambda _: None) == 4
    stored = await world.pool.fetchval("select body from idempotency_keys")
    assert CredentialCipher([NEW]).decrypt(stored) == "the answer"
    await world.pool.execute("update idempotency_keys set body = $1", old.encrypt("the answer"))
    await check_keys(world.pool, CredentialCipher([NEW]))


async def test_a_rotation_that_was_killed_goes_on_where_it_stopped(world: SyncWorld) -> None:
    """Ensure that what was done stays done, and is not done twice."""
    cipher = CredentialCipher([NEW, *world.settings.encryption_keys])

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await reencrypt_batches(world.pool, cipher, killed, batch=1)
    assert (await credentials_by_key(world.pool))[key_id(NEW)] == 1
    assert await reencrypt_batches(world.pool, cipher, lambda _: None, batch=1) == 2
    assert await reencrypt_batches(world.pool, cipher, lambda _: None, batch=1) == 0
    assert await credentials_by_key(world.pool) == {key_id(NEW): 3}


@pytest.mark.parametrize("command", [("-m", "sync"), ("-m", "api"), ("-m", "realtime.cli", "rotate-keys")])
async def test_a_wrong_key_is_named_at_start_up(world: SyncWorld, redis_url: str, command: tuple[str, ...]) -> None:
    """Ensure that every stage that needs the keys says which one it lacks, by its public name, and does not start."""
    lacking = key_id(world.settings.encryption_keys[0])
    status, said = await ended(environment(world, redis_url, NEW), *command)
    assert status == 1
    assert "NAVSTREAM_ENCRYPTION_KEYS: credentials are stored under keys that are not among them: " + lacking in said
    assert "Traceback" not in said
    assert NEW.get_secret_value() not in said


async def test_a_credential_from_before_keys_had_names_needs_its_key_too(world: SyncWorld, pool: Pool) -> None:
    """Ensure that re-encrypting stops at what no key decrypts, and loses nothing."""
    await pool.execute("update connections set credential = null where provider <> 'alpaca'")
    await pool.execute("update users set snaptrade_user_secret = null")
    cipher = CredentialCipher([NEW])
    await check_keys(pool, cipher)
    with pytest.raises(Misconfigured, match="none of the keys decrypts"):
        await reencrypt_batches(pool, cipher, lambda _: None)
    stored = await pool.fetchval("select credential from connections where provider = 'alpaca'")
    assert world.parts.cipher.decrypt(stored)
