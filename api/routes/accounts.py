"""A user's accounts and connections."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.caller import Caller
from api.parts import PartsOf
from api.schedule import next_daily
from realtime.store.portfolio import linked_accounts, linked_connections

router = APIRouter(tags=["accounts"])


class Account(BaseModel):
    id: str = Field(examples=["plaid_0195f2d0c7f47d6b8f3a2e6b1c9d4e5f"])
    name: str
    institution: str
    institution_id: str | None
    provider: str
    account_type: str
    subtype: str | None
    mask: str | None = Field(description="Last digits of the account's number.")
    currency: str
    connection_id: str
    last_synced_at: datetime | None


class Accounts(BaseModel):
    accounts: list[Account]


class Connection(BaseModel):
    id: str
    provider: str
    institution: str
    status: str = Field(description="active, reconnect_needed or error.")
    error_code: str | None
    error_message: str | None
    last_synced_at: datetime | None
    next_sync_at: datetime | None
    is_syncing: bool = Field(description="A refresh is under way, or about to be.")


class Connections(BaseModel):
    connections: list[Connection]


@router.get("/api/accounts")
async def accounts(user_id: Caller, parts: PartsOf) -> Accounts:
    """Return the user's active accounts."""
    found = await linked_accounts(parts.pool, user_id)
    return Accounts(
        accounts=[
            Account(
                id=account.id,
                name=account.name,
                institution=account.institution,
                institution_id=account.institution_id,
                provider=account.provider,
                account_type=account.account_type,
                subtype=account.subtype,
                mask=account.mask,
                currency=account.currency,
                connection_id=account.connection_id,
                last_synced_at=account.last_synced_at,
            )
            for account in found
        ]
    )


@router.get("/api/connections")
async def connections(user_id: Caller, parts: PartsOf) -> Connections:
    """Return the user's links to providers and their health."""
    daily = next_daily(parts.clock.now(), parts.settings.holdings_refresh_at)
    found = await linked_connections(parts.pool, user_id)
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
            for connection in found
        ]
    )
