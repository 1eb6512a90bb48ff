"""What the routes of linking share: whose connection, where a browser may be sent, what is written down."""

from collections.abc import Iterable
from typing import Annotated, cast
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request

from api.caller import Caller
from api.parts import PartsOf
from api.problems import NotFound
from api.refreshing import request_refresh
from providers.alpaca.provider import AlpacaProvider
from providers.linking import disconnect
from providers.plaid.provider import PlaidProvider
from providers.snaptrade.provider import SnapTradeProvider
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ConnectionStatus, ProviderName
from realtime.errors import BadRequest
from realtime.store.connections import StoredConnection, connection_by_id
from realtime.store.portfolio import open_as


class Linker:
    """The caller, his connections, and the providers."""

    def __init__(self, user_id: Caller, parts: PartsOf, request: Request) -> None:
        self.user_id = user_id
        self.parts = parts
        self.cipher: CredentialCipher = parts.cipher
        self._hosts = {request.headers.get("host"), *(urlsplit(origin).netloc for origin in parts.settings.origins)}

    @property
    def plaid(self) -> PlaidProvider:
        """Plaid.

        Raises:
            Misconfigured: Its settings are missing.
        """
        return cast("PlaidProvider", self.parts.providers[ProviderName.PLAID])

    @property
    def snaptrade(self) -> SnapTradeProvider:
        """SnapTrade.

        Raises:
            Misconfigured: Its settings are missing.
        """
        return cast("SnapTradeProvider", self.parts.providers[ProviderName.SNAPTRADE])

    @property
    def alpaca(self) -> AlpacaProvider:
        """Alpaca's account side.

        Raises:
            Misconfigured: It is not offered here.
        """
        return cast("AlpacaProvider", self.parts.providers[ProviderName.ALPACA])

    async def connection(self, connection_id: UUID, provider: ProviderName | None = None) -> StoredConnection:
        """Return a connection of the caller's, through one provider if it must be.

        Raises:
            NotFound: He has no such connection.
        """
        async with open_as(self.parts.pool, self.user_id, with_credentials=True) as connection:
            stored = await connection_by_id(connection, ConnectionId(str(connection_id)))
        if (
            stored is None
            or stored.status is ConnectionStatus.REMOVED
            or (provider is not None and stored.provider is not provider)
        ):
            raise NotFound("unknown_connection", f"you have no connection {connection_id}")
        return stored

    async def unlink(self, stored: StoredConnection) -> None:
        """End a connection at its provider and here."""
        await disconnect(self.parts.pool, self.cipher, self.parts.providers[stored.provider], stored)

    async def refresh(self, connection_ids: Iterable[ConnectionId]) -> None:
        """Ask for a refresh of connections of the caller's now."""
        async with open_as(self.parts.pool, self.user_id) as connection:
            for key in connection_ids:
                await request_refresh(connection, key, self.user_id)

    def redirect(self, url: str | None) -> str | None:
        """Return where a provider's page may lead back to.

        Raises:
            BadRequest: That is not a page of ours: whoever follows a link of ours must not end elsewhere.
        """
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.netloc not in self._hosts:
            raise BadRequest("foreign_redirect", "redirect_url leads away from this service")
        return url


LinkerOf = Annotated[Linker, Depends(Linker)]
