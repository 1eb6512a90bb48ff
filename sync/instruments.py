"""Reported instruments → our instruments (docs/decisions/0113).

By the provider's id, then by FIGI, ISIN and CUSIP, then by canonical symbol and currency. New ones are stored. In a
transaction of its own: an instrument without a holding does no harm.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from providers.base import ReportedInstrument
from realtime.domain.account import ProviderName
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.security_id import SecurityIds, security_ids
from realtime.domain.symbol import is_own_code, plan_symbol
from realtime.store.instruments import (
    ensure_currencies,
    improve_instruments,
    insert_aliases,
    insert_instruments,
    instruments_by_alias,
    instruments_like,
)
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool


class Known:
    """What the store knows of some reported instruments."""

    def __init__(self, by_alias: Mapping[str, Instrument], alike: Iterable[Instrument] = ()) -> None:
        """Keep instruments, found by the provider's id, and by an identifier or symbol of theirs (oldest first)."""
        self.by_alias = by_alias
        self._by_name: dict[tuple[str, str], list[Instrument]] = {}
        for known in sorted(alike, key=lambda one: is_own_code(one.symbol)):
            for kind, name in (("symbol", known.symbol), *known.ids._asdict().items()):
                if name is not None:
                    self._by_name.setdefault((kind, name), []).append(known)

    def find(self, reported: ReportedInstrument) -> Instrument | None:
        """Return the instrument, the surest way first; one in another currency is another instrument.

        An id that stands for a code of its provider's own gives way to what identifiers or a symbol say.
        """
        aliased = self._aliased(reported)
        if aliased is not None and not is_own_code(aliased.symbol):
            return aliased
        return self._alike(reported) or aliased

    def is_settled(self, reported: ReportedInstrument) -> bool:
        """Whether the provider's id alone decides."""
        aliased = self._aliased(reported)
        return aliased is not None and not is_own_code(aliased.symbol)

    def _aliased(self, reported: ReportedInstrument) -> Instrument | None:
        aliased = self.by_alias.get(reported.alias)
        return aliased if aliased is not None and aliased.currency == reported.currency else None

    def _alike(self, reported: ReportedInstrument) -> Instrument | None:
        ids = ids_of(reported)
        for kind, name in ids._asdict().items():
            found = next(self._named(kind, name, reported), None)
            if found is not None:
                return found
        by_symbol = (
            known
            for symbol in (reported.symbol, told_apart(reported).symbol)
            for known in self._named("symbol", symbol, reported)
        )
        return next((known for known in by_symbol if not known.ids.contradict(ids)), None)

    def _named(self, kind: str, name: str | None, reported: ReportedInstrument) -> Iterator[Instrument]:
        return (known for known in self._by_name.get((kind, name or ""), ()) if _same_kind(reported, known))


def _same_kind(reported: ReportedInstrument, known: Instrument) -> bool:
    """Whether they may be one: options carry their underlying's ids, and a code of somebody's own names no market."""
    return (
        known.currency == reported.currency
        and known.multiplier == reported.multiplier
        and (known.asset_class is AssetClass.OPTION) == (reported.asset_class is AssetClass.OPTION)
        and (
            is_own_code(reported.symbol) or not is_own_code(known.symbol) or known.symbol == told_apart(reported).symbol
        )
    )


def ids_of(reported: ReportedInstrument) -> SecurityIds:
    return security_ids(reported.figi, reported.isin, reported.cusip)


def told_apart(reported: ReportedInstrument) -> ReportedInstrument:
    """Return an instrument whose symbol is another one's: under a symbol of its own, without market data."""
    ids = ids_of(reported)
    return msgspec.structs.replace(
        reported, symbol=plan_symbol(reported.symbol, ids.cusip or ids.isin or "other"), listed=False
    )


def improves(reported: ReportedInstrument, known: Instrument) -> bool:
    """Whether a provider knows better what an instrument is than whoever reported it first."""
    named = known.name == known.symbol and reported.name != reported.symbol
    classified = (known.asset_class is AssetClass.OTHER and reported.asset_class is not AssetClass.OTHER) or (
        known.asset_class is AssetClass.EQUITY and reported.asset_class is AssetClass.ETF
    )
    given = (reported.figi, reported.isin, reported.cusip)
    lacking = any(one is None and other is not None for one, other in zip(known.ids, given, strict=True))
    identified = lacking and any(
        one is None and other is not None for one, other in zip(known.ids, ids_of(reported), strict=True)
    )
    listed = reported.listed and reported.symbol == known.symbol and not known.listed
    return named or classified or identified or listed


async def resolve_instruments(
    pool: Pool, provider: ProviderName, reported: Iterable[ReportedInstrument], currencies: Iterable[str]
) -> dict[ReportedInstrument, InstrumentId]:
    """Return our instrument for each reported one, storing what is new; also money of these currencies."""
    wanted = sorted(set(reported), key=lambda one: (one.symbol, one.currency, one.alias))
    async with pool.acquire() as connection, connection.transaction():
        await ensure_currencies(connection, {*currencies, *(one.currency for one in wanted)})
        before = await _known(connection, provider, wanted)
        missing = [one for one in wanted if before.find(one) is None]
        after = before
        if missing:
            after = await _stored(connection, provider, missing)
        found: dict[ReportedInstrument, Instrument] = {}
        for one in wanted:
            instrument = before.find(one) or after.find(one)
            if instrument is None:
                raise LookupError(f"{one.symbol} in {one.currency} was stored and is not there")
            found[one] = instrument
        await insert_aliases(connection, provider.value, _new_aliases(before, found))
        await improve_instruments(
            connection, [better_facts(one, known) for one, known in found.items() if improves(one, known)]
        )
    return {one: instrument.id for one, instrument in found.items()}


def _new_aliases(before: Known, found: Mapping[ReportedInstrument, Instrument]) -> dict[str, InstrumentId]:
    """Return what the provider's ids stand for, as far as it is new; one used in two currencies keeps its first."""
    new = {}
    for reported, instrument in found.items():
        known = before.by_alias.get(reported.alias)
        if known is None or (known.id != instrument.id and known.currency == instrument.currency):
            new[reported.alias] = instrument.id
    return new


async def _known(connection: Connection, provider: ProviderName, wanted: list[ReportedInstrument]) -> Known:
    """Look the instruments up; by identifiers and symbol only those whose id does not decide."""
    known = Known(await instruments_by_alias(connection, provider.value, {one.alias for one in wanted}))
    open_ones = [one for one in wanted if not known.is_settled(one)]
    if not open_ones:
        return known
    pairs = {(one.symbol, one.currency) for each in open_ones for one in (each, told_apart(each))}
    return Known(known.by_alias, await instruments_like(connection, [ids_of(one) for one in open_ones], pairs))


async def _stored(connection: Connection, provider: ProviderName, missing: list[ReportedInstrument]) -> Known:
    """Store new instruments; those whose symbol another one has, under symbols of their own."""
    await insert_instruments(connection, [new_instrument(one) for one in missing])
    after = await _known(connection, provider, missing)
    taken = [one for one in missing if after.find(one) is None]
    if taken:
        await insert_instruments(connection, [new_instrument(told_apart(one)) for one in taken])
        after = await _known(connection, provider, missing)
    return after


def new_instrument(reported: ReportedInstrument) -> Instrument:
    return Instrument(
        id=InstrumentId(str(new_key())),
        symbol=reported.symbol,
        asset_class=reported.asset_class,
        currency=reported.currency,
        multiplier=reported.multiplier,
        name=reported.name,
        listed=reported.listed,
        ids=ids_of(reported),
    )


def better_facts(reported: ReportedInstrument, known: Instrument) -> Instrument:
    """Return what a provider says of an instrument, under our id and symbol."""
    return replace(
        known,
        asset_class=reported.asset_class,
        name=reported.name,
        listed=reported.listed and reported.symbol == known.symbol,
        ids=ids_of(reported),
    )
