"""The providers: one line each."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from providers.base import Provider
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.errors import Misconfigured
from realtime.settings import Settings


def _plaid(settings: Settings, clock: Clock) -> Provider | None:
    from providers.plaid.opening import open_plaid  # noqa: PLC0415  # an SDK takes a second and 60 MB to import

    return open_plaid(settings, clock)


def _snaptrade(settings: Settings, clock: Clock) -> Provider | None:
    from providers.snaptrade.opening import open_snaptrade  # noqa: PLC0415

    return open_snaptrade(settings, clock)


def _alpaca(settings: Settings, clock: Clock) -> Provider | None:
    from providers.alpaca.opening import open_alpaca  # noqa: PLC0415

    return open_alpaca(settings, clock)


FACTORIES: Mapping[ProviderName, Callable[[Settings, Clock], Provider | None]] = {
    ProviderName.PLAID: _plaid,
    ProviderName.SNAPTRADE: _snaptrade,
    ProviderName.ALPACA: _alpaca,
}
"""Each returns None when its settings are missing."""


class Providers:
    """The providers that the settings make usable."""

    def __init__(self, known: Mapping[ProviderName, Provider]) -> None:
        self._known = known

    @property
    def names(self) -> tuple[ProviderName, ...]:
        return tuple(self._known)

    def __getitem__(self, name: ProviderName) -> Provider:
        """Return a provider.

        Raises:
            Misconfigured: Its settings are missing.
        """
        provider = self._known.get(name)
        if provider is None:
            raise Misconfigured((f"{name.upper()}_…: the settings of {name} are missing",))
        return provider


@asynccontextmanager
async def open_providers(settings: Settings, clock: Clock) -> AsyncIterator[Providers]:
    """Open every provider that the settings make usable; imports their SDKs, so call it at start-up."""
    opened = {name: factory(settings, clock) for name, factory in FACTORIES.items()}
    known = {name: provider for name, provider in opened.items() if provider is not None}
    try:
        yield Providers(known)
    finally:
        for provider in known.values():
            await provider.close()
