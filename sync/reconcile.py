"""What an answer changes (pure): which accounts to replace, which to leave alone, which have vanished.

An answer that cannot be complete changes nothing. It is incomplete when the provider says so, when more is missing
than the records that cannot be read explain, when all accounts are missing, and when holdings vanished although the
provider's own total still contains them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from providers.base import AccountReport, HoldingsReport, ProviderHolding, ReportedAccount, ReportedInstrument
from realtime.domain.instrument import InstrumentId
from realtime.store.accounts import AccountFacts, StoredAccount, StoredHolding
from realtime.store.holdings import ReportedHolding

_NEGLIGIBLE = Decimal("0.01")
"""Share of an account's total below which a gap is rounding or the day's price moves."""

InstrumentOf = Callable[[ReportedInstrument], InstrumentId]


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What to store about one account.

    Attributes:
        key: Of the stored account; None for a new one.
        holdings: What replaces the stored ones; None leaves those as they are.
    """

    key: UUID | None
    facts: AccountFacts
    holdings: tuple[ReportedHolding, ...] | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What an answer changes.

    Attributes:
        vanished: Accounts that the provider does not know any more: to deactivate.
        incomplete: Why some accounts stay as they were; asking again later may help.
        quarantined: Records set aside, with account, alias and reason.
    """

    accounts: tuple[AccountChange, ...]
    vanished: tuple[UUID, ...]
    incomplete: tuple[str, ...]
    quarantined: tuple[dict[str, str | None], ...]

    @property
    def holdings_count(self) -> int:
        return sum(len(change.holdings or ()) for change in self.accounts)


def changes_of(
    report: HoldingsReport,
    stored: Sequence[StoredAccount],
    held: Mapping[UUID, Sequence[StoredHolding]],
    instrument_of: InstrumentOf,
    aliases: Mapping[str, InstrumentId],
    relinked: Mapping[str, StoredAccount] = MappingProxyType({}),
) -> Changes:
    """Return what to store.

    Args:
        report: The provider's answer.
        stored: The connection's accounts, inactive ones too.
        held: What they and the relinked ones hold, by account.
        instrument_of: Our instrument for each reported one.
        aliases: Our instruments for the provider's ids of records that were set aside.
        relinked: Stored accounts, of this connection or older ones, by a new id of the provider's.
    """
    by_id = {account.provider_account_id: account for account in stored} | dict(relinked)
    accounts: list[AccountChange] = []
    incomplete: list[str] = []
    quarantined = [_quarantined(None, odd.alias, odd.reason) for odd in report.set_aside]
    if not report.accounts:
        incomplete.append("the answer has no accounts")
    for one in report.accounts:
        known = by_id.get(one.account.id)
        quarantined += [_quarantined(one.account.id, odd.alias, odd.reason) for odd in one.set_aside]
        if known is None and one.account.currency is None:
            incomplete.append(f"account {one.account.id}: its currency is not known yet")
            continue
        before = held.get(known.key, ()) if known else ()
        holdings, reason = _replacement(one, known, before, instrument_of, aliases)
        if reason is not None:
            incomplete.append(f"account {one.account.id}: {reason}")
        accounts.append(AccountChange(known.key if known else None, _facts(one.account), holdings, one.as_of))
    present = {one.account.id for one in report.accounts}
    recognised = {account.key for account in relinked.values()}
    all_readable = all(odd.harmless for odd in report.set_aside)
    vanished = [
        account.key
        for account in stored
        if account.active and account.provider_account_id not in present and account.key not in recognised
    ]
    gone = tuple(vanished) if present and all_readable else ()
    return Changes(tuple(accounts), gone, tuple(incomplete), tuple(quarantined))


def _replacement(
    report: AccountReport,
    known: StoredAccount | None,
    before: Sequence[StoredHolding],
    instrument_of: InstrumentOf,
    aliases: Mapping[str, InstrumentId],
) -> tuple[tuple[ReportedHolding, ...] | None, str | None]:
    """Return the holdings that replace the stored ones, or None and why (no reason: they were not asked for)."""
    if report.holdings is None:
        return None, None
    merged = merge(report.holdings, instrument_of)
    withheld = report.total_only and any(line.instrument_id not in merged for line in before)
    why_not = report.unusable or ("the brokerage gives no holdings just now" if withheld else None)
    if why_not is not None:
        return None, why_not
    if known is None or known.holdings_version == 0:
        return tuple(merged.values()), None
    kept = _kept(report, before, merged, aliases)
    if kept is None:
        return None, "a record cannot be attributed"
    replaced = (*merged.values(), *kept)
    if is_partial(report, known, before, replaced, instrument_of):
        return None, "holdings are missing that the account's total still contains"
    return replaced, None


def _kept(
    report: AccountReport,
    before: Sequence[StoredHolding],
    merged: Mapping[InstrumentId, ReportedHolding],
    aliases: Mapping[str, InstrumentId],
) -> list[ReportedHolding] | None:
    """Return the stored holdings that stay because their records cannot be read; None when it may be any of them.

    A record that names no instrument that we know is taken for one of the missing, when no more are missing than
    there are such records.
    """
    odd = [one.alias for one in report.set_aside if not one.harmless]
    named = {aliases[alias] for alias in odd if alias is not None and alias in aliases}
    unnamed_count = sum(1 for alias in odd if alias is None or alias not in aliases)
    missing = [line for line in before if line.instrument_id not in merged]
    others = [line for line in missing if line.instrument_id not in named]
    if unnamed_count and len(others) > unnamed_count:
        return None
    return [
        ReportedHolding(line.instrument_id, line.quantity, line.cost_basis, line.value, line.price)
        for line in missing
        if unnamed_count or line.instrument_id in named
    ]


def merge(holdings: Iterable[ProviderHolding], instrument_of: InstrumentOf) -> dict[InstrumentId, ReportedHolding]:
    """Return one holding an instrument: quantities add up, and costs while all of them are known."""
    merged: dict[InstrumentId, ReportedHolding] = {}
    for line in holdings:
        key = instrument_of(line.instrument)
        other = merged.get(key)
        if other is None:
            merged[key] = ReportedHolding(key, line.quantity, line.cost_basis, line.value, line.price)
        else:
            merged[key] = ReportedHolding(
                key,
                other.quantity + line.quantity,
                _sum(other.cost_basis, line.cost_basis),
                _sum(other.provider_value, line.value),
                _average(other, line),
            )
    return {key: line for key, line in merged.items() if line.quantity}


def is_partial(
    report: AccountReport,
    known: StoredAccount,
    before: Sequence[StoredHolding],
    after: Sequence[ReportedHolding],
    instrument_of: InstrumentOf,
) -> bool:
    """Whether holdings vanished from the answer without having been sold.

    What is sold turns into cash, what is moved out lowers the total. Partial is an answer in which instruments are
    missing and the values of some currency fell, but the provider's total did not fall with them (by half at least:
    the fall may be in another currency than the total). An answer that adds up to its own total is whole: what vanished
    was no holding.
    """
    missing = {line.instrument_id for line in before} - {line.instrument_id for line in after}
    if not missing:
        return False
    total = report.account.total
    if total is None or known.total is None:
        return not after and len(missing) > 1
    known_before = {line.instrument_id: line for line in before}
    currency_of = {key: line.currency for key, line in known_before.items()} | {
        instrument_of(line.instrument): line.instrument.currency for line in report.holdings or ()
    }
    values_before = _values((line.currency, line.value) for line in before)
    values_after = _values(
        (currency_of[line.instrument_id], _value_now(line, known_before.get(line.instrument_id))) for line in after
    )
    if values_after.keys() == {report.account.currency} and abs(total - sum(values_after.values())) <= (
        _NEGLIGIBLE * abs(total)
    ):
        return False
    fall = sum(
        (max(value - values_after.get(currency, Decimal(0)), Decimal(0)) for currency, value in values_before.items()),
        Decimal(0),
    )
    total_fall = max(known.total - total, Decimal(0))
    return fall > _NEGLIGIBLE * abs(total) and total_fall < fall / 2


def _value_now(line: ReportedHolding, before: StoredHolding | None) -> Decimal | None:
    """Return a holding's value; without a price today, what it was worth before."""
    return before.value if line.provider_value is None and before is not None else line.provider_value


def _values(lines: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal]:
    values: dict[str, Decimal] = {}
    for currency, value in lines:
        values[currency] = values.get(currency, Decimal(0)) + (value or Decimal(0))
    return values


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _average(one: ReportedHolding, other: ProviderHolding) -> Decimal | None:
    """Return the price at which both together are worth what each is worth at its own."""
    if one.provider_price == other.price or one.provider_price is None or other.price is None:
        return one.provider_price if one.provider_price == other.price else None
    quantity = one.quantity + other.quantity
    worth = one.quantity * one.provider_price + other.quantity * other.price
    return worth / quantity if quantity else None


def _facts(account: ReportedAccount) -> AccountFacts:
    return AccountFacts(
        provider_account_id=account.id,
        name=account.name,
        product=account.product,
        account_type=account.account_type,
        subtype=account.subtype,
        mask=account.mask,
        currency=account.currency,
        total=account.total,
    )


def _quarantined(account: str | None, alias: str | None, reason: str) -> dict[str, str | None]:
    return {"account": account, "alias": alias, "reason": reason}
