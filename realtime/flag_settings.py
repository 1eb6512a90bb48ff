"""The feature flags' defaults, under the names that people have in their `.env`. Part of `realtime.settings`."""

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings

from realtime.domain.flag import DEFAULTS, Flag, FlagStates


def _default(flag: Flag, description: str) -> bool:
    default: bool = Field(
        default=DEFAULTS[flag],
        validation_alias=AliasChoices(f"FF_{flag.name}"),
        description=f"{description} A user's own: `navstream flags`.",
    )
    return default


class FlagSettings(BaseSettings):
    """For whom nothing else is set."""

    ff_brokerage_mode: bool = _default(Flag.BROKERAGE_MODE, "Alpaca accounts may be linked, and are refreshed.")
    ff_aggregation_mode: bool = _default(
        Flag.AGGREGATION_MODE, "Accounts through Plaid and SnapTrade may be linked, and are refreshed."
    )
    ff_trade_execution: bool = _default(Flag.TRADE_EXECUTION, "Connections may be made that allow orders.")
    ff_multi_account_analytics: bool = _default(
        Flag.MULTI_ACCOUNT_ANALYTICS, "`GET /api/portfolio/aggregated` answers."
    )
    ff_plaid_investment_sync: bool = _default(Flag.PLAID_INVESTMENT_SYNC, "Investments are read through Plaid.")
    ff_portfolio_insights: bool = _default(Flag.PORTFOLIO_INSIGHTS, "Explanations of a value and the chart of the day.")
    ff_snaptrade_investment_sync: bool = _default(
        Flag.SNAPTRADE_INVESTMENT_SYNC, "Investments are read through SnapTrade."
    )
    ff_snaptrade_trade_execution: bool = _default(
        Flag.SNAPTRADE_TRADE_EXECUTION, "SnapTrade's portal may be opened for orders; with FF_TRADE_EXECUTION."
    )

    @property
    def flags(self) -> FlagStates:
        """The state of every flag where a user has no override."""
        return {flag: getattr(self, f"ff_{flag.value}") for flag in Flag}
