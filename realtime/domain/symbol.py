"""Provider spellings to canonical symbols, and back to nothing: one text per instrument.

Canonical is what our market-data source accepts: `BRK.B`, `BAC.PRL`, `AAPL280121C00250000`, `BTC/USD`; cash is
`CUR:USD`, a Toronto listing `VAB.TO`, a bond its CUSIP, and a fund that only its plan knows `NHX105509@ins_120200`.
A function returns None where a text is no such symbol; none of them guesses.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from realtime.domain.security_id import security_ids

_ISO_4217 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_ISO_4217.split())
"""ISO 4217 codes of money that people hold."""

_CONSOLIDATED = """
    XNAS XNGS XNMS XNCM XNYS ARCX XASE BATS BATY EDGA EDGX IEXG XBOS XPHL XCHI CBSX LTSE MEMX
    NASDAQ NYSE ARCA NYSEARCA AMEX CBOE
"""
US_EXCHANGES = frozenset(_CONSOLIDATED.split())
"""Exchanges (MIC, or the name providers use) whose trades are on the consolidated US tapes; not the OTC markets."""

_ELSEWHERE = """
    OTC OTCM OTCQ OTCB OTCQX OTCQB OTCBB XOTC OOTC PINX PINK PSGM EXPM FINR XADF CRYPTO ERSX ASCX FTXU
    US USA NMS NGM NCM NYQ PCX ASE BTS
"""
_AMERICAN_ELSEWHERE = frozenset(_ELSEWHERE.split())
"""Places of the United States whose trades are not on the consolidated tapes; their symbols are as unique."""

_FOREIGN_SUFFIXES = {
    "XTSE": "TO", "TSX": "TO", "XTSX": "V", "TSXV": "V", "XCNQ": "CN", "CSE": "CN", "NEOE": "NE", "NEO": "NE",
    "XLON": "L", "LSE": "L", "XPAR": "PA", "XETR": "DE", "XFRA": "F", "XASX": "AX", "ASX": "AX", "XHKG": "HK",
    "XAMS": "AS", "XSWX": "SW", "XMIL": "MI", "XMAD": "MC", "XSTO": "ST", "XTKS": "T", "XBRU": "BR", "XLIS": "LS",
    "XHEL": "HE", "XCSE": "CO", "XOSL": "OL", "XWBO": "VI", "XDUB": "IR", "XNZE": "NZ", "XSES": "SI", "XNSE": "NS",
    "XBOM": "BO", "XKRX": "KS", "XTAI": "TW", "XJSE": "JO", "XTAE": "TA", "XWAR": "WA", "BVMF": "SA", "XMEX": "MX",
}  # fmt: skip
_UNMISTAKABLE_SUFFIXES = frozenset({"TO", "CN", "NE", "PA", "DE", "AX", "HK", "AS", "SW", "MI", "MC", "ST"})
_WRITTEN_TOGETHER = {
    "BRKA": "BRK.A", "BRKB": "BRK.B", "BFA": "BF.A", "BFB": "BF.B", "HEIA": "HEI.A", "LENB": "LEN.B",
    "MOGA": "MOG.A", "MOGB": "MOG.B",
}  # fmt: skip
_SPELLINGS_MAX = 16_384  # people hold the same few thousand securities
_SEPARATORS = re.compile(r"[-/. ]+")
_YAHOO_PREFERRED = re.compile(r"([A-Z]{1,5})-P([A-Z])?")
_YAHOO_ENDINGS = {"UN": "U", "RI": "RT"}
_TAPE_MARKS = ((re.compile(r"(?<=[A-Z0-9])\^"), ".PR"), (re.compile(r"(?<=[A-Z0-9])\+"), ".WS."))
_US_TICKER = re.compile(r"[A-Z]{1,5}(\.([A-Z]|PR[A-Z]?|WS(\.[A-Z])?|RT|WI))?")
_FUND_TICKER = re.compile(r"[A-Z]{4}X")
_OCC = re.compile(r"(?:O:)?([A-Z][A-Z0-9./]{0,6}?) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})", re.ASCII)
_OCC_ROOT = re.compile(r"[A-Z][A-Z0-9]{0,5}", re.ASCII)
_MINI_ENDING = "7"  # the OCC's roots of contracts on ten shares: AAPL7
_STANDARD, _MINI = Decimal(100), Decimal(10)
_COIN = re.compile(r"[A-Z0-9]{2,10}")
_KRAKEN_DOLLAR = "ZUSD"  # follows coins of four letters alone (XXBTZUSD): XTZUSD is Tezos in dollars
_QUOTES = ("USDT", "USDC", _KRAKEN_DOLLAR, "USD")
_COINS = {"XBT": "BTC", "XXBT": "BTC", "XETH": "ETH", "XDG": "DOGE", "XXDG": "DOGE", "ZUSD": "USD"}
_COINS_LIKE_PAIRS = frozenset({"PYUSD", "FDUSD", "RLUSD", "CRVUSD", "USDT", "USDC"})


@lru_cache(_SPELLINGS_MAX)
def equity_symbol(text: str, exchange: str | None = None) -> str | None:
    """Return the symbol of a share, ETF, preferred, warrant or unit.

    `BRK-B`, `BRK/B` and `BRK B` are `BRK.B`; `BAC-PL`, `BAC^L` and `BAC.PR.L` are `BAC.PRL`; `ACME-WT` and `ACME+` are
    `ACME.WS`. On a Toronto exchange `VAB` is `VAB.TO`, and `FTN-PA.TO` is `FTN.PRA.TO`. `BRKB` is `BRK.B` only because
    a list says so.

    `exchange` is the MIC or the provider's name of the listing exchange; it decides about suffixes. An unknown one is
    the suffix itself, since two exchanges may use one symbol for two companies.
    """
    spelled, market = text.strip().upper(), (exchange or "").strip().upper()
    for mark, written in _TAPE_MARKS:
        spelled = mark.sub(written, spelled)
    spelled = spelled.strip("-/. ")
    parts = [part for part in _SEPARATORS.split(spelled) if part]
    if not parts or not all(part.isascii() and part.isalnum() for part in parts):
        return None
    suffix = _suffix(parts, market)
    if suffix is None:
        return _body(spelled, parts, american=True)
    if len(parts) > 1 and parts[-1] == suffix:
        spelled, parts = spelled[: -len(suffix)].rstrip("-/. "), parts[:-1]
    return f"{_body(spelled, parts, american=False)}.{suffix}"


def _suffix(parts: list[str], market: str) -> str | None:
    """Return the suffix of a foreign listing, by its exchange or by its own."""
    if market in _FOREIGN_SUFFIXES:
        return _FOREIGN_SUFFIXES[market]
    if market and market.isalnum() and market not in US_EXCHANGES | _AMERICAN_ELSEWHERE:
        return market
    return parts[-1] if len(parts) > 1 and parts[-1] in _UNMISTAKABLE_SUFFIXES else None


def _body(spelled: str, parts: list[str], *, american: bool) -> str:
    """Return a symbol without its suffix, spelled as our market-data source does."""
    preferred = _YAHOO_PREFERRED.fullmatch(spelled)
    if preferred:
        return f"{preferred[1]}.PR{preferred[2] or ''}"
    if len(parts) == 1:
        return _WRITTEN_TOGETHER.get(parts[0], parts[0]) if american else parts[0]
    if len(parts) == 3 and parts[1] == "PR" and len(parts[2]) == 1:
        return f"{parts[0]}.PR{parts[2]}"
    if american and parts[1] == "WT":
        parts[1] = "WS"
    elif american and len(parts) == 2 and "-" in spelled:
        parts[1] = _YAHOO_ENDINGS.get(parts[1], parts[1])
    return ".".join(parts)


def is_us_ticker(symbol: str) -> bool:
    """Whether a canonical symbol has the form of a US listing: up to five letters, perhaps a class or series."""
    return _US_TICKER.fullmatch(symbol) is not None


def is_fund_ticker(symbol: str) -> bool:
    """Whether a symbol has the form of a US mutual fund's: five letters, the last an X."""
    return _FUND_TICKER.fullmatch(symbol) is not None


@lru_cache(_SPELLINGS_MAX)
def occ_symbol(text: str, multiplier: Decimal | None = None) -> str | None:
    """Return the OCC symbol of an option, root unpadded: `AAPL  280121C00250000` is `AAPL280121C00250000`.

    `multiplier`, where the provider gives one, tells a mini option (root `AAPL7`) from the standard one; with any
    other than theirs the contract is an adjusted one, which the symbol does not name.
    """
    match = _OCC.fullmatch(text.strip().upper())
    if match is None:
        return None
    spelled, year, month, day, side, strike = match.groups()
    try:
        expiration = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    root = _SEPARATORS.sub("", spelled)
    if multiplier == _MINI and not root.endswith(_MINI_ENDING):
        root += _MINI_ENDING
    if not _OCC_ROOT.fullmatch(root):
        return None
    symbol = f"{root}{expiration:%y%m%d}{side}{strike}"
    return symbol if multiplier in (None, contract_multiplier(symbol)) else None


def contract_multiplier(symbol: str) -> Decimal:
    """Return how many units of the underlying an OCC symbol's contract is on: 100, of a mini option 10."""
    return _MINI if symbol[:-15].endswith(_MINI_ENDING) else _STANDARD


def option_symbol(underlying: str, expiration: date, strike: Decimal, *, call: bool) -> str | None:
    """Return the OCC symbol of an option's terms (strike in US dollars); `BRK.B` has the root `BRKB`."""
    root = _SEPARATORS.sub("", underlying.strip().upper())
    thousandths = strike * 1000
    if thousandths <= 0 or thousandths != thousandths.to_integral_value():
        return None
    return occ_symbol(f"{root}{expiration:%y%m%d}{'C' if call else 'P'}{int(thousandths):08d}")


def crypto_symbol(text: str, currency: str = "USD") -> str | None:
    """Return the pair of a coin: `CUR:BTC`, `BTC`, `BTCUSD`, `BTC-USD`, `XBT` are `BTC/USD`.

    `currency` is what a coin without a pair is priced in.
    """
    spelled = text.strip().upper().removeprefix("CUR:")
    parts = [part for part in re.split(r"[-/ ]+", spelled) if part]
    if len(parts) == 1:
        parts = _pair_written_together(parts[0], currency)
    if len(parts) != 2 or not all(_COIN.fullmatch(part) for part in parts):
        return None
    base, quote = (_COINS.get(part, part) for part in parts)
    return f"{base}/{quote}" if base != quote else None


def _pair_written_together(text: str, currency: str) -> list[str]:
    if text not in _COINS_LIKE_PAIRS:
        for quote in _QUOTES:
            base = text.removesuffix(quote)
            if base != text and len(base) > 1 and (quote != _KRAKEN_DOLLAR or len(base) == 4):
                return [base, quote]
    return [text, currency]


def cash_symbol(currency: str) -> str | None:
    """Return the symbol of money: `USD` and `CUR:USD` are `CUR:USD`; a coin (`CUR:BTC`) is no money."""
    code = currency.strip().upper().removeprefix("CUR:")
    return f"CUR:{code}" if code in CURRENCIES else None


def bond_symbol(*, cusip: str | None, isin: str | None) -> str | None:
    """Return the symbol of a bond: its CUSIP, also when only an ISIN carries it; another ISIN as it is."""
    ids = security_ids(None, isin, cusip)
    return ids.cusip or ids.isin


def plan_symbol(code: str, plan: str) -> str:
    """Return the symbol of a fund that only one plan or institution knows, never equal to a market's symbol.

    Two plans may use one code for different funds, and a code may look like a listed ticker.
    """
    return f"{code.strip()}@{plan}"


def is_own_code(symbol: str) -> bool:
    """Whether a canonical symbol is a code that only one plan, institution or provider knows."""
    return "@" in symbol
