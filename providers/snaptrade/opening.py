"""SnapTrade from the settings (wiring)."""

from snaptrade_client.exceptions import InvalidHostConfigurationError

from providers.calls import Calls
from providers.limits import Limits
from providers.snaptrade import errors
from providers.snaptrade.client import SnapTradeClient
from providers.snaptrade.portal import SnapTradePortal
from providers.snaptrade.provider import SnapTradeProvider
from providers.snaptrade.webhooks import SnapTradeWebhooks
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.errors import Misconfigured
from realtime.settings import Settings


def open_snaptrade(settings: Settings, clock: Clock) -> SnapTradeProvider | None:
    """Return SnapTrade; None without SNAPTRADE_CLIENT_ID and SNAPTRADE_CONSUMER_KEY.

    Raises:
        Misconfigured: The SDK does not accept the address.
    """
    if settings.snaptrade_client_id is None or settings.snaptrade_consumer_key is None:
        return None
    calls = Calls(
        ProviderName.SNAPTRADE,
        Limits(clock),
        errors.our_error,
        errors.FAILURES,
        timeout_s=settings.provider_timeout_s,
    )
    try:
        client = SnapTradeClient(
            settings.snaptrade_url,
            settings.snaptrade_client_id,
            settings.snaptrade_consumer_key,
            calls,
            timeout_s=settings.provider_timeout_s,
        )
    except InvalidHostConfigurationError:
        problem = "NAVSTREAM_SNAPTRADE_URL: SnapTrade's SDK wants a dotted name or an IPv4 address, not localhost"
        raise Misconfigured((problem,)) from None
    webhooks = SnapTradeWebhooks(settings.snaptrade_consumer_key, clock)
    return SnapTradeProvider(client, SnapTradePortal(client), webhooks, clock)
