"""The personas: people, their logins, accounts and holdings (data only; read `population.py` first)."""

from simulator.personas_more import ALAN, GRACE, LINUS, MARY
from simulator.planned import Login, Persona, PlannedAccount
from simulator.planned import PlannedHolding as Line

ADA = Persona(
    "ada",
    "Ada Moreau",
    (
        Login(
            "plaid",
            "ins_109508",
            (
                PlannedAccount(
                    "ada-checking",
                    "Platypus Checking",
                    "Platypus Everyday Checking",
                    "0000",
                    "checking",
                    (("USD", "8412.67"),),
                    kind="depository",
                ),
                PlannedAccount(
                    "ada-brokerage",
                    "Self-Directed Brokerage",
                    "Platypus Self-Directed Brokerage",
                    "4821",
                    "brokerage",
                    (("USD", "6240.18"),),
                    (
                        Line("AAPL", 26_000),
                        Line("MSFT", 31_000),
                        Line("SPY", 42_000),
                        Line("BAC", 9_000),
                        Line("IBM", 7_500),
                        Line("AIG", 6_000),
                        Line("BRK.B", 18_000, spelling="BRK-B"),
                        Line("AAPL280121C00250000", quantity="2"),
                        Line("BTC/USD", quantity="0.2145"),
                        Line("VTSAX", 22_000),
                        Line("037833AL4", quantity="12000"),
                        Line("912797SK4", quantity="20000"),
                        Line("XOM", 6_000, costed=False),
                        Line("JNJ", 5_500),
                    ),
                ),
            ),
        ),
        Login(
            "plaid",
            "ins_120200",
            (
                PlannedAccount(
                    "ada-401k",
                    "Lovelace Analytics 401(k)",
                    "Lovelace Analytics Inc. Retirement Savings Plan",
                    "7710",
                    "401k",
                    (("USD", "1150.00"),),
                    (
                        Line("NHX105509", quantity="1843.271604938"),
                        Line("FXAIX", 64_000),
                        Line("VTI", 28_000, costed=False),
                        Line("BND", 15_000),
                        Line("BRK.B", 9_000, spelling="BRKB"),
                    ),
                ),
            ),
        ),
        Login(
            "snaptrade",
            "ROBINHOOD",
            (
                PlannedAccount(
                    "ada-robinhood",
                    "Robinhood Individual",
                    "Robinhood Margin Account",
                    "8443",
                    "Margin",
                    (("USD", "-3820.55"),),
                    (
                        Line("NVDA", 24_000),
                        Line("TSLA", 11_000),
                        Line("BRK.B", 8_500),
                        Line("INTC", quantity="-160"),
                        Line("SPY280121P00600000", quantity="3"),
                        Line("AMZN", quantity="34.512870365"),
                        Line("DIS", 4_500, costed=False),
                        Line("ETH/USD", quantity="1.875"),
                    ),
                    margin=True,
                ),
            ),
        ),
        Login(
            "snaptrade",
            "QUESTRADE",
            (
                PlannedAccount(
                    "ada-tfsa",
                    "Questrade TFSA",
                    "Questrade TFSA",
                    "2291",
                    "TFSA",
                    (("CAD", "4310.22"), ("USD", "905.40")),
                    (
                        Line("VAB.TO", 14_000),
                        Line("QQQ", 12_000),
                        Line("KO", 3_500),
                        Line("GLD", 5_000),
                        Line("SPAXX", quantity="2750.13"),
                    ),
                    currency="CAD",
                ),
            ),
        ),
        Login(
            "alpaca",
            "ALPACA",
            (
                PlannedAccount(
                    "ada-alpaca",
                    "Alpaca",
                    "Alpaca individual",
                    "1815",
                    "individual",
                    (("USD", "18204.93"),),
                    (
                        Line("AAPL", 8_000),
                        Line("GOOGL", 13_000),
                        Line("META", 12_000),
                        Line("BRK.B", 10_000),
                        Line("BTC/USD", quantity="0.079145874"),
                        Line("ETH/USD", quantity="2.41"),
                        Line("TSLA", quantity="-15"),
                        Line("AAPL280121C00250000", quantity="1"),
                        Line("SPY", 9_500),
                    ),
                    margin=True,
                ),
            ),
        ),
    ),
)

PERSONAS: tuple[Persona, ...] = (ADA, GRACE, ALAN, MARY, LINUS)
