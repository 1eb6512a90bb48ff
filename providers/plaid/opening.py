"""Plaid from the settings (wiring)."""

from providers.calls import Calls
from providers.limits import Limits
from providers.plaid import errors
from providers.plaid.client import PlaidClient
from providers.plaid.link import PlaidLink
from providers.plaid.provider import PlaidProvider
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.settings import Settings


def open_plaid(settings: Settings, clock: Clock) -> PlaidProvider | None:
    """Return Plaid; None without PLAID_CLIENT_ID and PLAID_SECRET."""
    if settings.plaid_client_id is None or settings.plaid_secret is None:
        return None
    calls = Calls(
        ProviderName.PLAID, Limits(clock), errors.our_error, errors.FAILURES, timeout_s=settings.provider_timeout_s
    )
    client = PlaidClient(
        settings.plaid_address,
        settings.plaid_client_id,
        settings.plaid_secret.get_secret_value(),
        calls,
        sandbox=settings.plaid_env == "sandbox",
        timeout_s=settings.provider_timeout_s,
    )
    return PlaidProvider(client, PlaidLink(client, settings), clock)
