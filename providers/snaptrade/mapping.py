"""SnapTrade's records → ours (pure). Cost bases are per share, sweep funds are inside the cash.

One odd record is set aside with its reason, the rest is kept.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from providers.base import AccountReport, Product, ProviderHolding, ReportedAccount, ReportedInstrument, SetAside
from providers.multiplier import multiplier_of
from providers.records import decoded, salvaged
from providers.snaptrade.cash import cash_of
from providers.snaptrade.documents import (
    Account,
    Authorization,
    Freshness,
    HoldingsStatus,
    Instrument,
    Position,
    PositionsAnswer,
    RecordIds,
)
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import (
    CURRENCIES,
    US_EXCHANGES,
    bond_symbol,
    crypto_symbol,
    equity_symbol,
    is_fund_ticker,
    is_own_code,
    is_us_ticker,
    occ_symbol,
    plan_symbol,
)

_CLASSES = {
    "stock": AssetClass.EQUITY,
    "adr": AssetClass.EQUITY,
    "cef": AssetClass.EQUITY,
    "etf": AssetClass.ETF,
    "mutualfund": AssetClass.MUTUAL_FUND,
    "crypto": AssetClass.CRYPTO,
    "bond": AssetClass.BOND,
    "option": AssetClass.OPTION,
}
_EXCHANGE_TRADED = frozenset({AssetClass.EQUITY, AssetClass.ETF, AssetClass.OTHER})
_NOTIONAL = frozenset({"future", "future_option", "cfd"})
_CATEGORIES: dict[str, tuple[str, Product]] = {
    "INVESTMENT": ("investment", "investments"),
    "ANNUITY": ("investment", "investments"),
    "DEPOSIT": ("depository", "transactions"),
    "LOC": ("credit", "liabilities"),
}
_GONE = frozenset({"closed", "archived"})
_AUTHORIZATION_SPARED = frozenset({"id", "disabled", "type", "brokerage"})
_ACCOUNT_SPARED = frozenset(
    {
        "name", "number", "institution_name", "sync_status", "sync_status.holdings.last_successful_sync", "balance",
        "status", "raw_type",
    }
)  # fmt: skip
_POSITION_SPARED = frozenset(
    {
        "price", "cost_basis", "instrument.id", "instrument.raw_symbol", "instrument.description",
        "instrument.figi_instrument",
    }
)  # fmt: skip


def authorization(answer: msgspec.Raw) -> tuple[Authorization, tuple[SetAside, ...]]:
    """Return what SnapTrade says of a connection, and what of it cannot be read."""
    found = salvaged(answer, Authorization, _AUTHORIZATION_SPARED)
    if isinstance(found, str):
        return Authorization(), (SetAside(None, f"connection: {found}", harmless=True),)
    return found.record, () if found.odd is None else (SetAside(None, f"connection: {found.odd}", harmless=True),)


def accounts(records: Iterable[msgspec.Raw]) -> tuple[list[Account], tuple[SetAside, ...]]:
    """Return the open accounts that can be read, and why others, or parts of them, cannot."""
    read, odd = [], []
    for record in records:
        found = salvaged(record, Account, _ACCOUNT_SPARED)
        if isinstance(found, str):
            odd.append(SetAside(None, f"account: {found}"))
            continue
        if found.odd is not None:
            odd.append(SetAside(None, f"account {found.record.id}: {found.odd}", harmless=True))
        if found.record.status not in _GONE:
            read.append(found.record)
    return read, tuple(odd)


def reported_account(account: Account) -> ReportedAccount:
    total = account.balance.total if account.balance else None
    account_type, product = _CATEGORIES.get(account.account_category or "", ("investment", "investments"))
    digits = "".join(letter for letter in account.number or "" if letter.isdigit())
    return ReportedAccount(
        id=account.id,
        name=account.name or account.institution_name or account.id,
        product=product,
        account_type=account_type,
        subtype=account.raw_type,
        mask=digits[-4:] or None,
        currency=total.currency if total and total.currency in CURRENCIES else None,
        total=total.amount if total else None,
    )


def unusable(account: Account) -> str | None:
    """Return why an account's holdings must not be believed: its first sync goes on, or it is out of reach."""
    status = account.sync_status.holdings if account.sync_status else None
    if status is not None and status.initial_sync_completed is False:
        return "SnapTrade has not finished the first sync"
    if account.status == "unavailable":
        return "the brokerage does not give out holdings just now"
    return None


def account_report(account: Account, answer: PositionsAnswer, balances: Iterable[msgspec.Raw]) -> AccountReport:
    """Return the account with positions and cash; a debt holds nothing.

    An account whose positions the brokerage does not give out is worth its total.
    """
    reported = reported_account(account)
    if reported.product == "liabilities":
        return AccountReport(reported, None, None)
    as_of = _fresh_as_of(answer) or _last_sync(account)
    holdings, odd = _positions(answer.results, as_of)
    cash, unread = cash_of(balances, [line for line, is_sweep in holdings if is_sweep], as_of)
    lines = tuple(line for line, is_sweep in holdings if line.quantity and not (is_sweep and line.value is None))
    why_not = unusable(account)
    if why_not is None and as_of is None and not (lines or cash or odd or unread):
        why_not = "SnapTrade gives no holdings and does not say when it read them"
    if why_not is None and not lines and _withholds(account):
        whole = _total_alone(account, reported, as_of)
        return AccountReport(reported, whole, as_of, (*odd, *unread), total_only=True)
    return AccountReport(reported, (*lines, *cash), as_of, (*odd, *unread), why_not)


def _withholds(account: Account) -> bool:
    """Whether the brokerage tells what an account is worth, not what is in it."""
    status = account.sync_status.holdings if account.sync_status else None
    return account.account_category == "ANNUITY" or bool(status is not None and status.holdings_unavailable)


def _total_alone(account: Account, reported: ReportedAccount, as_of: datetime | None) -> tuple[ProviderHolding, ...]:
    """Return the account's total as a holding of its own, priced at one."""
    if reported.total is None or reported.currency is None or not reported.total:
        return ()
    symbol = plan_symbol("TOTAL", account.id)
    whole = ReportedInstrument(
        symbol, symbol, AssetClass.OTHER, reported.currency, Decimal(1), f"{reported.name} (total)", listed=False
    )
    return (ProviderHolding(whole, reported.total, None, Decimal(1), as_of, reported.total),)


def _positions(
    records: Iterable[msgspec.Raw], as_of: datetime | None
) -> tuple[list[tuple[ProviderHolding, bool]], list[SetAside]]:
    """Return the holdings, each with whether it is part of the cash, and why others cannot be used.

    What may be part of the cash and cannot be read is not missed: the cash counts it.
    """
    read: list[tuple[ProviderHolding, bool]] = []
    odd: list[SetAside] = []
    for record in records:
        found = salvaged(record, Position, _POSITION_SPARED)
        ids = _ids(record)
        line = found if isinstance(found, str) else _holding(found.record, as_of)
        if isinstance(line, str):
            odd.append(SetAside(ids.alias, line, harmless=ids.cash_equivalent not in (None, False)))
            continue
        read.append((line, not isinstance(found, str) and bool(found.record.cash_equivalent)))
        if not isinstance(found, str) and found.odd is not None:
            odd.append(SetAside(ids.alias, found.odd, harmless=True))
    return read, odd


def _holding(position: Position, as_of: datetime | None) -> ProviderHolding | str:
    """Return the holding, or why it cannot be used."""
    if position.instrument.kind in _NOTIONAL:
        return f"a {position.instrument.kind} has a notional value only"
    if position.units is None:
        return "no units"
    instrument = reported_instrument(position.instrument, position.currency)
    if instrument is None:
        return "no currency"
    price, cost = position.price, position.cost_basis
    if (position.currency or instrument.currency) != instrument.currency:
        price = cost = None  # in the account's currency, not the listing's
    units = position.units * instrument.multiplier
    return ProviderHolding(
        instrument=instrument,
        quantity=position.units,
        cost_basis=None if cost is None else cost * units,
        price=price,
        price_time=as_of,
        value=None if price is None else price * units,
    )


def reported_instrument(instrument: Instrument, amounts_currency: str | None) -> ReportedInstrument | None:
    """Return the instrument; None when its currency is unknown."""
    currency = next((code for code in (instrument.currency, amounts_currency) if code in CURRENCIES), None)
    if currency is None:
        return None
    symbol, asset_class = _symbol(instrument, currency)
    on_tape = (instrument.exchange or "").upper() in US_EXCHANGES or (
        instrument.exchange is None and instrument.figi_instrument is not None
    )
    multiplier = multiplier_of(symbol, asset_class)
    if asset_class is AssetClass.OPTION and instrument.multiplier:
        multiplier = instrument.multiplier
    return ReportedInstrument(
        alias=instrument.id or f"symbol:{symbol}",
        symbol=symbol,
        asset_class=asset_class,
        currency=currency,
        multiplier=multiplier,
        name=instrument.description or symbol,
        listed=currency == "USD"
        and not is_own_code(symbol)
        and (
            asset_class in {AssetClass.OPTION, AssetClass.CRYPTO}
            or (asset_class in _EXCHANGE_TRADED and on_tape and is_us_ticker(symbol))
        ),
        figi=instrument.figi_instrument.figi_code if instrument.figi_instrument else None,
    )


def _symbol(instrument: Instrument, currency: str) -> tuple[str, AssetClass]:
    asset_class = _CLASSES.get(instrument.kind, AssetClass.OTHER)
    spelled = instrument.symbol.strip().upper().rstrip("*")
    own = plan_symbol(spelled, "snaptrade")
    if asset_class is AssetClass.OPTION or (asset_class is AssetClass.OTHER and occ_symbol(spelled)):
        multiplier = instrument.multiplier or None
        adjusted = plan_symbol("".join(spelled.split()), f"x{multiplier.normalize():f}") if multiplier else own
        return occ_symbol(spelled, multiplier) or adjusted, AssetClass.OPTION
    if asset_class is AssetClass.CRYPTO:
        return crypto_symbol(spelled, currency) or own, asset_class
    if asset_class is AssetClass.BOND:
        return bond_symbol(cusip=spelled, isin=spelled) or own, asset_class
    if asset_class is AssetClass.MUTUAL_FUND:
        looks_listed = is_us_ticker(spelled) and not is_fund_ticker(spelled)
        return own if looks_listed else spelled, asset_class
    return equity_symbol(instrument.raw_symbol or spelled, instrument.exchange) or own, asset_class


def _fresh_as_of(answer: PositionsAnswer) -> datetime | None:
    freshness = decoded(answer.data_freshness, Freshness)
    return None if isinstance(freshness, str) else freshness.as_of


def _last_sync(account: Account) -> datetime | None:
    """Return when the holdings were last read; SnapTrade writes this time with a space."""
    status: HoldingsStatus | None = account.sync_status.holdings if account.sync_status else None
    try:
        at = datetime.fromisoformat(status.last_successful_sync or "") if status else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _ids(record: msgspec.Raw) -> RecordIds:
    try:
        return msgspec.json.decode(record, type=RecordIds)
    except msgspec.ValidationError:
        return RecordIds()
