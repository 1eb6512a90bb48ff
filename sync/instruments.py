"""Reported instruments → our instruments: the provider's id first, then FIGI, then canonical symbol and currency.

New ones are stored. In a transaction of its own: an instrument without a holding does no harm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from providers.base import ReportedInstrument
from realtime.domain.account import ProviderName
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.store.instruments import (
    NewInstrument,
    ensure_currencies,
    improve_instruments,
    insert_aliases,
    insert_instruments,
    instruments_by_alias,
    instruments_by_figi,
    instruments_by_symbol,
)
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of some reported instruments."""

    by_alias: Mapping[str, Instrument]
    by_figi: Mapping[tuple[str, str], Instrument]
    by_symbol: Mapping[tuple[str, str], Instrument]

    def find(self, reported: ReportedInstrument) -> Instrument | None:
        """Return the instrument, the surest way first; one in another currency is another instrument."""
        if self.is_aliased(reported):
            return self.by_alias[reported.alias]
        if reported.figi is not None and (reported.figi, reported.currency) in self.by_figi:
            return self.by_figi[reported.figi, reported.currency]
        return self.by_symbol.get((reported.symbol, reported.currency))

    def is_aliased(self, reported: ReportedInstrument) -> bool:
        """Whether the provider's id stands for an instrument of the same currency."""
        aliased = self.by_alias.get(reported.alias)
        return aliased is not None and aliased.currency == reported.currency


def improves(reported: ReportedInstrument, known: Instrument) -> bool:
    """Whether a provider knows better what an instrument is than whoever reported it first."""
    named = known.name == known.symbol and reported.name != reported.symbol
    classified = (known.asset_class is AssetClass.OTHER and reported.asset_class is not AssetClass.OTHER) or (
        known.asset_class is AssetClass.EQUITY and reported.asset_class is AssetClass.ETF
    )
    return named or classified or (reported.listed and not known.listed)


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
            await insert_instruments(connection, [new_instrument(one) for one in missing])
            after = await _known(connection, provider, missing)
        found: dict[ReportedInstrument, Instrument] = {}
        for one in wanted:
            instrument = before.find(one) or after.find(one)
            if instrument is None:
                raise LookupError(f"{one.symbol} in {one.currency} was stored and is not there")
            found[one] = instrument
        new = {one: instrument for one, instrument in found.items() if not before.is_aliased(one)}
        await insert_aliases(connection, provider.value, {one.alias: instrument.id for one, instrument in new.items()})
        recognised = {one for one in new if before.find(one) is not None}  # another provider's, under a new id
        await improve_instruments(
            connection,
            [
                better_facts(one, instrument)
                for one, instrument in found.items()
                if one in recognised or improves(one, instrument)
            ],
        )
    return {one: instrument.id for one, instrument in found.items()}


async def _known(connection: Connection, provider: ProviderName, wanted: list[ReportedInstrument]) -> Known:
    """Look the instruments up; by FIGI and symbol only those whose id is new."""
    known = Known(await instruments_by_alias(connection, provider.value, {one.alias for one in wanted}), {}, {})
    new = [one for one in wanted if not known.is_aliased(one)]
    if not new:
        return known
    return Known(
        known.by_alias,
        await instruments_by_figi(connection, {one.figi for one in new if one.figi is not None}),
        await instruments_by_symbol(connection, {(one.symbol, one.currency) for one in new}),
    )


def new_instrument(reported: ReportedInstrument) -> NewInstrument:
    return better_facts(
        reported,
        Instrument(
            id=InstrumentId(str(new_key())),
            symbol=reported.symbol,
            asset_class=reported.asset_class,
            currency=reported.currency,
            multiplier=reported.multiplier,
            name=reported.name,
            listed=reported.listed,
        ),
    )


def better_facts(reported: ReportedInstrument, known: Instrument) -> NewInstrument:
    """Return what a provider says of an instrument, under our id and symbol."""
    return NewInstrument(
        Instrument(
            id=known.id,
            symbol=known.symbol,
            asset_class=reported.asset_class,
            currency=known.currency,
            multiplier=known.multiplier,
            name=reported.name,
            listed=reported.listed,
        ),
        figi=reported.figi,
        isin=reported.isin,
        cusip=reported.cusip,
    )
