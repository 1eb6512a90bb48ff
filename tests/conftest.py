"""Real parts for tests: one embedded Postgres and one embedded Valkey a session, a clean database a test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from realtime.bus.client import Bus, open_bus
from realtime.embedded import EmbeddedPostgres, EmbeddedValkey
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, Role, open_pool
from tests.support.leaks import no_secret_is_said, pytest_runtest_logreport

__all__ = ["no_secret_is_said", "pytest_runtest_logreport"]

_TEMPLATE = "navstream_template"

# How long an example takes says something of the machine, not of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> None:
    """Ensure that no setting of the developer's own reaches a test."""
    for name in list(os.environ):
        if name.startswith(("NAVSTREAM_", "PLAID_", "SNAPTRADE_", "APCA_", "BROKER_", "REDIS_", "FF_")):
            del os.environ[name]


@pytest.fixture(autouse=True)
def _logs_as_by_default() -> Iterator[None]:
    """Ensure that no later test logs to what one test's standard error was."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")) / "data")
    server.start()
    asyncio.run(_make_template(server.url))
    yield server
    server.stop()


@pytest.fixture
async def postgres_dsn(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(postgres_server.url)
    await admin.execute(f"create database {name} template {_TEMPLATE}")
    yield postgres_server.url.replace("/postgres?", f"/{name}?")
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[Pool]:
    """Postgres in the role of the sync stage: it sees everybody's rows, and is bound by the policies all the same."""
    async with open_pool(postgres_dsn, Role.SYNC) as pool:
        yield pool


@pytest.fixture
async def owner_pool(postgres_dsn: str) -> AsyncIterator[Pool]:
    """Postgres as the tables' owner, whom nothing binds; for what only an administrator does."""
    async with open_pool(postgres_dsn) as pool:
        yield pool


@pytest.fixture
async def api_pool(postgres_dsn: str) -> AsyncIterator[Pool]:
    """Postgres as the API has it: nothing shows until it is bound to a user."""
    async with open_pool(postgres_dsn, Role.NOBODY) as pool:
        yield pool


@pytest.fixture
async def stage_pool(postgres_dsn: str) -> AsyncIterator[Pool]:
    """Postgres as most stages have it: everybody's rows, no credentials."""
    async with open_pool(postgres_dsn, Role.STAGE) as pool:
        yield pool


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(Path(tmp_path_factory.mktemp("valkey")))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis_url(valkey_server: EmbeddedValkey) -> str:
    """The session's Valkey, emptied."""
    async with open_bus(valkey_server.url) as bus:
        await bus.flushall()
    return valkey_server.url


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    async with open_bus(redis_url) as bus:
        yield bus


async def _make_template(url: str) -> None:
    admin = await asyncpg.connect(url)
    await admin.execute(f"create database {_TEMPLATE}")
    await admin.close()
    await migrate(url.replace("/postgres?", f"/{_TEMPLATE}?"))
