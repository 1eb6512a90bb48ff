"""Which flags a refresh needs (pure)."""

from collections.abc import Mapping

from realtime.domain.account import ProviderName
from realtime.domain.flag import Flag, FlagStates

_NEEDED: Mapping[ProviderName, tuple[Flag, ...]] = {
    ProviderName.ALPACA: (Flag.BROKERAGE_MODE,),
    ProviderName.PLAID: (Flag.AGGREGATION_MODE, Flag.PLAID_INVESTMENT_SYNC),
    ProviderName.SNAPTRADE: (Flag.AGGREGATION_MODE, Flag.SNAPTRADE_INVESTMENT_SYNC),
}


def may_refresh(provider: ProviderName, flags: FlagStates) -> bool:
    """Return whether a user's flags let his accounts through a provider be read; what is stored stays in any case."""
    return all(flags[flag] for flag in _NEEDED.get(provider, ()))
