"""Which flags a refresh needs (pure)."""

from collections.abc import Mapping

from realtime.domain.account import ProviderName
from realtime.domain.flag import Flag, FlagStates
from realtime.store.jobs import JobKind

_OF_INVESTMENTS = frozenset({Flag.PLAID_INVESTMENT_SYNC, Flag.SNAPTRADE_INVESTMENT_SYNC})
_NEEDED: Mapping[ProviderName, tuple[Flag, ...]] = {
    ProviderName.ALPACA: (Flag.BROKERAGE_MODE,),
    ProviderName.PLAID: (Flag.AGGREGATION_MODE, Flag.PLAID_INVESTMENT_SYNC),
    ProviderName.SNAPTRADE: (Flag.AGGREGATION_MODE, Flag.SNAPTRADE_INVESTMENT_SYNC),
}


def may_refresh(provider: ProviderName, flags: FlagStates, kind: JobKind = JobKind.HOLDINGS) -> bool:
    """Return whether a user's flags let a job read his accounts through a provider; what is stored stays in any case.

    Bank transactions are no investments.
    """
    needed = set(_NEEDED.get(provider, ()))
    if kind is JobKind.BANK_TRANSACTIONS:
        needed -= _OF_INVESTMENTS
    return all(flags[flag] for flag in needed)
