"""What providers call the same securities: one row a security, all of its names; the table of [instruments]."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from providers.alpaca.mapping import classified
from providers.base import ReportedInstrument
from providers.multiplier import multiplier_of
from providers.plaid.documents import Security
from providers.plaid.instruments import instrument as plaid_instrument
from providers.snaptrade.documents import Instrument as SnapTradeInstrument
from providers.snaptrade.mapping import reported_instrument
from realtime.domain.account import ProviderName


@dataclass(frozen=True)
class Spelling:
    """One provider's way to say a security."""

    provider: ProviderName
    reported: ReportedInstrument
    text: str


def plaid(ticker: str | None, kind: str | None = "equity", market: str | None = "XNAS", **fields: Any) -> Spelling:
    """Return what Plaid's security becomes; each call is another security id."""
    currency = fields.pop("currency", "USD")
    identity = f"plaid {ticker} {kind} {market} {sorted(fields.items(), key=str)} {currency}"
    shape = {
        "security_id": identity, "ticker_symbol": ticker, "type": kind, "market_identifier_code": market,
        "iso_currency_code": currency,
    } | fields  # fmt: skip
    made = plaid_instrument(msgspec.convert(shape, Security), currency, fields.get("institution", "ins_1"))
    assert made is not None
    return Spelling(ProviderName.PLAID, made, identity)


def snaptrade(symbol: str, kind: str = "stock", exchange: str | None = "XNAS", **fields: Any) -> Spelling:
    """Return what SnapTrade's instrument becomes."""
    identity = f"snaptrade {symbol} {kind} {exchange} {sorted(fields.items(), key=str)}"
    figi = fields.pop("figi", None)
    shape = {"id": identity, "kind": kind, "symbol": symbol, "exchange": exchange, "currency": "USD"} | fields
    if figi is not None:
        shape["figi_instrument"] = {"figi_code": figi}
    made = reported_instrument(msgspec.convert(shape, SnapTradeInstrument), None)
    assert made is not None
    return Spelling(ProviderName.SNAPTRADE, made, identity)


def alpaca(symbol: str, kind: str = "us_equity", exchange: str | None = "NASDAQ") -> Spelling:
    """Return what Alpaca's position becomes."""
    canonical, asset_class, listed = classified(symbol, kind, exchange)
    identity = f"alpaca {symbol} {kind} {exchange}"
    multiplier = multiplier_of(canonical, asset_class)
    made = ReportedInstrument(identity, canonical, asset_class, "USD", multiplier, canonical, listed)
    return Spelling(ProviderName.ALPACA, made, identity)


def _terms(strike: str, underlying: str) -> dict[str, Any]:
    return {
        "contract_type": "call", "expiration_date": "2028-01-21", "strike_price": Decimal(strike),
        "underlying_security_ticker": underlying,
    }  # fmt: skip


_TSX = {"currency": "CAD"}
TABLE: dict[str, list[Spelling]] = {
    "Apple": [
        plaid("AAPL"), plaid("AAPL", figi="BBG000B9XRY4"), plaid("AAPL", None), plaid("aapl", "quantum"),
        plaid(None, cusip="037833100", market=None), plaid("AAPL", cusip="037833100", isin="US0378331005"),
        plaid("APPLE INC", None, None, isin="US0378331005"), snaptrade("AAPL"),
        snaptrade("AAPL", exchange=None, figi="BBG000B9XRY4"), snaptrade("AAPL", "quantum_unit"), alpaca("AAPL"),
        alpaca("AAPL", "us_quantum"),
    ],
    "Berkshire B": [
        plaid("BRK-B", market="XNYS"), plaid("BRKB", market=None, figi="BBG000DWG505"), plaid("BRK.B"),
        plaid("BRK/B"), plaid("BRK B"), snaptrade("BRK.B", exchange="XNYS"), snaptrade("BRK/B", exchange="NYSE"),
        snaptrade("BRK-B", exchange="XNYS"), alpaca("BRK.B", exchange="NYSE"),
    ],
    "Berkshire A": [plaid("BRK-A", market="XNYS"), plaid("BRKA", market="XNYS"), snaptrade("BRK.A"), alpaca("BRK.A")],
    "Bank of America": [plaid("BAC", market="XNYS"), snaptrade("BAC", exchange="XNYS"), alpaca("BAC", exchange="NYSE")],
    "Bank of America preferred L": [
        plaid("BAC-PL", market="XNYS"), plaid("BAC PR L", market="XNYS"), plaid("BAC/PRL", market="XNYS"),
        plaid("BAC^L", market="XNYS"), snaptrade("BAC.PRL", exchange="XNYS"), snaptrade("BAC.PR.L", exchange="XNYS"),
        alpaca("BAC.PRL", exchange="NYSE"),
    ],
    "Bank of America preferred K": [plaid("BAC-PK", market="XNYS"), snaptrade("BAC.PRK"), alpaca("BAC.PRK")],
    "a warrant": [
        plaid("ACME-WT", market="XNYS"), plaid("ACME/WS", market="XNYS"), plaid("ACME+", market="XNYS"),
        plaid("ACME.WT", market="XNYS"), snaptrade("ACME.WS"), alpaca("ACME.WS", exchange="NYSE"),
    ],
    "a warrant of series A": [plaid("ACME/WS/A", market="XNYS"), plaid("ACME+A"), snaptrade("ACME.WS.A")],
    "a unit": [plaid("ACME-UN", market="XNYS"), plaid("ACME/U"), snaptrade("ACME.U"), alpaca("ACME.U")],
    "a right": [plaid("ACME-RI", market="XNYS"), plaid("ACME.RT"), snaptrade("ACME.RT"), alpaca("ACME.RT")],
    "the share itself": [plaid("ACME", market="XNYS"), snaptrade("ACME"), alpaca("ACME")],
    "Toronto bond fund": [
        plaid("VAB", "etf", "XTSE", **_TSX), plaid("VAB.TO", "etf", "XTSE", **_TSX),
        snaptrade("VAB.TO", "etf", "XTSE", raw_symbol="VAB", **_TSX), snaptrade("VAB.TO", "etf", "TSX", **_TSX),
        snaptrade("VAB.TO", "etf", None, **_TSX),
    ],
    "an American VAB": [plaid("VAB"), snaptrade("VAB")],
    "Toronto unit": [
        plaid("HBND-U", "etf", "XTSE"), snaptrade("HBND.U.TO", "etf", "XTSE"),
        snaptrade("HBND.U.TO", "etf", "TSX", raw_symbol="HBND.U"),
    ],
    "Toronto preferred": [
        plaid("FTN-PA.TO", "equity", "XTSE", **_TSX), plaid("FTN.PR.A", "equity", "XTSE", **_TSX),
        snaptrade("FTN.PR.A.TO", exchange="XTSE", raw_symbol="FTN.PR.A", **_TSX),
    ],
    "one symbol in Brussels": [
        plaid("ABC", "equity", "XBRU", currency="EUR"),
        snaptrade("ABC", exchange="XBRU", currency="EUR"),
    ],
    "the same in Lisbon": [
        plaid("ABC", "equity", "XLIS", currency="EUR"),
        snaptrade("ABC", exchange="XLIS", currency="EUR"),
    ],
    "the same at an exchange that we do not know": [plaid("ABC", "equity", "XZZZ", currency="EUR")],
    "an option": [
        plaid("AAPL280121C00250000", "derivative", None), plaid("AAPL  280121C00250000", "derivative", None),
        plaid("O:AAPL280121C00250000", "derivative", None),
        plaid("AAPL call", "derivative", None, option_contract=_terms("250", "AAPL")),
        plaid("AAPL280121C00250000", "derivative", None, cusip="037833100"),
        snaptrade("AAPL  280121C00250000", "option", None, multiplier="100"),
        snaptrade("AAPL  280121C00250000", "quantum_unit", None, multiplier="100"),
        alpaca("AAPL280121C00250000", "us_option", ""), alpaca("AAPL280121C00250000", "us_quantum", ""),
    ],
    "its mini": [
        plaid("AAPL7 280121C00250000", "derivative", None),
        plaid("AAPL7280121C00250000", "derivative", None, option_contract=_terms("250", "AAPL")),
        snaptrade("AAPL  280121C00250000", "option", None, multiplier="10"),
        snaptrade("AAPL7 280121C00250000", "option", None, multiplier="10"),
        alpaca("AAPL7280121C00250000", "us_option"),
    ],
    "one adjusted to 150 shares": [snaptrade("AAPL  280121C00250000", "option", None, multiplier="150")],
    "another strike": [
        plaid("AAPL280121C00255000", "derivative", None),
        alpaca("AAPL280121C00255000", "us_option", ""),
    ],
    "the put": [plaid("AAPL280121P00250000", "derivative", None), alpaca("AAPL280121P00250000", "us_option", "")],
    "an option on a class share": [
        plaid(None, "derivative", None, option_contract=_terms("500", "BRK.B")),
        snaptrade("BRKB  280121C00500000", "option", None, multiplier="100"),
        snaptrade("BRK.B 280121C00500000", "option", None), alpaca("BRKB280121C00500000", "us_option", ""),
    ],
    "Bitcoin": [
        plaid("CUR:BTC", "cash", None), plaid("BTC", "cryptocurrency", None), plaid("BTC-USD", "cryptocurrency", None),
        snaptrade("BTC", "crypto", None), snaptrade("XBT", "crypto", None), snaptrade("BTC-USD", "crypto", None),
        snaptrade("XXBTZUSD", "crypto", None), alpaca("BTCUSD", "crypto", "CRYPTO"), alpaca("BTC/USD", "crypto", None),
    ],
    "Bitcoin in Canadian dollars": [
        plaid("BTC", "cryptocurrency", None, **_TSX),
        snaptrade("BTC", "crypto", None, **_TSX),
    ],
    "Bitcoin in Tether": [snaptrade("BTC-USDT", "crypto", None), alpaca("BTC/USDT", "crypto", None)],
    "Tether": [snaptrade("USDT", "crypto", None), alpaca("USDTUSD", "crypto", "CRYPTO")],
    "US dollars": [plaid("CUR:USD", "cash", None), plaid("USD", "cash", None), plaid(None, "cash", None)],
    "Canadian dollars": [plaid("CUR:CAD", "cash", None, **_TSX), plaid(None, "cash", None, **_TSX)],
    "an Apple bond": [
        plaid(None, "fixed income", None, cusip="037833AL4"),
        plaid("AAPL 3.85 43", "fixed income", None, isin="US037833AL42"),
        snaptrade("037833AL4", "bond", None), snaptrade("US037833AL42", "bond", None),
    ],
    "a Treasury bill": [plaid(None, "fixed income", None, cusip="912797SK4"), snaptrade("912797SK4", "bond", None)],
    "a German bond": [plaid(None, "fixed income", None, isin="DE0001102580", currency="EUR"),
                      snaptrade("DE0001102580", "bond", None, currency="EUR")],
    "a money-market fund": [
        plaid("SPAXX", "mutual fund", None, is_cash_equivalent=True), plaid("SPAXX", "cash", None),
        plaid("SPAXX**", "cash", None), snaptrade("SPAXX", "mutualfund", None),
        snaptrade("SPAXX**", "mutualfund", None),
    ],
    "an index fund": [plaid("FXAIX", "mutual fund", None), snaptrade("FXAIX", "mutualfund", "XNAS")],
    "a plan's fund": [plaid("NHX105509", "etf", None, institution_security_id="NHX105509", institution_id="ins_7")],
    "another plan's of the same code": [
        plaid("NHX105509", "etf", None, institution_security_id="NHX105509", institution_id="ins_8")
    ],
    "a plan's fund with a ticker's code": [plaid("SPY", "mutual fund", None, institution_id="ins_7")],
    "SPY": [plaid("SPY", "etf", "ARCX"), snaptrade("SPY", "etf", "ARCX"), alpaca("SPY", exchange="ARCA")],
    "a fund called by a ticker": [snaptrade("SPY", "mutualfund", None)],
    "an over-the-counter share": [
        plaid("TCEHY", "equity", "OTCM"),
        snaptrade("TCEHY", exchange="OTC"), alpaca("TCEHY", exchange="OTC"),
    ],
}  # fmt: skip

SUCCESSOR = plaid("AAPL", cusip="594918104")
"""Another company, under Apple's symbol."""
