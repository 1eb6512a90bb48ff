"""Linking institutions: the providers' own pages, what they come back with, repair, refresh and removal."""

from datetime import datetime
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.caller import Caller
from api.parts import Parts, PartsOf
from api.problems import NotFound
from providers.linking import access_to, connect_plaid, connect_snaptrade, disconnect, snaptrade_login_url
from providers.plaid.provider import PlaidProvider
from providers.snaptrade.provider import SnapTradeProvider
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.errors import BadRequest
from realtime.store.connections import StoredConnection, connections_of_user
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.store.portfolio import open_as

router = APIRouter(tags=["linking"])
_URL = Field(default=None, max_length=2_000, description="Where the provider's page leads back to; a page of ours.")


class LinkTokenRequest(BaseModel):
    products: list[Literal["transactions", "investments", "liabilities"]] = ["investments"]
    connection_id: str | None = Field(default=None, description="Repair this connection instead of making one.")
    redirect_url: str | None = _URL


class LinkTokenAnswer(BaseModel):
    success: bool = True
    link_token: str
    expiration: datetime
    request_id: str
    hosted_link_url: str | None = Field(description="Plaid's own page for it; only when `redirect_url` was given.")


class PlaidConnectRequest(BaseModel):
    public_token: str | None = Field(default=None, max_length=500, description="From Plaid Link in one's own page.")
    link_token: str | None = Field(default=None, max_length=500, description="Of a hosted Link that has ended.")


class ConnectAnswer(BaseModel):
    success: bool = True
    message: str
    connection_ids: list[str]


class PortalRequest(BaseModel):
    connection_type: Literal["read", "trade"] = "read"
    broker: str | None = Field(default=None, max_length=100, description="Slug of a brokerage, to skip the choice.")
    connection_id: str | None = Field(default=None, description="Repair this connection instead of making one.")
    redirect_url: str | None = _URL


class PortalAnswer(BaseModel):
    connection_url: str


class SnapTradeConnectRequest(BaseModel):
    authorization_id: str | None = Field(
        default=None, max_length=100, description="`connection_id` of the portal's redirect; default: all of them."
    )


class Message(BaseModel):
    message: str


def _own_connection(connection_id: str, found: list[StoredConnection]) -> StoredConnection:
    for connection in found:
        if connection.id == connection_id:
            return connection
    raise NotFound("unknown_connection", f"you have no connection {connection_id}")


class Linker:
    """What the routes below share: the caller, his connections, the providers."""

    def __init__(self, user_id: Caller, parts: PartsOf, request: Request) -> None:
        self.user_id: UserId = user_id
        self.parts: Parts = parts
        self._origin_hosts = {request.headers.get("host", ""), *(urlsplit(each).netloc for each in _origins(parts))}

    @property
    def cipher(self) -> CredentialCipher:
        return CredentialCipher(self.parts.settings.encryption_keys)

    @property
    def plaid(self) -> PlaidProvider:
        return cast("PlaidProvider", self.parts.providers[ProviderName.PLAID])

    @property
    def snaptrade(self) -> SnapTradeProvider:
        return cast("SnapTradeProvider", self.parts.providers[ProviderName.SNAPTRADE])

    async def connection(self, connection_id: str) -> StoredConnection:
        """Return a connection of the caller's.

        Raises:
            NotFound: He has none of this id.
        """
        return _own_connection(connection_id, await connections_of_user(self.parts.pool, self.user_id))

    def redirect(self, url: str | None) -> str | None:
        """Return where a provider's page may lead back to.

        Raises:
            BadRequest: That is not a page of ours: whoever follows a link of ours must not end elsewhere.
        """
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.netloc not in self._origin_hosts:
            raise BadRequest("foreign_redirect", "redirect_url leads away from this service")
        return url


def _origins(parts: Parts) -> tuple[str, ...]:
    return parts.settings.origins


LinkerOf = Annotated[Linker, Depends(Linker)]


@router.post("/api/plaid/link-token")
async def link_token(linker: LinkerOf, body: LinkTokenRequest) -> LinkTokenAnswer:
    """Begin a Plaid Link session: in one's own page with the token, or at Plaid's page for it."""
    repaired = None
    if body.connection_id is not None:
        repaired = access_to(await linker.connection(body.connection_id), linker.cipher).credential
    token = await linker.plaid.link.link_token(
        linker.user_id, products=body.products, repaired=repaired, back_to=linker.redirect(body.redirect_url)
    )
    return LinkTokenAnswer(
        link_token=token.token,
        expiration=token.expires_at,
        request_id=token.request_id,
        hosted_link_url=token.hosted_url,
    )


@router.post("/api/plaid/connect")
@router.post("/api/plaid/link-investment-account")
async def plaid_connect(linker: LinkerOf, body: PlaidConnectRequest) -> ConnectAnswer:
    """Keep what a Link session ended with, and have it read. A session that was left ends with nothing."""
    tokens = [] if body.public_token is None else [body.public_token]
    if body.link_token is not None:
        tokens += await linker.plaid.link.public_tokens(body.link_token)
    keys = [
        await connect_plaid(
            linker.parts.pool, linker.cipher, linker.plaid, user_id=linker.user_id, public_token=public_token
        )
        for public_token in tokens
    ]
    return _connected(keys)


@router.post("/api/snaptrade/connection-url")
async def connection_url(linker: LinkerOf, body: PortalRequest) -> PortalAnswer:
    """Return the address of SnapTrade's portal for the caller, good for five minutes."""
    repaired = None
    if body.connection_id is not None:
        repaired = (await linker.connection(body.connection_id)).provider_connection_id
    url = await snaptrade_login_url(
        linker.parts.pool,
        linker.cipher,
        linker.snaptrade,
        user_id=linker.user_id,
        broker=body.broker,
        access=body.connection_type,
        reconnect=repaired,
        redirect_url=linker.redirect(body.redirect_url),
    )
    return PortalAnswer(connection_url=url)


@router.post("/api/snaptrade/connect")
async def snaptrade_connect(linker: LinkerOf, body: SnapTradeConnectRequest) -> ConnectAnswer:
    """Keep the connections that the caller made in the portal, and have them read."""
    keys = await connect_snaptrade(
        linker.parts.pool,
        linker.cipher,
        linker.snaptrade,
        user_id=linker.user_id,
        authorization_id=body.authorization_id,
    )
    return _connected(list(keys))


@router.post("/api/connections/{connection_id}/refresh", status_code=202)
async def refresh(linker: LinkerOf, connection_id: str) -> Message:
    """Ask for a refresh of one connection now; `GET /api/connections` says how far it is."""
    found = await linker.connection(connection_id)
    async with open_as(linker.parts.pool, linker.user_id) as connection:
        await enqueue_refresh(connection, connection_id=found.id, user_id=linker.user_id, trigger=Trigger.REQUEST)
    return Message(message="Refreshing.")


@router.delete("/api/connections/{connection_id}")
@router.delete("/api/plaid/connections/{connection_id}")
async def remove(linker: LinkerOf, connection_id: str) -> Message:
    """End a connection at its provider and here; its accounts leave the portfolio."""
    found = await linker.connection(connection_id)
    await disconnect(linker.parts.pool, linker.cipher, linker.parts.providers[found.provider], found)
    return Message(message="The connection is removed.")


def _connected(keys: list[ConnectionId]) -> ConnectAnswer:
    match len(keys):
        case 0:
            message = "Nothing was connected."
        case 1:
            message = "Connected. Its accounts are being read."
        case count:
            message = f"{count} connections. Their accounts are being read."
    return ConnectAnswer(message=message, connection_ids=[str(key) for key in keys])
