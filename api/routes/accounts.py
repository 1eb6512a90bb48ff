"""A user's accounts."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.aggregated import Number
from api.caller import Caller
from api.parts import Parts, PartsOf
from realtime.domain.account import ProviderName, UserId
from realtime.domain.reconciliation import DriftCause
from realtime.store.portfolio import LinkedAccount, linked_accounts

router = APIRouter(tags=["accounts"])


class Reconciliation(BaseModel):
    """The account's total at its provider's own prices, beside the total that the provider reports."""

    currency: str
    our_total: Number | None = Field(description="Null when an exchange rate is unknown.")
    provider_total: Number
    drift: Number | None = Field(description="our_total - provider_total.")
    cause: DriftCause | None = Field(description="What the drift likely comes from; null when the totals agree.")
    marked: bool = Field(description="The drift is above NAVSTREAM_SYNC_DRIFT_MAX_PCT.")
    since: datetime = Field(description="When a comparison found this first.")


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
    reconciliation: Reconciliation | None


class Accounts(BaseModel):
    accounts: list[Account]


@router.get("/api/accounts")
async def accounts(user_id: Caller, parts: PartsOf) -> Accounts:
    """Return the user's active accounts."""
    return await accounts_at(parts, user_id, None)


async def accounts_at(parts: Parts, user_id: UserId, provider: ProviderName | None) -> Accounts:
    """Return a user's active accounts, all of them or those through one provider."""
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
                reconciliation=_reconciliation(account),
            )
            for account in await linked_accounts(parts.pool, user_id)
            if provider in (None, account.provider)
        ]
    )


def _reconciliation(account: LinkedAccount) -> Reconciliation | None:
    found = account.reconciliation
    return None if found is None else Reconciliation(**found._asdict())
