"""The other personas: a fund saver, a trader, a Canadian and a beginner (data only)."""

from dataclasses import replace

from simulator.planned import Login, Persona, PlannedAccount
from simulator.planned import PlannedHolding as Line

GRACE = Persona(
    "grace",
    "Grace Okafor",
    (
        Login(
            "plaid",
            "ins_120100",
            (
                PlannedAccount(
                    "grace-ira",
                    "Rollover IRA",
                    "Meridian Funds Rollover IRA",
                    "3302",
                    "ira",
                    (("USD", "2104.77"),),
                    (
                        Line("VTSAX", 140_000),
                        Line("DBLTX", 42_000),
                        Line("FXAIX", 58_000),
                        Line("BRK.B", 21_000, spelling="BRKB"),
                        Line("912797SK4", quantity="50000"),
                        Line("SPAXX", quantity="6120.45"),
                    ),
                ),
                PlannedAccount(
                    "grace-roth",
                    "Roth IRA",
                    "Meridian Funds Roth IRA",
                    "3310",
                    "roth",
                    (("USD", "350.12"),),
                    (
                        Line("VTI", 38_000),
                        Line("QQQ", 17_000),
                        Line("IWM", 8_000),
                        Line("BND", 12_000),
                        Line("WMT", 6_000, costed=False),
                    ),
                ),
            ),
        ),
        Login(
            "snaptrade",
            "FIDELITY",
            (
                PlannedAccount(
                    "grace-fidelity",
                    "Fidelity Individual",
                    "Fidelity Individual TOD",
                    "6127",
                    "Cash",
                    (("USD", "410.08"),),
                    (
                        Line("SPAXX", quantity="11840.22"),
                        Line("AAPL", 16_000),
                        Line("MSFT", 22_000),
                        Line("JPM", 9_000),
                        Line("V", 8_500),
                        Line("KO", 5_000),
                        Line("PFE", 3_000, costed=False),
                        Line("037833AL4", quantity="15000"),
                    ),
                ),
            ),
        ),
    ),
)

_ALANS_ROBINHOOD = PlannedAccount(
    "alan-robinhood",
    "Robinhood Individual",
    "Robinhood Margin Account",
    "5518",
    "Margin",
    (("USD", "-14210.40"),),
    (
        Line("TSLA", 30_000),
        Line("NVDA", 45_000),
        Line("AMD", 18_000),
        Line("META", 14_000),
        Line("AAPL280121C00250000", quantity="6"),
        Line("SPY280121P00600000", quantity="-4"),
        Line("IWM", quantity="-90"),
    ),
    margin=True,
)

ALAN = Persona(
    "alan",
    "Alan Berger",
    (
        Login(
            "snaptrade",
            "ROBINHOOD",
            (_ALANS_ROBINHOOD,),
        ),
        Login(
            "plaid",
            "ins_54",
            (replace(_ALANS_ROBINHOOD, key="alan-robinhood-again", subtype="brokerage", same_as=_ALANS_ROBINHOOD.key),),
        ),
        Login(
            "snaptrade",
            "COINBASE",
            (
                PlannedAccount(
                    "alan-coinbase",
                    "Coinbase",
                    "Coinbase Wallet",
                    "0091",
                    "Crypto",
                    (("USD", "1220.00"),),
                    (Line("BTC/USD", quantity="0.731904225"), Line("ETH/USD", quantity="6.25")),
                ),
            ),
        ),
        Login(
            "alpaca",
            "ALPACA",
            (
                PlannedAccount(
                    "alan-alpaca",
                    "Alpaca",
                    "Alpaca individual",
                    "1816",
                    "individual",
                    (("USD", "42750.11"),),
                    (
                        Line("SPY", 60_000),
                        Line("AMD", 15_000),
                        Line("INTC", quantity="-400"),
                        Line("SPY280121P00600000", quantity="5"),
                        Line("GLD", 11_000),
                        Line("BTC/USD", quantity="0.25"),
                    ),
                    margin=True,
                ),
            ),
        ),
    ),
)

MARY = Persona(
    "mary",
    "Mary Tremblay",
    (
        Login(
            "snaptrade",
            "QUESTRADE",
            (
                PlannedAccount(
                    "mary-rrsp",
                    "Questrade RRSP",
                    "Questrade Registered Retirement Savings Plan",
                    "7741",
                    "RRSP",
                    (("CAD", "12044.90"), ("USD", "2310.55")),
                    (Line("VAB.TO", 61_000), Line("VTI", 44_000), Line("GOOGL", 9_000), Line("JNJ", 7_000)),
                    currency="CAD",
                ),
                PlannedAccount(
                    "mary-tfsa",
                    "Questrade TFSA",
                    "Questrade Tax-Free Savings Account",
                    "7742",
                    "TFSA",
                    (("CAD", "960.15"),),
                    (Line("VAB.TO", 22_000), Line("SPY", 18_000, costed=False)),
                    currency="CAD",
                ),
            ),
        ),
        Login(
            "plaid",
            "ins_120300",
            (
                PlannedAccount(
                    "mary-managed",
                    "Managed Portfolio",
                    "Harbor & Vale Managed Portfolio",
                    "1204",
                    "brokerage",
                    (("USD", "5830.00"),),
                    (
                        Line("VTI", 82_000),
                        Line("BND", 36_000),
                        Line("BAC.PRL", 12_000),
                        Line("GLD", 14_000),
                        Line("BRK.B", 16_000),
                        Line("DBLTX", 20_000),
                    ),
                ),
            ),
        ),
    ),
)

LINUS = Persona(
    "linus",
    "Linus Haugen",
    (
        Login(
            "plaid",
            "ins_109509",
            (
                PlannedAccount(
                    "linus-savings",
                    "Gingham Savings",
                    "Gingham Credit Union Share Savings",
                    "1111",
                    "savings",
                    (("USD", "3105.44"),),
                    kind="depository",
                ),
            ),
        ),
        Login(
            "snaptrade",
            "ALPACA-PAPER",
            (
                PlannedAccount(
                    "linus-paper",
                    "Alpaca Paper",
                    "Alpaca paper account",
                    "9001",
                    "Margin",
                    (("USD", "71250.00"),),
                    (Line("SPY", 20_000), Line("BTC/USD", quantity="0.05"), Line("BRK.B", 8_000)),
                    margin=True,
                ),
            ),
        ),
        Login(
            "alpaca",
            "ALPACA",
            (
                PlannedAccount(
                    "linus-alpaca",
                    "Alpaca",
                    "Alpaca individual",
                    "1817",
                    "individual",
                    (("USD", "940.35"),),
                    (
                        Line("SPY", quantity="1.204981337"),
                        Line("NVDA", quantity="3.5"),
                        Line("KO", quantity="12"),
                        Line("DIS", quantity="4"),
                        Line("BAC", quantity="20"),
                    ),
                ),
            ),
        ),
    ),
)
