"""Are our keys accepted? A cheap call to each provider that only accepted keys answer."""

from typing import Any

from providers.alpaca.provider import AlpacaProvider
from providers.base import Provider
from providers.plaid.provider import PlaidProvider
from providers.snaptrade.provider import SnapTradeProvider
from realtime.domain.account import ProviderName
from realtime.errors import Misconfigured, ReconnectNeeded


async def check_keys(provider: Provider) -> None:
    """Return if the provider accepts our keys; of Alpaca the firm's, since accounts bring their own.

    Raises:
        Misconfigured: It refuses them.
        RetryLater: It is busy, down or not reachable.
    """
    match provider:
        case PlaidProvider():
            await provider.link.institutions("bank")
        case SnapTradeProvider():
            await provider.client.call("authentication.list_snap_trade_users", list[Any])
        case AlpacaProvider():
            try:
                await provider.check_firm()
            except ReconnectNeeded as error:
                refusal = f"BROKER_API_KEY, BROKER_SECRET_KEY: Alpaca refuses them [{error.code}]"
                raise Misconfigured((refusal,)) from error
        case _:
            raise NotImplementedError(f"no call of {ProviderName(provider.name)} is known that checks its keys")
