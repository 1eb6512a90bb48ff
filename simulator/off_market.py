"""Instruments that no market quotes and only an institution prices, beside the catalog of the market."""

from collections.abc import Mapping
from decimal import Decimal

from simulator.catalog import BY_SYMBOL, Security

MONEY_MARKET = frozenset({"SPAXX"})
"""Sweep funds: cash equivalents at 1.00."""

PLAN_FUNDS = frozenset({"NHX105509"})
"""Codes inside one retirement plan, which look like tickers and are none."""

_EXTRA = (
    Security(
        "NHX105509", "Northlake Target Date 2045 Trust", "etf", "", "",
        Decimal("38.2174"), 0.12, 0.8, 0,
    ),
    Security(
        "SPAXX", "Fidelity Government Money Market Fund", "mutual_fund", "", "",
        Decimal(1), 0.0, 0.0, 0, cusip="31617H102",
    ),
)  # fmt: skip

ALL_SECURITIES: Mapping[str, Security] = BY_SYMBOL | {security.symbol: security for security in _EXTRA}
