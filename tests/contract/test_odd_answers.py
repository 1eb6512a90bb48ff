"""One odd field in any record of any answer: the sync goes on, no other record is lost, the odd one is explained."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.base import Access, HoldingsReport, Provider, ReportedInstrument, UnexpectedAnswer
from providers.linking import access_to
from providers.registry import open_providers
from realtime.domain.account import AccountId, ProviderName
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.errors import ReconnectNeeded
from realtime.store.accounts import Fingerprint, StoredAccount, StoredHolding
from realtime.store.connections import connection_by_id
from realtime.store.keys import new_key
from realtime.store.pool import Pool
from sync.instruments import Known
from sync.reconcile import Changes, changes_of
from sync.relink import relinked
from tests.contract.served import served
from tests.support.hand_clock import HandClock
from tests.support.recorded_answers import Recorder, fields_of, with_field
from tests.support.syncing import sync_world

Pair = tuple[str, InstrumentId]
Held = dict[str, dict[InstrumentId, Decimal]]
"""Quantities by account and instrument."""

ODDITIES: tuple[Any, ...] = (None, ..., 5, "odd", "NaN", True, [], {}, [{}], {"odd": None}, -1e300, "2026-13-45")
URLS = {"plaid": "plaid_url", "snaptrade": "snaptrade_url", "alpaca": "alpaca_trading_url"}


@dataclass
class Side:
    """A provider behind a recorder, and what an answer without oddities leads to."""

    recorder: Recorder
    provider: Provider
    access: Access
    clock: HandClock
    base: "Stored"

    async def read(self, record: "Record", path: tuple[str, ...], put: Any) -> HoldingsReport:
        def change(asked: str, document: Any) -> Any:
            if asked == record.path:
                with_field(record.within(document), path, put)
            return document

        self.recorder.change = change
        self.clock.move(3600)  # past every rate limit
        return await self.provider.positions(self.access)


@dataclass(frozen=True)
class Record:
    """One record of an answer: the path of the request, and where in the document it is."""

    path: str
    list_name: str | None
    index: int | None

    def within(self, document: Any) -> Any:
        found = document if self.list_name is None else document[self.list_name]
        return found if self.index is None else found[self.index]


@dataclass
class Stored:
    """What a first sync stores, and the ways by which its instruments are recognised."""

    accounts: list[StoredAccount]
    held: dict[Any, list[StoredHolding]]
    known: Known
    aliases: Mapping[str, InstrumentId]

    def instrument_of(self, reported: ReportedInstrument) -> InstrumentId:
        found = self.known.find(reported)
        return InstrumentId(f"new {reported.symbol}") if found is None else found.id

    def after(self, report: HoldingsReport) -> tuple[Held, Changes]:
        """Return what is held after an answer, from what was held before."""
        found = relinked(report, self.accounts, [])
        changes = changes_of(report, self.accounts, self.held, self.instrument_of, self.aliases, found.by_id)
        gone = {account.provider_account_id for account in self.accounts if account.key in changes.vanished}
        held = {name: lines for name, lines in self.before.items() if name not in gone}
        names = {account.key: account.provider_account_id for account in self.accounts}
        for change in changes.accounts:
            if change.key is not None and change.holdings is not None:
                held[names[change.key]] = {line.instrument_id: line.quantity for line in change.holdings}
        return held, changes

    def first(self, report: HoldingsReport) -> tuple[Held, Changes]:
        """Return what is held after an answer that is the first one."""
        changes = changes_of(report, [], {}, self.instrument_of, {})
        held = {
            change.facts.provider_account_id: {line.instrument_id: line.quantity for line in change.holdings or ()}
            for change in changes.accounts
        }
        return held, changes

    @property
    def before(self) -> Held:
        return {
            one.provider_account_id: {line.instrument_id: line.quantity for line in self.held[one.key]}
            for one in self.accounts
        }


def stored_of(report: HoldingsReport) -> Stored:
    """Return what a first sync of an answer without oddities stores."""
    by_alias: dict[str, Instrument] = {}
    alike: list[Instrument] = []
    stored = Stored([], {}, Known({}), {})
    for one in report.accounts:
        assert one.holdings is not None
        account = one.account
        fingerprint = Fingerprint(account.mask, account.name, account.subtype)
        key = new_key()
        stored.accounts.append(
            StoredAccount(
                key, AccountId(account.id), account.id, account.currency or "", account.total, True, 1, fingerprint
            )
        )
        stored.held[key] = []
        for line in one.holdings:
            reported = line.instrument
            instrument = Instrument(
                InstrumentId(reported.symbol), reported.symbol, reported.asset_class, reported.currency,
                reported.multiplier, reported.name, reported.listed,
            )  # fmt: skip
            by_alias[reported.alias] = instrument
            alike.append(instrument)
            stored.held[key].append(
                StoredHolding(instrument.id, line.quantity, line.cost_basis, line.value, reported.currency)
            )
    stored.known = Known(by_alias, alike)
    stored.aliases = {alias: instrument.id for alias, instrument in by_alias.items()}
    return stored


@pytest.fixture(params=sorted(URLS))
async def side(request: pytest.FixtureRequest, postgres_dsn: str, pool: Pool) -> AsyncIterator[Side]:
    name: ProviderName = ProviderName(request.param)
    async with sync_world(postgres_dsn, pool, only=(name.value,)) as world:
        connection = await connection_by_id(pool, await world.link(name.value, await world.user()))
        assert connection is not None
        access = access_to(connection, world.parts.cipher)
        recorder, clock = Recorder(world.urls[name.value]), HandClock()
        with served(recorder.app) as url:
            configured = world.settings.model_copy(update={URLS[name.value]: url})
            async with open_providers(configured, clock) as providers:
                provider = providers[name]
                base = stored_of(await provider.positions(access))
                yield Side(recorder, provider, access, clock, base)


def records_of(answers: Mapping[str, Any]) -> Iterator[Record]:
    """Yield every record of the recorded answers."""
    for path, document in sorted(answers.items()):
        if isinstance(document, list):
            yield from (Record(path, None, index) for index in range(len(document)))
            continue
        lists = [name for name, inner in document.items() if isinstance(inner, list)]
        for name in lists:
            yield from (Record(path, name, index) for index in range(len(document[name])))
        if "item" in document:
            yield Record(path, "item", None)
        if not lists:
            yield Record(path, None, None)


def may_differ(base: Stored, record: Record, body: Any) -> set[Pair]:
    """Return the holdings that a record says something of: the others must not change."""
    every = flat(base.before).keys()
    if record.list_name == "accounts" or "brokerage_authorization" in body or "account_number" in body:
        return {pair for pair in every if pair[0] in {body.get("account_id"), body.get("id")}}
    alias = body.get("security_id") or body.get("asset_id") or body.get("instrument", {}).get("id")
    of_account = body.get("account_id")
    named = {
        pair for pair in every if pair[1] == base.aliases.get(alias) and (of_account is None or pair[0] == of_account)
    }
    money = record.list_name == "results" or (record.list_name is None and "cash" in body)
    return named | {pair for pair in every if money and pair[1].startswith("CUR:")}


def flat(held: Held) -> dict[Pair, Decimal]:
    return {(account, key): quantity for account, lines in held.items() for key, quantity in lines.items()}


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
async def test_one_odd_field_costs_no_other_record(side: Side, data: st.DataObject) -> None:
    """Ensure that whatever one field of a record becomes, the rest is stored as before, first sync or later."""
    record = data.draw(st.sampled_from(list(records_of(side.recorder.answers))))
    body = record.within(side.recorder.answers[record.path])
    path = data.draw(st.sampled_from(list(fields_of(body))))
    put = data.draw(st.sampled_from(ODDITIES))
    try:
        report = await side.read(record, path, put)
    except ReconnectNeeded:
        assert (path[-1], put) == ("disabled", True)
        return
    except UnexpectedAnswer:
        assert path == ("id",)  # of the only account: nobody can be asked for it
        return
    base, touched = flat(side.base.before), may_differ(side.base, record, body)
    (later, changes), (first, changes_at_first) = side.base.after(report), side.base.first(report)
    for held in map(flat, (later, first)):
        assert {pair for pair in base if held.get(pair) != base[pair]} <= touched
    assert {pair for pair in base.keys() - flat(later).keys() if not pair[1].startswith("CUR:")} == set()
    renamed = isinstance(put, str) and path[-1] in {"account_id", "id"}
    if flat(first).keys() != base.keys() and not renamed:
        assert changes_at_first.quarantined or changes_at_first.incomplete
    if flat(later).keys() != base.keys():
        assert changes.quarantined or changes.incomplete
