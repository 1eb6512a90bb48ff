"""Every provider of the registry keeps the promises of `providers/base.py`, through its real SDK."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pydantic import SecretStr

from providers.base import Access, HoldingsReport, Provider, ProviderHolding, UnexpectedAnswer
from providers.linking import access_to
from providers.registry import FACTORIES, Providers, open_providers
from realtime.clock import WallClock
from realtime.domain.account import ProviderName
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import cash_symbol, crypto_symbol, occ_symbol
from realtime.domain.transaction import TransactionKind
from realtime.errors import Misconfigured, NavstreamError, ReconnectNeeded, RetryLater, Unsupported
from realtime.settings import Settings
from realtime.store.connections import connection_by_id
from realtime.store.pool import Pool
from tests.support.syncing import NOWHERE, SyncWorld, sync_world

NAMES = sorted(FACTORIES)
Side = tuple[SyncWorld, Provider, Access]


@pytest.fixture(params=NAMES)
async def side(request: pytest.FixtureRequest, postgres_dsn: str, pool: Pool) -> AsyncIterator[Side]:
    """A provider and what is needed to reach a connection of it."""
    name: ProviderName = request.param
    async with sync_world(postgres_dsn, pool, only=(name.value,)) as world:
        key = await world.link(name.value, await world.user())
        connection = await connection_by_id(pool, key)
        assert connection is not None
        yield world, world.parts.providers[name], access_to(connection, world.parts.cipher)


def test_registry_has_every_provider() -> None:
    """Ensure that whoever can be named can be opened."""
    assert set(FACTORIES) == set(ProviderName)


async def test_provider_without_settings_is_named() -> None:
    """Ensure that a missing setting is a sentence, and Alpaca's accounts need none."""
    async with open_providers(Settings(), WallClock()) as providers:
        assert providers.names == (ProviderName.ALPACA,)
    with pytest.raises(Misconfigured, match="plaid"):
        Providers({})[ProviderName.PLAID]


async def test_address_that_an_sdk_refuses_is_named() -> None:
    """Ensure that SnapTrade's dislike of `localhost` is a sentence, not a traceback."""
    settings = Settings(
        snaptrade_client_id="c", snaptrade_consumer_key=SecretStr("k"), snaptrade_url="http://localhost:8090"
    )
    with pytest.raises(Misconfigured, match="SNAPTRADE_URL"):
        async with open_providers(settings, WallClock()):
            pass


async def test_positions_are_neutral(side: Side) -> None:
    """Ensure canonical symbols, finite decimals, aware times, contracts, signs and totals that add up."""
    _, provider, access = side
    report = await provider.positions(access)
    assert report.set_aside == ()
    assert report.institution is not None
    for one in report.accounts:
        assert one.unusable is None
        assert one.set_aside == ()
        assert one.as_of is not None
        assert one.as_of.tzinfo is not None
        assert one.account.product in {"investments", "transactions"}
        worth = Decimal(0)
        for line in one.holdings or ():
            instrument = line.instrument
            assert line.quantity.is_finite()
            assert line.price_time is None or line.price_time.tzinfo is not None
            assert line.cost_basis is None or line.cost_basis * line.quantity >= 0
            assert line.value is not None
            if instrument.asset_class is AssetClass.OPTION:
                assert occ_symbol(instrument.symbol) == instrument.symbol
                assert line.price is not None
                assert abs(line.quantity * line.price * instrument.multiplier - line.value) < 1
            if instrument.asset_class is AssetClass.CRYPTO:
                assert crypto_symbol(instrument.symbol) == instrument.symbol
            if instrument.asset_class is AssetClass.CASH:
                assert cash_symbol(instrument.currency) == instrument.symbol
                assert line.value == line.quantity
            worth += line.value
        assert one.account.total is not None
        assert abs(worth - one.account.total) < 1


async def test_accounts_are_those_of_the_positions(side: Side) -> None:
    """Ensure that both calls describe the same accounts, and that one account can be asked for."""
    _, provider, access = side
    report = await provider.positions(access)
    assert [one.account.id for one in report.accounts] == [one.id for one in await provider.accounts(access)]
    last = report.accounts[-1].account.id
    assert [one.account.id for one in (await provider.positions(access, last)).accounts] == [last]


async def test_transactions_add_up(side: Side) -> None:
    """Ensure signs, dates and ids of transactions, and that purchases lower the cash."""
    _, provider, access = side
    since = date(2025, 6, 1)
    report = await provider.transactions(access, since)
    assert report.set_aside == ()
    assert len({line.id for line in report.transactions}) == len(report.transactions) > 5
    for line in report.transactions:
        assert line.trade_date >= since
        if line.kind is TransactionKind.BUY:
            assert line.amount < 0 < (line.quantity or 0)
        if line.kind is TransactionKind.SELL:
            assert line.amount > 0 > (line.quantity or 0)
        if line.kind is TransactionKind.DEPOSIT:
            assert line.amount > 0
        if line.instrument is not None and line.quantity and line.price and line.kind is TransactionKind.BUY:
            paid = line.quantity * line.price * line.instrument.multiplier
            assert abs(paid + line.amount) <= abs(line.amount) / 100


async def test_transactions_know_the_instruments_of_the_positions(side: Side) -> None:
    """Ensure that a holding and its purchase are of one instrument."""
    _, provider, access = side
    held = {(line.instrument.symbol, line.instrument.currency) for line in _lines(await provider.positions(access))}
    dealt = {
        (line.instrument.symbol, line.instrument.currency)
        for line in (await provider.transactions(access, date(2024, 1, 1))).transactions
        if line.instrument is not None
    }
    assert dealt <= held


async def test_performance_is_known_or_refused(side: Side) -> None:
    """Ensure that a provider without figures says so instead of answering zeros."""
    _, provider, access = side
    try:
        [one] = await provider.performance(access)
    except NavstreamError as error:
        assert isinstance(error, Unsupported | ReconnectNeeded), error  # noqa: PT017
    else:
        assert one.returns_pct


async def test_refresh_is_accepted_or_refused_by_name(side: Side) -> None:
    """Ensure that asking for news raises nothing foreign."""
    _, provider, access = side
    try:
        await provider.refresh(access)
    except NavstreamError as error:
        assert isinstance(error, Unsupported | RetryLater), error  # noqa: PT017


async def test_wrong_credential_is_no_foreign_exception(side: Side) -> None:
    """Ensure that a refused credential raises one of ours, without the credential in it."""
    _, provider, access = side
    wrong = '{"key_id":"k","secret_key":"verysecret"}' if provider.name is ProviderName.ALPACA else "verysecret"
    with pytest.raises((ReconnectNeeded, UnexpectedAnswer)) as caught:
        await provider.positions(replace(access, credential=SecretStr(wrong)))
    assert "verysecret" not in str(caught.value)
    assert "verysecret" not in repr(access)


async def test_unreachable_provider_is_asked_later(side: Side) -> None:
    """Ensure that a refused connection raises RetryLater, quickly."""
    world, provider, access = side
    places = dict.fromkeys(("plaid_url", "snaptrade_url", "alpaca_trading_url", "broker_url"), NOWHERE)
    async with open_providers(world.settings.model_copy(update=places), WallClock()) as unreachable:
        with pytest.raises(RetryLater):
            await unreachable[provider.name].positions(access)


async def test_connection_can_be_removed(side: Side) -> None:
    """Ensure that a removed connection is gone at the provider, where the provider can remove it."""
    _, provider, access = side
    await provider.remove(access)
    if provider.name is not ProviderName.ALPACA:
        with pytest.raises(ReconnectNeeded):
            await provider.positions(access)


def _lines(report: HoldingsReport) -> list[ProviderHolding]:
    return [line for one in report.accounts for line in one.holdings or ()]
