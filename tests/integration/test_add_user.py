"""`navstream add-user`, and the link that signs the new user in."""

import asyncio
import os
import sys

import pytest

from realtime.bus.client import Bus
from realtime.bus.sign_in import redeem_sign_in_code
from realtime.store.pool import Pool
from realtime.store.users import user_by_name
from tests.support.api import SECRET


@pytest.fixture
def environment(postgres_dsn: str, redis_url: str) -> dict[str, str]:
    return os.environ | {
        "NAVSTREAM_DATABASE_URL": postgres_dsn,
        "NAVSTREAM_REDIS_URL": redis_url,
        "NAVSTREAM_JWT_SECRET": SECRET,
        "NAVSTREAM_API_HOST": "0.0.0.0",
        "NAVSTREAM_API_PORT": "8123",
        "NAVSTREAM_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }


async def navstream(environment: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """Run the command; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "realtime.cli", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    return process.returncode, printed


async def test_from_a_name_to_a_signed_in_user(environment: dict[str, str], pool: Pool, bus: Bus) -> None:
    """From an empty database two commands lead to a link that opens and signs in."""
    status, printed = await navstream(environment, "add-user", "Ada L", "--currency", "CAD")
    user_id = await user_by_name(pool, "Ada L")
    assert (status, user_id is not None) == (0, True), printed
    assert str(user_id) in printed
    assert "navstream sign-in-link --user 'Ada L'" in printed
    assert await pool.fetchval("select currency from users where id = $1", user_id) == "CAD"
    status, link = await navstream(environment, "sign-in-link", "--user", "Ada L")
    assert status == 0, link
    address, _, code = link.strip().partition("/#code=")
    assert address == "http://127.0.0.1:8123"
    redeemed = await redeem_sign_in_code(bus, code)
    assert redeemed is not None
    assert redeemed.user_id == user_id


@pytest.mark.parametrize(("arguments", "says"), [(("Ada",), "already"), (("Ben", "--currency", "dollars"), "ISO 4217")])
async def test_refusals(environment: dict[str, str], pool: Pool, arguments: tuple[str, ...], says: str) -> None:
    """A name twice would make `--user` ambiguous; a currency that is none would value nothing."""
    await navstream(environment, "add-user", "Ada")
    status, printed = await navstream(environment, "add-user", *arguments)
    assert status == 1
    assert says in printed
    assert await pool.fetchval("select count(*) from users") == 1
