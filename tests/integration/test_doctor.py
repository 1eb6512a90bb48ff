"""`navstream doctor`: a set-up that is well, and each fault caused, found, and told what to do about."""

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from pydantic import SecretStr
from rich.console import Console

from doctor.__main__ import draw
from doctor.examination import examine
from doctor.finding import Finding, Level
from doctor.machine import python
from doctor.servers import bus_findings, database_findings
from realtime.bus.client import Bus
from realtime.bus.heartbeats import write_heartbeat
from realtime.bus.inspection import BusFacts
from realtime.clock import WallClock
from realtime.contract.messages import Heartbeat
from realtime.embedded import free_port
from realtime.settings import Settings
from realtime.store.inspection import DatabaseFacts
from realtime.store.pool import Pool
from simulator.serving import listening
from tests.contract.alpaca_market import AlpacaMarket, alpaca_market
from tests.support.syncing import NOWHERE, SyncWorld, sync_world

SECRETS = ("demo-secret", "demo-consumer-key", "demo-broker-secret")


@dataclass
class Setup:
    """A set-up whose settings a test may spoil."""

    settings: Settings
    market: AlpacaMarket
    world: SyncWorld
    problems: list[str] = field(default_factory=list)
    behind: timedelta = timedelta(0)

    def set(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)

    async def findings(self) -> list[Finding]:
        """Return everything that is not well, after making sure that it says what to do and no secret."""
        report = await examine(self.settings, self.problems, Behind(self.behind))
        assert not any(secret in finding.model_dump_json() for secret in SECRETS for finding in report.findings)
        odd = [finding for finding in report.findings if finding.level is not Level.OK]
        assert all(finding.do for finding in odd)
        assert report.well == all(finding.level is not Level.ERROR for finding in odd)
        return [finding for finding in odd if finding.level is not Level.NOTE]

    async def only(self, check: str, says: str, level: Level = Level.ERROR) -> Finding:
        """Return the one finding that is not well; it must be this one."""
        [finding] = await self.findings()
        assert (finding.check, finding.level) == (check, level), finding
        assert re.search(says, finding.says), finding
        return finding


@dataclass(frozen=True)
class Behind(WallClock):
    """A clock that is slow by so much."""

    by: timedelta

    def now(self) -> datetime:
        return super().now() - self.by


@pytest.fixture(scope="module")
def market() -> Iterator[AlpacaMarket]:
    with alpaca_market() as market:
        yield market


@pytest.fixture
async def setup(
    postgres_dsn: str, redis_url: str, pool: Pool, market: AlpacaMarket, tmp_path: Path
) -> AsyncIterator[Setup]:
    (tmp_path / "index.html").write_text("<!doctype html>")
    ports = {f"metrics_port_{stage}": 0 for stage in ("sync", "symbol_collector", "calculator", "broadcaster", "api")}
    async with health_at("/webhook/plaid/health") as url, sync_world(postgres_dsn, pool) as world:
        settings = world.settings.model_copy(
            update={
                "redis_url": redis_url,
                "dashboard_dir": tmp_path,
                "api_port": free_port(),
                "broadcaster_port": free_port(),
                "metrics_port_monitor": 0,
                "alpaca_key_id": "demo-key",
                "alpaca_secret_key": SecretStr("demo-secret"),
                "alpaca_data_url": market.url,
                "alpaca_stream_url": market.stream_url,
                "plaid_webhook_url": f"{url}/webhook/plaid",
                **ports,
            }
        )
        yield Setup(settings, market, world)
        market.control("plan", {"refused_endpoints": [], "rest_status": None})


def health_at(path: str) -> Any:
    """Serve what stands before the API, for Plaid's webhooks."""

    async def well(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get(path, well)
    return listening(app, "127.0.0.1", 0)


async def test_a_set_up_that_is_well(setup: Setup) -> None:
    """Nothing to complain of: no warning, no error."""
    assert await setup.findings() == []


async def test_settings_that_are_missing(setup: Setup) -> None:
    """Each has its remedy; secrets come with the command that makes one."""
    setup.problems = ["NAVSTREAM_JWT_SECRET: at least 32 characters", "NAVSTREAM_API_PORT: no number"]
    secret, port = await setup.findings()
    assert "token_urlsafe" in (secret.do or "")
    assert "docs/settings.md" in (port.do or "")


async def test_postgres_is_down(setup: Setup) -> None:
    """With where it should be, and without the password in the address."""
    setup.set(database_url="postgresql://ada:demo-secret@127.0.0.1:9/navstream")
    finding = await setup.only("postgres", "does not answer")
    assert "127.0.0.1:9" in (finding.do or "")


async def test_postgres_has_no_such_database(setup: Setup) -> None:
    """The server is there, the database is not."""
    setup.set(database_url=re.sub(r"/test_\w+", "/nowhere", setup.settings.database_url))
    await setup.only("postgres", "no database of that name")


async def test_postgres_refuses_the_user(setup: Setup, owner_pool: Pool) -> None:
    """A role that may not sign in stands for a wrong password: the server refuses both at the same place."""
    await owner_pool.execute("create role doctor_without_login nologin")
    try:
        url = re.sub(r"//[^@/]*@?/", "//doctor_without_login@/", setup.settings.database_url)
        assert url != setup.settings.database_url
        setup.set(database_url=url)
        await setup.only("postgres", "refuses its user")
    finally:
        await owner_pool.execute("drop role doctor_without_login")


async def test_migrations_are_missing(setup: Setup, owner_pool: Pool) -> None:
    """Those of a later release; an empty database is nobody's fault."""
    newest = await owner_pool.fetchval("select name from schema_migrations order by number desc limit 1")
    await owner_pool.execute("delete from schema_migrations where name = $1", newest)
    finding = await setup.only("migrations", newest)
    assert "navstream migrate" in (finding.do or "")
    await owner_pool.execute("drop table schema_migrations")
    assert await setup.findings() == []


async def test_migrations_of_another_release(setup: Setup, owner_pool: Pool) -> None:
    """One that was changed after it was applied."""
    await owner_pool.execute("update schema_migrations set checksum = 'another' where number = 1")
    await setup.only("postgres", "0001_initial.sql was applied in another version")


@pytest.mark.parametrize("setting", ["database_url", "redis_url"])
async def test_addresses_that_are_none(setup: Setup, setting: str) -> None:
    """A mistyped address is a finding, no traceback."""
    setup.set(**{setting: "http://127.0.0.1:9/0"})
    await setup.only("postgres" if setting == "database_url" else "redis", "no address of a")


async def test_redis_is_down(setup: Setup) -> None:
    """With where it should be."""
    setup.set(redis_url="redis://:demo-secret@127.0.0.1:9/0")
    finding = await setup.only("redis", "does not answer")
    assert "127.0.0.1:9" in (finding.do or "")


async def test_redis_throws_keys_away(setup: Setup, bus: Bus) -> None:
    """An eviction policy that is right for a cache loses prices here."""
    await bus.config_set("maxmemory-policy", "allkeys-lru")
    try:
        await setup.only("redis", "allkeys-lru")
    finally:
        await bus.config_set("maxmemory-policy", "noeviction")


def test_servers_that_are_too_old() -> None:
    """Python, Postgres and Redis, each with what is needed."""
    database = DatabaseFacts("14.9", 14, 1.0, is_empty=False, unapplied=(), credentials=())
    server = BusFacts("redis", "6.2.1", (6, 2), 1.0, "noeviction", ())
    for finding in (python((3, 10, 2)), database_findings(database)[0], bus_findings(server)[0]):
        assert finding.level is Level.ERROR
        assert "too old" in finding.says
        assert finding.do
    assert python((3, 11, 0)).level is Level.OK
    assert database_findings(replace(database, major=15))[0].level is Level.OK
    assert bus_findings(replace(server, compatible=(7, 0)))[0].level is Level.OK


def test_servers_that_are_slow() -> None:
    """A database on another continent works, and is told of."""
    slow = database_findings(DatabaseFacts("18.1", 18, 80.0, is_empty=False, unapplied=(), credentials=()))[1]
    assert (slow.level, "80 ms" in slow.says) == (Level.WARNING, True)


async def test_the_key_is_another(setup: Setup) -> None:
    """Credentials that no key decrypts are lost, unless the old key comes back."""
    await setup.world.link_plaid(await setup.world.user())
    assert await setup.findings() == []
    setup.set(encryption_keys=(SecretStr(Fernet.generate_key().decode()),))
    await setup.only("encryption", "1 of 1 stored credentials cannot be decrypted")
    setup.set(encryption_keys=(*setup.settings.encryption_keys, *setup.world.settings.encryption_keys))
    assert await setup.findings() == []


async def test_a_port_is_taken(setup: Setup, bus: Bus) -> None:
    """By another program; not when the stage itself runs."""
    with socket.create_server(("127.0.0.1", setup.settings.api_port)):
        finding = await setup.only("ports", f"port {setup.settings.api_port} .* cannot be listened on")
        assert "NAVSTREAM_API_PORT" in (finding.do or "")
        now = WallClock().now()
        await write_heartbeat(bus, Heartbeat("api", "api:1", 1, now, now, True, None, {}))
        assert await setup.findings() == []


async def test_a_metrics_port_is_taken(setup: Setup) -> None:
    """It works, on another port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        setup.set(metrics_port_monitor=taken.getsockname()[1])
        await setup.only("ports", "metrics ports in use", Level.WARNING)


async def test_the_dashboard_is_not_built(setup: Setup, tmp_path: Path) -> None:
    """With the command that builds it."""
    (tmp_path / "index.html").unlink()
    assert "make dashboard" in ((await setup.only("dashboard", "no dashboard")).do or "")


async def test_a_provider_is_not_reachable(setup: Setup) -> None:
    """Its keys are unknown then, not wrong."""
    setup.set(plaid_url=NOWHERE)
    unreachable, unknown = await setup.findings()
    assert (unreachable.check, unreachable.level) == ("reachability", Level.ERROR)
    assert "Plaid is not reachable" in unreachable.says
    assert (unknown.check, unknown.level) == ("plaid_keys", Level.WARNING)


@pytest.mark.parametrize(("behind_s", "level"), [(10, Level.WARNING), (-10, Level.WARNING), (120, Level.ERROR)])
async def test_the_clock_is_wrong(setup: Setup, behind_s: int, level: Level) -> None:
    """By the servers' own clocks; a little is a warning, a minute breaks tokens and signatures."""
    setup.behind = timedelta(seconds=behind_s)
    await setup.only("clock", "behind" if behind_s > 0 else "ahead of", level)


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"plaid_secret": SecretStr("demo-secret-2")}, "plaid_keys"),
        ({"snaptrade_consumer_key": SecretStr("demo-consumer-key-2")}, "snaptrade_keys"),
        ({"snaptrade_client_id": "somebody"}, "snaptrade_keys"),
        ({"broker_secret": SecretStr("demo-broker-secret-2")}, "alpaca_keys"),
        ({"alpaca_secret_key": SecretStr("demo-secret-2")}, "market_data"),
    ],
)
async def test_keys_are_refused(setup: Setup, settings: dict[str, Any], check: str) -> None:
    """With the page that says where to get them."""
    setup.set(**settings)
    assert "docs/connecting.md#" in ((await setup.only(check, "")).do or "")


async def test_the_feed_is_not_in_the_plan(setup: Setup) -> None:
    """The keys are right; the plan is not."""
    setup.set(alpaca_feed="sip")
    setup.market.control("plan", {"refused_endpoints": ["/v2/sip"]})
    assert "iex" in ((await setup.only("market_data", "does not include the feed sip")).do or "")


async def test_the_feed_is_unknown(setup: Setup) -> None:
    """A typing error."""
    setup.set(alpaca_feed="sipp")
    await setup.only("market_data", "no feed sipp")


async def test_alpaca_is_down(setup: Setup) -> None:
    """Nobody's fault here: a warning."""
    setup.market.control("plan", {"rest_status": 500})
    await setup.only("market_data", "HTTP 500", Level.WARNING)


@pytest.mark.parametrize(
    ("url", "says", "level"),
    [
        (None, "is not set", Level.WARNING),
        ("https://values.example.com/plaid", "ends in /plaid", Level.ERROR),
        ("http://values.example.com/webhook/plaid", "not https", Level.ERROR),
        (f"{NOWHERE}/webhook/plaid", "does not answer", Level.WARNING),
    ],
)
async def test_webhooks_lead_nowhere(setup: Setup, url: str | None, says: str, level: Level) -> None:
    """Each way of getting the address wrong."""
    setup.set(plaid_webhook_url=url)
    await setup.only("webhooks", says, level)


async def test_webhooks_lead_elsewhere(setup: Setup) -> None:
    """Something answers that is not the API."""
    async with health_at("/another") as url:
        setup.set(plaid_webhook_url=f"{url}/webhook/plaid")
        await setup.only("webhooks", "HTTP 404")


async def test_webhooks_to_this_machine_in_production(setup: Setup) -> None:
    """Plaid cannot reach a loopback address."""
    setup.set(plaid_env="production")
    await setup.only("webhooks", "this machine only")


@pytest.mark.parametrize(
    ("body", "says"),
    [('{"keys": []}', "without keys"), ("<html>", "without keys"), (None, "does not answer"), ('{"keys": [{}]}', None)],
)
async def test_the_identity_provider(setup: Setup, body: str | None, says: str | None) -> None:
    """Its tokens can be checked only while it says by which keys they are signed."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body)

    app = web.Application()
    app.router.add_get("/jwks.json", answer)
    async with listening(app, "127.0.0.1", 0) as url:
        setup.set(jwks_url=f"{NOWHERE if body is None else url}/jwks.json", jwks_issuer="https://id.example.com")
        if says is None:
            assert await setup.findings() == []
        else:
            await setup.only("identity", says)


async def test_what_is_not_in_use_is_only_noted(setup: Setup) -> None:
    """Somebody who wants Alpaca alone has nothing to repair."""
    setup.set(plaid_client_id=None, snaptrade_client_id=None, broker_key=None)
    report = await examine(setup.settings, [], WallClock())
    assert report.well
    notes = {finding.check for finding in report.findings if finding.level is Level.NOTE}
    assert notes == {"plaid_keys", "snaptrade_keys", "alpaca_keys"}


async def test_the_command(setup: Setup, tmp_path: Path) -> None:
    """`--json` for programs; it ends with status 1 when something will not work, and shows no secret."""
    environment = os.environ | {
        "NAVSTREAM_DATABASE_URL": setup.settings.database_url,
        "NAVSTREAM_REDIS_URL": "redis://:demo-secret@127.0.0.1:9/0",
        "NAVSTREAM_DASHBOARD_DIR": str(tmp_path),
        "NAVSTREAM_JWT_SECRET": "demo-secret" * 4,
        "NAVSTREAM_ALPACA_STREAM_URL": setup.market.stream_url,
        "NAVSTREAM_ALPACA_DATA_URL": setup.market.url,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "realtime.cli", "doctor", "--json"),
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 1
    assert not any(secret in printed for secret in SECRETS), printed
    report = json.loads(printed)
    assert not report["well"]
    told = {finding["check"]: finding["level"] for finding in report["findings"]}
    assert (told["redis"], told["migrations"], told["settings"]) == ("error", "ok", "error")


async def test_lines_for_people(setup: Setup, tmp_path: Path) -> None:
    """A line for each finding, what to do below it, a verdict; nothing is cut, so that commands can be copied."""
    (tmp_path / "index.html").unlink()
    report = await examine(setup.settings, [], WallClock())
    draw(report, Console(file=(screen := StringIO()), width=40))
    [finding] = [finding for finding in report.findings if finding.level is Level.ERROR]
    assert f"✗ dashboard: {finding.says}\n    → {finding.do}\n" in screen.getvalue()
    assert screen.getvalue().endswith("1 to repair, 0 warnings.\n")


def test_asyncpg_names_a_refused_user() -> None:
    """A wrong password is of the class that the inspection looks for."""
    assert issubclass(asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)
