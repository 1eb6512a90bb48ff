"""A user's accounts."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.aggregated import Number
from api.caller import Caller
from api.parts import Parts, PartsOf
from api.problems import NotFound
from realtime.domain.account import AccountId, ProviderName, UserId
from realtime.domain.reconciliation import DriftCause
from realtime.store.duplicates import hold_accounts, say_same
from realtime.store.portfolio import LinkedAccount, linked_accounts, open_as

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
    duplicate_of: str | None = Field(
        description="The account that counts in totals in its place: both are one, reached through two providers."
    )
    kept_apart_from: str | None = Field(
        description="An account that it would be taken for, did the user not say that they are two."
    )


class DuplicateRequest(BaseModel):
    same_as: str | None = Field(
        max_length=100,
        description="Another account of the user's, which is the same one: the two count once. Null: it is an account "
        "of its own, and counts.",
    )


class Accounts(BaseModel):
    accounts: list[Account]


@router.get("/api/accounts")
async def accounts(user_id: Caller, parts: PartsOf) -> Accounts:
    """Return the user's active accounts."""
    return await accounts_at(parts, user_id, None)


@router.post("/api/accounts/{account_id}/duplicate")
async def say_duplicate(user_id: Caller, parts: PartsOf, account_id: str, body: DuplicateRequest) -> Accounts:
    """Say that an account is the same as another one, or an account of its own; return how the accounts count then."""
    async with open_as(parts.pool, user_id) as connection:
        try:
            same_as = None if body.same_as is None else AccountId(body.same_as)
            await hold_accounts(connection, user_id)
            await say_same(connection, user_id, AccountId(account_id), same_as)
        except LookupError as error:
            raise NotFound("unknown_account", f"you have no account {error}") from error
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
                duplicate_of=account.duplicate_of,
                kept_apart_from=account.kept_apart_from,
            )
            for account in await linked_accounts(parts.pool, user_id)
            if provider in (None, account.provider)
        ]
    )


def _reconciliation(account: LinkedAccount) -> Reconciliation | None:
    found = account.reconciliation
    return None if found is None else Reconciliation(**found._asdict())
