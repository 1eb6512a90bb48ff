"""Feature flags: what each of them switches."""

from collections.abc import Mapping
from enum import StrEnum


class Flag(StrEnum):
    BROKERAGE_MODE = "brokerage_mode"
    """Accounts at Alpaca may be linked, and are refreshed."""
    AGGREGATION_MODE = "aggregation_mode"
    """Accounts through Plaid and SnapTrade may be linked, and are refreshed."""
    TRADE_EXECUTION = "trade_execution"
    """A connection may be made that allows orders. Nothing places orders yet."""
    MULTI_ACCOUNT_ANALYTICS = "multi_account_analytics"
    """`GET /api/portfolio/aggregated`: all accounts as one."""
    PLAID_INVESTMENT_SYNC = "plaid_investment_sync"
    """Holdings, balances and investment transactions are read through Plaid."""
    PORTFOLIO_INSIGHTS = "portfolio_insights"
    """Explanations of a value, and the chart of the day."""
    SNAPTRADE_INVESTMENT_SYNC = "snaptrade_investment_sync"
    """Holdings, balances and transactions are read through SnapTrade."""
    SNAPTRADE_TRADE_EXECUTION = "snaptrade_trade_execution"
    """SnapTrade's portal may be opened for a connection that allows orders; with `trade_execution`."""


FlagStates = Mapping[Flag, bool]
DEFAULTS: FlagStates = {flag: flag not in {Flag.TRADE_EXECUTION, Flag.SNAPTRADE_TRADE_EXECUTION} for flag in Flag}
"""Where neither the environment nor an override says otherwise."""
