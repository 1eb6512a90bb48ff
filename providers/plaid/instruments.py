"""Plaid's securities → instruments (pure).

Plaid passes on what institutions write, so the type is not believed where the text says otherwise (`CUR:BTC` may be
"cash"), and a code without a US market or a FIGI is a plan's own, even when it looks like a ticker.
"""

from decimal import Decimal

from providers.base import ReportedInstrument
from providers.multiplier import multiplier_of
from providers.plaid.documents import Security
from realtime.domain.asset_class import AssetClass
from realtime.domain.symbol import (
    CURRENCIES,
    US_EXCHANGES,
    bond_symbol,
    cash_symbol,
    crypto_symbol,
    equity_symbol,
    is_fund_ticker,
    is_us_ticker,
    occ_symbol,
    option_symbol,
    plan_symbol,
)

_TERMS_LENGTH = 15  # of an OCC symbol: date, side and strike
_LISTED_CLASSES = {"equity": AssetClass.EQUITY, "etf": AssetClass.ETF}
_CLASSES = _LISTED_CLASSES | {
    "mutual fund": AssetClass.MUTUAL_FUND,
    "fixed income": AssetClass.BOND,
    "derivative": AssetClass.OTHER,
}


def instrument(security: Security, amounts_currency: str | None, institution: str | None) -> ReportedInstrument | None:
    """Return the instrument; None when its currency is unknown.

    Args:
        security: As Plaid describes it.
        amounts_currency: ISO code of the holding's amounts, for a security without one.
        institution: Plaid's id of the institution, for codes that only it knows.
    """
    currency = currency_of(security.iso_currency_code, security.unofficial_currency_code) or amounts_currency
    if currency is None:
        return None
    symbol, asset_class, listed = _classified(security, currency, institution)
    return ReportedInstrument(
        alias=security.security_id,
        symbol=symbol,
        asset_class=asset_class,
        currency=currency,
        multiplier=multiplier_of(symbol, asset_class),
        name=security.name or symbol,
        listed=listed,
        figi=security.figi,
        isin=security.isin,
        cusip=security.cusip,
    )


def cash(currency: str) -> ReportedInstrument:
    """Return the instrument of money that an account holds as its balance."""
    symbol = f"CUR:{currency}"
    return ReportedInstrument(symbol, symbol, AssetClass.CASH, currency, Decimal(1), currency, listed=False)


def currency_of(iso: str | None, unofficial: str | None) -> str | None:
    """Return the ISO code of an amount's currency; None for coins and unknown ones. Pence are pounds."""
    code = (iso or unofficial or "").upper()
    code = {"GBX": "GBP", "CNH": "CNY"}.get(code, code)
    return code if code in CURRENCIES else None


def pence(iso: str | None, unofficial: str | None) -> Decimal:
    """Return by what amounts are to be divided: 100 where they are in pence."""
    return Decimal(100) if (iso or unofficial or "").upper() == "GBX" else Decimal(1)


def _classified(security: Security, currency: str, institution: str | None) -> tuple[str, AssetClass, bool]:
    """Return the symbol, the class, and whether our market-data source quotes it."""
    money = _money(security, currency)
    if money is not None:
        return money, AssetClass.CASH, False
    coin = _coin(security, currency)
    if coin is not None:
        return coin, AssetClass.CRYPTO, coin.endswith("/USD")
    contract = _option(security)
    if contract is not None:
        return contract, AssetClass.OPTION, currency == "USD"
    is_bond = security.type == "fixed income" or security.fixed_income is not None
    bond = bond_symbol(cusip=security.cusip, isin=security.isin) if is_bond else None
    if bond is not None:
        return bond, AssetClass.BOND, False
    ticker = (security.ticker_symbol or "").strip().upper().rstrip("*")  # SPAXX**: an institution's footnote
    if is_fund_ticker(ticker) and security.type not in _LISTED_CLASSES:
        return ticker, AssetClass.MUTUAL_FUND, False
    return _listing(security, ticker, currency) or (_own_code(security, institution), _class_of(security), False)


def _money(security: Security, currency: str) -> str | None:
    if security.ticker_symbol is None:
        return cash_symbol(currency) if security.type == "cash" else None
    if security.type == "cash" or security.ticker_symbol.upper().startswith("CUR:"):
        return cash_symbol(security.ticker_symbol)
    return None


def _coin(security: Security, currency: str) -> str | None:
    ticker = security.ticker_symbol or ""
    if security.type == "cryptocurrency" or ticker.upper().startswith("CUR:"):
        return crypto_symbol(ticker, currency)
    return None


def _option(security: Security) -> str | None:
    """Return a contract by its terms; its ticker, where it agrees, knows the root better (mini options)."""
    written = occ_symbol(security.ticker_symbol or "")
    terms = security.option_contract
    if terms is None:
        return written
    symbol = option_symbol(
        terms.underlying_security_ticker,
        terms.expiration_date,
        terms.strike_price,
        call=terms.contract_type == "call",
    )
    agree = written is not None and symbol is not None and written[-_TERMS_LENGTH:] == symbol[-_TERMS_LENGTH:]
    return written if agree else symbol or written


def _listing(security: Security, ticker: str, currency: str) -> tuple[str, AssetClass, bool] | None:
    """Return a share or ETF that a market or a FIGI vouches for; None for anything else."""
    market = security.market_identifier_code
    if not ticker or ticker == security.institution_security_id or (market is None and security.figi is None):
        return None
    symbol = equity_symbol(ticker, market)
    if symbol is None or security.type in {"mutual fund", "fixed income", "derivative", "cash"}:
        return None
    on_tape = (market is None or market in US_EXCHANGES) and currency == "USD" and is_us_ticker(symbol)
    return symbol, _LISTED_CLASSES.get(security.type or "", AssetClass.EQUITY), on_tape


def _own_code(security: Security, institution: str | None) -> str:
    code = security.ticker_symbol or security.institution_security_id or security.cusip or security.security_id
    return plan_symbol(code, security.institution_id or institution or "plaid")


def _class_of(security: Security) -> AssetClass:
    return _CLASSES.get(security.type or "", AssetClass.OTHER)
