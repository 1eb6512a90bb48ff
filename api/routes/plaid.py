"""Plaid over REST, in the shapes of the documents that navstream was asked for with."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from api.aggregated import Number
from api.caller import Caller
from api.flags import needs
from api.linking import Linker, LinkerOf
from api.paging import Cursor, Limit, place_of
from api.parts import PartsOf
from api.problems import NotFound, Unprocessable
from api.routes.accounts import Accounts, accounts_at
from api.routes.connections import Connections, Message, SyncLogs, connections_at, page_of
from providers.base import Product
from providers.linking import access_to, connect_plaid
from realtime.domain.account import ConnectionId, ProviderName
from realtime.domain.flag import Flag
from realtime.errors import BadRequest, RetryLater
from realtime.store.link_sessions import link_session_user, remember_link_session
from realtime.store.portfolio import linked_accounts, linked_connections, open_as
from realtime.store.sync_logs import SyncLogPlace, sync_logs

router = APIRouter(prefix="/api/plaid", tags=["plaid"])
_PRODUCTS: tuple[Product, ...] = ("transactions", "investments", "liabilities")
_TOKEN_LENGTH_MAX = 200


class LinkTokenRequest(BaseModel):
    products: list[Product] = Field(default=["investments"], min_length=1, max_length=3)
    connection_id: UUID | None = Field(default=None, description="Repair this connection instead of making one.")
    redirect_url: str | None = Field(
        default=None, max_length=2_000, description="Where Plaid's page leads back to; a page of ours."
    )


class LinkTokenAnswer(BaseModel):
    success: bool = True
    link_token: str
    expiration: datetime
    request_id: str
    hosted_link_url: str | None = Field(description="Plaid's own page: no script of theirs runs in ours.")


def _one_of(*fields: str) -> ConfigDict:
    """Say in the schema that just one of these is given; the first is in the example."""
    choices: list[JsonValue] = [{"required": [name], "properties": {name: {"type": "string"}}} for name in fields]
    return ConfigDict(json_schema_extra={"oneOf": choices})


class ConnectRequest(BaseModel):
    model_config = _one_of("public_token", "link_token")

    public_token: str | None = Field(default=None, max_length=_TOKEN_LENGTH_MAX)
    link_token: str | None = Field(
        default=None, max_length=_TOKEN_LENGTH_MAX, description="Of a hosted session that has ended."
    )
    institution_id: str | None = Field(default=None, max_length=100)
    institution_name: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _has_one(self) -> "ConnectRequest":
        if (self.public_token is None) == (self.link_token is None):
            raise ValueError("give public_token or link_token")
        return self


class ConnectAnswer(BaseModel):
    success: bool = True
    message: str
    connection_id: str | None = Field(description="The newest; null when nothing new was linked.")
    connection_ids: list[str]
    accounts_count: int
    institution_name: str | None
    products: list[Product] = Field(default=[], description="Of a transactions exchange: what the login offers.")


class Balance(BaseModel):
    account_id: str
    balance: Number | None = Field(description="As the institution told last; null while it has not.")
    currency: str
    as_of: datetime | None


class Institution(BaseModel):
    institution_id: str
    name: str


class Institutions(BaseModel):
    institutions: list[Institution]


@router.post("/link-token", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
async def link_token(linker: LinkerOf, body: LinkTokenRequest | None = None) -> LinkTokenAnswer:
    """Begin a Link session, to link or to repair: the token, and the address of Plaid's own page for it."""
    wanted = body or LinkTokenRequest()
    repaired = None
    if wanted.connection_id is not None:
        stored = await linker.connection(wanted.connection_id, ProviderName.PLAID)
        repaired = access_to(stored, linker.cipher).credential
    link = await linker.plaid.link.link_token(
        linker.user_id,
        products=wanted.products,
        repaired=repaired,
        hosted=True,
        back_to=linker.redirect(wanted.redirect_url),
    )
    async with open_as(linker.parts.pool, linker.user_id) as connection:
        await remember_link_session(connection, link.token, linker.user_id)
    return LinkTokenAnswer(
        link_token=link.token, expiration=link.expires_at, request_id=link.request_id, hosted_link_url=link.hosted_url
    )


@router.post("/connect", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
@router.post("/link-investment-account", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
async def connect(body: ConnectRequest, linker: LinkerOf) -> ConnectAnswer:
    """Keep what a Link session ended with, by its public token or the link token of a hosted one; a refresh follows."""
    return await _connect(linker, body)


@router.post("/transactions/exchange", dependencies=[Depends(needs(Flag.AGGREGATION_MODE))])
async def exchange(body: ConnectRequest, linker: LinkerOf) -> ConnectAnswer:
    """Finish linking a login that must offer one of our products; 422 when it offers none, and nothing is linked."""
    answer = await _connect(linker, body)
    offered: set[str] = set()
    for connection_id in answer.connection_ids:
        stored = await linker.connection(UUID(connection_id))
        item = (await linker.plaid.item(access_to(stored, linker.cipher))).item
        offered |= {*item.products, *item.billed_products}
        if not set(_PRODUCTS) & {*item.products, *item.billed_products}:
            await linker.unlink(stored)
            raise Unprocessable("no_product", "this login offers neither transactions nor investments nor liabilities")
    return answer.model_copy(update={"products": [product for product in _PRODUCTS if product in offered]})


@router.get("/accounts")
async def plaid_accounts(user_id: Caller, parts: PartsOf) -> Accounts:
    """Return the user's accounts through Plaid."""
    return await accounts_at(parts, user_id, ProviderName.PLAID)


@router.get("/accounts/{account_id}/balance")
async def balance(account_id: str, user_id: Caller, parts: PartsOf) -> Balance:
    """Return one account's balance as its institution told it last."""
    for account in await linked_accounts(parts.pool, user_id):
        if account.id == account_id and account.provider == ProviderName.PLAID:
            return Balance(
                account_id=account.id,
                balance=account.provider_total,
                currency=account.currency,
                as_of=account.holdings_as_of or account.last_synced_at,
            )
    raise NotFound("unknown_account", f"you have no account {account_id}")


@router.get("/institutions/search")
async def institutions(linker: LinkerOf, query: Annotated[str, Query(min_length=1, max_length=100)]) -> Institutions:
    """Return up to ten institutions whose name fits."""
    found = await linker.plaid.link.institutions(query)
    return Institutions(institutions=[Institution(institution_id=one.id, name=one.name) for one in found])


@router.get("/connections")
async def plaid_connections(user_id: Caller, parts: PartsOf) -> Connections:
    """Return the user's connections through Plaid."""
    return await connections_at(parts, user_id, ProviderName.PLAID)


@router.delete("/connections/{connection_id}")
async def remove(connection_id: UUID, linker: LinkerOf) -> Message:
    """End a connection, at Plaid and here; its accounts leave the portfolio."""
    await linker.unlink(await linker.connection(connection_id, ProviderName.PLAID))
    return Message(message="The connection is removed.")


@router.get("/sync-logs")
async def plaid_sync_logs(user_id: Caller, parts: PartsOf, limit: Limit = 20, cursor: Cursor = None) -> SyncLogs:
    """Return the newest refreshes of the user's connections through Plaid."""
    after = place_of(cursor, SyncLogPlace.read)
    return page_of(await sync_logs(parts.pool, user_id, limit + 1, provider=ProviderName.PLAID, after=after), limit)


async def _connect(linker: Linker, body: ConnectRequest) -> ConnectAnswer:
    if body.public_token is not None:
        tokens = [body.public_token]
    else:
        assert body.link_token is not None
        async with open_as(linker.parts.pool, linker.user_id) as connection:
            user_id = await link_session_user(connection, body.link_token)
        if user_id != linker.user_id:
            raise BadRequest("unknown_link_token", "this link token was not made for you, or is too old")
        tokens = await linker.plaid.link.public_tokens(body.link_token)
    keys = []
    for token in tokens:
        key = await connect_plaid(
            linker.parts.pool, linker.cipher, linker.plaid, user_id=linker.user_id, public_token=token
        )
        keys.append(key)
    return await _answer(linker, keys) if keys else _NOTHING_NEW


_NOTHING_NEW = ConnectAnswer(
    message="Nothing new was connected.", connection_id=None, connection_ids=[], accounts_count=0, institution_name=None
)


async def _answer(linker: Linker, keys: list[ConnectionId]) -> ConnectAnswer:
    count = 0
    for key in keys:
        with suppress(RetryLater):  # linked it is; the first refresh counts again
            stored = await linker.connection(UUID(key))
            count += len(await linker.plaid.accounts(access_to(stored, linker.cipher)))
    known = {row.id: row.institution for row in await linked_connections(linker.parts.pool, linker.user_id)}
    return ConnectAnswer(
        message="Connected. Its accounts are being read." if len(keys) == 1 else f"{len(keys)} connections.",
        connection_id=keys[-1],
        connection_ids=list(keys),
        accounts_count=count,
        institution_name=known.get(keys[-1]),
    )
