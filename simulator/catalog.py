"""The simulated world's securities: who they are, what they cost, how they move.

Spelled canonically (BRK.B, AAPL280121C00250000, BTC/USD). What each provider calls them is the business of that
provider's simulator.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["equity", "etf", "mutual_fund", "option", "crypto", "bond"]
Sector = Literal["technology", "finance", "health", "consumer", "energy", "broad", "metal", "crypto", "none"]


@dataclass(frozen=True, slots=True)
class Security:
    """One security.

    Attributes:
        exchange: Listing exchange as Alpaca names it; empty where there is none.
        tape: A NYSE, B NYSE Arca and regional, C Nasdaq; empty off the consolidated tapes.
        base_price: Previous close (funds: last net asset value) per unit in `currency`. A bond's is per dollar of
            face value, an option's per unit of the underlying.
        annual_volatility: Standard deviation of a year's log return; for an option the one it is priced with.
        beta: Move per move of the whole market.
        daily_volume: Units traded on an ordinary day; 0 where nothing trades.
        multiplier: Units of the underlying per contract.
        sector: Securities of a sector move together beyond the market.
    """

    symbol: str
    name: str
    kind: Kind
    exchange: str
    tape: str
    base_price: Decimal
    annual_volatility: float
    beta: float
    daily_volume: int
    currency: str = "USD"
    cusip: str | None = None
    figi: str | None = None
    underlying: str | None = None
    multiplier: Decimal = Decimal(1)
    sector: Sector = "none"

    @property
    def live_priced(self) -> bool:
        """Whether Alpaca streams and quotes it."""
        return self.kind in {"option", "crypto"} or self.tape != ""


def _listed(
    symbol: str,
    name: str,
    place: tuple[str, str],
    price: str,
    volatility: float,
    beta: float,
    daily_volume: int,
    sector: Sector,
    cusip: str,
    figi: str | None,
    kind: Kind = "equity",
) -> Security:
    exchange, tape = place
    return Security(
        symbol, name, kind, exchange, tape, Decimal(price), volatility, beta, daily_volume,
        cusip=cusip, figi=figi, sector=sector,
    )  # fmt: skip


_NASDAQ = ("NASDAQ", "C")
_NYSE = ("NYSE", "A")
_ARCA = ("ARCA", "B")

# fmt: off
_EQUITIES = (
    _listed("AAPL", "Apple Inc.", _NASDAQ, "271.49", 0.26, 1.15, 52_000_000, "technology", "037833100", "BBG000B9XRY4"),
    _listed("MSFT", "Microsoft Corporation", _NASDAQ, "472.12", 0.23, 1.05, 22_000_000, "technology", "594918104",
            "BBG000BPH459"),
    _listed("NVDA", "NVIDIA Corporation", _NASDAQ, "178.88", 0.44, 1.75, 210_000_000, "technology", "67066G104",
            "BBG000BBJQV0"),
    _listed("AMZN", "Amazon.com, Inc.", _NASDAQ, "220.69", 0.31, 1.25, 44_000_000, "consumer", "023135106",
            "BBG000BVPV84"),
    _listed("GOOGL", "Alphabet Inc. Class A", _NASDAQ, "299.66", 0.29, 1.10, 36_000_000, "technology", "02079K305",
            "BBG009S39JX6"),
    _listed("META", "Meta Platforms, Inc.", _NASDAQ, "594.25", 0.34, 1.25, 15_000_000, "technology", "30303M102",
            "BBG000MM2P62"),
    _listed("TSLA", "Tesla, Inc.", _NASDAQ, "391.09", 0.58, 2.00, 88_000_000, "consumer", "88160R101", "BBG000N9MNX3"),
    _listed("AMD", "Advanced Micro Devices, Inc.", _NASDAQ, "203.78", 0.50, 1.85, 47_000_000, "technology", "007903107",
            "BBG000BBQCY0"),
    _listed("INTC", "Intel Corporation", _NASDAQ, "34.50", 0.45, 1.30, 76_000_000, "technology", "458140100",
            "BBG000C0G1D1"),
    _listed("JPM", "JPMorgan Chase & Co.", _NYSE, "298.02", 0.23, 1.05, 9_000_000, "finance", "46625H100",
            "BBG000DMBXR2"),
    _listed("BRK.B", "Berkshire Hathaway Inc. Class B", _NYSE, "504.04", 0.17, 0.75, 4_600_000, "finance", "084670702",
            "BBG000DWG505"),
    _listed("V", "Visa Inc. Class A", _NYSE, "327.98", 0.20, 0.90, 6_200_000, "finance", "92826C839", "BBG000PSKYX7"),
    _listed("JNJ", "Johnson & Johnson", _NYSE, "203.90", 0.16, 0.45, 8_100_000, "health", "478160104", "BBG000BMHYD1"),
    _listed("XOM", "Exxon Mobil Corporation", _NYSE, "117.08", 0.23, 0.70, 14_500_000, "energy", "30231G102",
            "BBG000GZQ728"),
    _listed("KO", "The Coca-Cola Company", _NYSE, "72.95", 0.15, 0.45, 15_800_000, "consumer", "191216100",
            "BBG000BMX289"),
    _listed("DIS", "The Walt Disney Company", _NYSE, "104.28", 0.27, 1.05, 9_900_000, "consumer", "254687106",
            "BBG000BH4R78"),
    _listed("WMT", "Walmart Inc.", _NYSE, "105.32", 0.21, 0.60, 16_000_000, "consumer", "931142103", "BBG000BWXBC2"),
    _listed("BAC", "Bank of America Corporation", _NYSE, "51.56", 0.25, 1.15, 37_000_000, "finance", "060505104",
            "BBG000BCTLF6"),
    _listed("BAC.PRL", "Bank of America 7.25% Non-Cumulative Perpetual Convertible Preferred, Series L", _NYSE,
            "1232.50", 0.09, 0.25, 6_000, "finance", "060505682", None),
    _listed("AIG", "American International Group, Inc.", _NYSE, "77.03", 0.22, 0.80, 4_300_000, "finance", "026874784",
            "BBG000BBDZG3"),
    _listed("IBM", "International Business Machines Corporation", _NYSE, "297.44", 0.26, 0.80, 4_400_000, "technology",
            "459200101", "BBG000BLNNH6"),
    _listed("PFE", "Pfizer Inc.", _NYSE, "25.03", 0.24, 0.55, 46_000_000, "health", "717081103", "BBG000BR2B91"),
)

_ETFS = (
    _listed("SPY", "SPDR S&P 500 ETF Trust", _ARCA, "659.03", 0.16, 1.00, 82_000_000, "broad", "78462F103",
            "BBG000BDTBL9", "etf"),
    _listed("QQQ", "Invesco QQQ Trust", _NASDAQ, "590.07", 0.21, 1.20, 58_000_000, "broad", "46090E103",
            "BBG000BSWKH7", "etf"),
    _listed("VTI", "Vanguard Total Stock Market ETF", _ARCA, "323.40", 0.16, 1.02, 4_100_000, "broad", "922908769",
            "BBG000HR9779", "etf"),
    _listed("IWM", "iShares Russell 2000 ETF", _ARCA, "235.60", 0.22, 1.15, 39_000_000, "broad", "464287655",
            "BBG000CGC9C4", "etf"),
    _listed("GLD", "SPDR Gold Shares", _ARCA, "374.27", 0.17, 0.05, 12_000_000, "metal", "78463V107",
            "BBG000CRF6Q8", "etf"),
    _listed("BND", "Vanguard Total Bond Market ETF", _NASDAQ, "74.42", 0.05, 0.03, 6_500_000, "none", "921937835",
            "BBG000RGBGS5", "etf"),
)
# fmt: on

_CRYPTO = (
    Security("BTC/USD", "Bitcoin", "crypto", "CRYPTO", "", Decimal("84648.35"), 0.48, 0.9, 4_000, sector="crypto"),
    Security("ETH/USD", "Ethereum", "crypto", "CRYPTO", "", Decimal("2767.10"), 0.66, 1.1, 90_000, sector="crypto"),
)

_HUNDRED = Decimal(100)

_OPTIONS = (
    Security(
        "AAPL280121C00250000", "Apple Inc. call, strike 250.00, expires 2028-01-21", "option", "", "",
        Decimal("47.90"), 0.26, 1.0, 900, underlying="AAPL", multiplier=_HUNDRED,
    ),
    Security(
        "SPY280121P00600000", "SPDR S&P 500 ETF Trust put, strike 600.00, expires 2028-01-21", "option", "", "",
        Decimal("20.60"), 0.20, 1.0, 1_500, underlying="SPY", multiplier=_HUNDRED,
    ),
)  # fmt: skip

_FUNDS = (
    Security(
        "VTSAX", "Vanguard Total Stock Market Index Fund Admiral Shares", "mutual_fund", "", "",
        Decimal("158.21"), 0.16, 1.0, 0, cusip="922908728",
    ),
    Security(
        "FXAIX", "Fidelity 500 Index Fund", "mutual_fund", "", "",
        Decimal("229.44"), 0.16, 1.0, 0, cusip="315911750",
    ),
    Security(
        "DBLTX", "DoubleLine Total Return Bond Fund Class I", "mutual_fund", "", "",
        Decimal("8.93"), 0.05, 0.05, 0, cusip="258620103",
    ),
)  # fmt: skip

_BONDS = (
    Security(
        "037833AL4", "Apple Inc. 3.85% 2043-05-04", "bond", "", "",
        Decimal("0.8647"), 0.07, 0.05, 0, cusip="037833AL4",
    ),
    Security(
        "912797SK4", "US Treasury bill 2027-03-18", "bond", "", "",
        Decimal("0.98815"), 0.003, 0.0, 0, cusip="912797SK4",
    ),
)  # fmt: skip

_FOREIGN = (
    Security(
        "VAB.TO", "Vanguard Canadian Aggregate Bond Index ETF", "etf", "TSX", "",
        Decimal("23.41"), 0.05, 0.05, 0, currency="CAD",
    ),
)  # fmt: skip

SECURITIES: tuple[Security, ...] = _EQUITIES + _ETFS + _CRYPTO + _OPTIONS + _FUNDS + _BONDS + _FOREIGN

BY_SYMBOL: dict[str, Security] = {security.symbol: security for security in SECURITIES}

USD_PER_CAD = Decimal("0.7096")
"""The exchange rate at the previous close."""
