"""SnapTrade over REST: the connection portal, what comes of it, and a refresh."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.flags import need_flag, needs
from api.linking import LinkerOf
from api.routes.connections import Message
from providers.linking import connect_snaptrade, snaptrade_login_url
from realtime.domain.account import ProviderName
from realtime.domain.flag import Flag
from realtime.store.portfolio import linked_connections

router = APIRouter(prefix="/api/snaptrade", tags=["snaptrade"])


class ConnectionUrlRequest(BaseModel):
    connection_type: Literal["read", "trade"] = "read"
    broker: str | None = Field(default=None, max_length=100, description="SnapTrade's slug, to skip the choice.")
    connection_id: UUID | None = Field(default=None, description="Repair this connection instead of making one.")
    redirect_url: str | None = Field(
        default=None, max_length=2_000, description="Where the portal leads back to; a page of ours."
    )


class ConnectionUrl(BaseModel):
    connection_url: str = Field(description="The portal, good for five minutes; send the browser there.")


class PortalRequest(BaseModel):
    authorization_id: str | None = Field(
        default=None, max_length=100, description="`connection_id` of the portal's redirect; default: all of them."
    )


class PortalAnswer(BaseModel):
    success: bool = True
    message: str
    connection_ids: list[str]


@router.post("/connection-url", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
async def connection_url(linker: LinkerOf, body: ConnectionUrlRequest | None = None) -> ConnectionUrl:
    """Begin to link, or to repair: the portal's address."""
    wanted = body or ConnectionUrlRequest()
    if wanted.connection_type == "trade":
        await need_flag(linker.parts, linker.user_id, Flag.TRADE_EXECUTION, Flag.SNAPTRADE_TRADE_EXECUTION)
    repaired = None
    if wanted.connection_id is not None:
        repaired = (await linker.connection(wanted.connection_id, ProviderName.SNAPTRADE)).provider_connection_id
    url = await snaptrade_login_url(
        linker.parts.pool,
        linker.cipher,
        linker.snaptrade,
        user_id=linker.user_id,
        broker=wanted.broker,
        access=wanted.connection_type,
        reconnect=repaired,
        redirect_url=linker.redirect(wanted.redirect_url),
    )
    return ConnectionUrl(connection_url=url)


@router.post("/connect", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
async def connect(linker: LinkerOf, body: PortalRequest | None = None) -> PortalAnswer:
    """Keep the connections that the caller made in the portal, as SnapTrade itself says; a refresh follows."""
    keys = await connect_snaptrade(
        linker.parts.pool,
        linker.cipher,
        linker.snaptrade,
        user_id=linker.user_id,
        authorization_id=None if body is None else body.authorization_id,
    )
    message = "Connected. Its accounts are being read." if len(keys) == 1 else f"{len(keys)} connections."
    return PortalAnswer(message=message, connection_ids=list(keys))


@router.post("/refresh", status_code=202)
async def refresh(linker: LinkerOf) -> Message:
    """Ask for a refresh of the caller's connections through SnapTrade now."""
    linked = await linked_connections(linker.parts.pool, linker.user_id)
    found = [row.id for row in linked if row.provider == ProviderName.SNAPTRADE]
    await linker.refresh(found)
    return Message(message=f"Refreshing {len(found)}.")
