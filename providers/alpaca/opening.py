"""Alpaca's account side from the settings (wiring)."""

from providers.alpaca import errors
from providers.alpaca.client import AlpacaClient
from providers.alpaca.provider import AlpacaProvider
from providers.calls import Calls
from providers.limits import Limits
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.settings import Settings


def open_alpaca(settings: Settings, clock: Clock) -> AlpacaProvider:
    """Return Alpaca; accounts bring their own keys, so no setting is needed but for a firm's accounts."""
    calls = Calls(
        ProviderName.ALPACA, Limits(clock), errors.our_error, errors.FAILURES, timeout_s=settings.provider_timeout_s
    )
    client = AlpacaClient(
        calls,
        trading_url=settings.alpaca_trading_url,
        broker_url=settings.broker_url,
        broker_key=settings.broker_key,
        broker_secret=settings.broker_secret,
        timeout_s=settings.provider_timeout_s,
    )
    return AlpacaProvider(client, clock)
