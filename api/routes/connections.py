"""A user's connections, whatever their provider: how they are, refresh, end."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.caller import Caller
from api.linking import LinkerOf
from api.paging import Cursor, Limit, cursor_of, place_of
from api.parts import Parts, PartsOf
from api.schedule import next_daily
from providers.rotation import rotate_credential
from realtime.domain.account import ProviderName, UserId
from realtime.store.portfolio import linked_connections
from realtime.store.sync_logs import SyncLog, SyncLogPlace, sync_logs

router = APIRouter(tags=["connections"])


class Connection(BaseModel):
    id: str = Field(examples=["0195f2d0-c7f4-7d6b-8f3a-2e6b1c9d4e5f"])
    provider: str = Field(examples=["plaid"])
    institution: str = Field(examples=["First Platypus Bank"])
    status: str = Field(description="active, reconnect_needed or error.")
    error_code: str | None
    error_message: str | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    is_syncing: bool = Field(description="A refresh is under way, or about to be.")


class Connections(BaseModel):
    connections: list[Connection]


class Message(BaseModel):
    message: str


class SyncLogs(BaseModel):
    sync_logs: list[SyncLog] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Of the next page; null on the last one.")


@router.get("/api/connections")
async def connections(user_id: Caller, parts: PartsOf) -> Connections:
    """Return the user's links to providers and their health."""
    return await connections_at(parts, user_id, None)


@router.post("/api/connections/{connection_id}/refresh", status_code=202)
async def refresh(connection_id: UUID, linker: LinkerOf) -> Message:
    """Ask for a refresh of one connection now; `GET /api/connections` says how far it is."""
    found = await linker.connection(connection_id)
    await linker.refresh([found.id])
    return Message(message="Refreshing.")


@router.get("/api/connections/{connection_id}/sync-logs")
async def connection_sync_logs(
    connection_id: UUID, linker: LinkerOf, limit: Limit = 20, cursor: Cursor = None
) -> SyncLogs:
    """Return a connection's newest refreshes: what, when, how long, how many, what was set aside and why."""
    found = await linker.connection(connection_id)
    after = place_of(cursor, SyncLogPlace.read)
    return page_of(
        await sync_logs(linker.parts.pool, linker.user_id, limit + 1, connection_id=found.id, after=after), limit
    )


@router.post("/api/connections/{connection_id}/rotate")
async def rotate(connection_id: UUID, linker: LinkerOf) -> Message:
    """Replace what the connection is reached with: Plaid's access token, or the user's secret at SnapTrade.

    The old one is dead at once. Of Alpaca make new keys there, and link the account again with them.
    """
    stored = await linker.connection(connection_id)
    await rotate_credential(linker.parts.pool, linker.cipher, linker.parts.providers, stored)
    return Message(message="The credential is replaced.")


@router.delete("/api/connections/{connection_id}")
async def remove(connection_id: UUID, linker: LinkerOf) -> Message:
    """End a connection at its provider and here; its accounts leave the portfolio."""
    await linker.unlink(await linker.connection(connection_id))
    return Message(message="The connection is removed.")


def page_of(found: list[SyncLog], limit: int) -> SyncLogs:
    """Return a page of what was found, which is one more if there is another page."""
    page = found[:limit]
    more = len(found) > limit
    return SyncLogs(sync_logs=page, next_cursor=cursor_of(page[-1].started_at, page[-1].id) if more else None)


async def connections_at(parts: Parts, user_id: UserId, provider: ProviderName | None) -> Connections:
    """Return a user's connections, all of them or those through one provider."""
    daily = next_daily(parts.clock.now(), parts.settings.holdings_refresh_at)
    return Connections(
        connections=[
            Connection(
                id=connection.id,
                provider=connection.provider,
                institution=connection.institution,
                status=connection.status,
                error_code=connection.error_code,
                error_message=connection.error_message,
                last_synced_at=connection.last_synced_at,
                next_sync_at=min(daily, connection.queued_for or daily) if connection.status == "active" else None,
                is_syncing=connection.is_syncing,
            )
            for connection in await linked_connections(parts.pool, user_id)
            if provider in (None, connection.provider)
        ]
    )
