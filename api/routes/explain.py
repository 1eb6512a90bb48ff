"""Why is it this number: every total opened into its lines."""

from typing import Any

import msgspec
from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.caller import Caller
from api.flags import needs
from api.parts import PartsOf
from api.problems import NotFound
from realtime.bus.live_states import live_states
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.flag import Flag
from realtime.explanation import explain, explanation_data, provenance
from realtime.store.portfolio import LinkedAccount, linked_accounts

router = APIRouter(tags=["explain"])
_NEEDED = [Depends(needs(Flag.PORTFOLIO_INSIGHTS))]
_encode = msgspec.json.Encoder(decimal_format="number").encode
_SUMS = "market_value, cash, total_value, cost_basis, unrealized_gain, day_change"


class Revision(BaseModel):
    generation: int
    number: int


class Origin(BaseModel):
    """Where an account's quantities come from."""

    name: str
    institution: str
    holdings_as_of: str | None
    age_s: float | None = Field(description="From then to the valuation, seconds.")
    duplicate_of: str | None = Field(description="The account that counts in totals in its place.")


class Omission(BaseModel):
    """A total that a line is not part of, and why."""

    total: str
    reason: str


class Line(BaseModel):
    position: dict[str, Any] = Field(description="As on the WebSocket: schema Position of docs/asyncapi.yaml.")
    price_age_s: float | None
    price_session: str | None = Field(description="pre, regular, post or closed; null round the clock.")
    product: float | None = Field(description="quantity * multiplier * price * fx_rate, unrounded.")
    previous_value: float | None = Field(description="The same at the previous close.")
    omissions: list[Omission]


class ExplanationAnswer(BaseModel):
    """Figures are sums + not_in_lines + rounding, to the cent."""

    account: str | None
    as_of: str = Field(description="Market time of the valuation, as in the WebSocket message with these figures.")
    revision: Revision = Field(description="Of the value batch behind it.")
    live: bool = Field(description="Whether a calculator keeps the values up to date.")
    accounts: dict[str, Origin]
    figures: dict[str, Any] = Field(description="As on the WebSocket: schema Figures of docs/asyncapi.yaml.")
    lines: list[Line]
    sums: dict[str, float | None] = Field(description=f"Of the lines' cents: {_SUMS}.")
    not_in_lines: dict[str, float | None] = Field(description="Parts of the totals that no line shows.")
    rounding: dict[str, float | None] = Field(description="Totals are rounded once, at the end.")


@router.get("/api/accounts/{account_id}/explain", responses={200: {"model": ExplanationAnswer}}, dependencies=_NEEDED)
async def explained_account(user_id: Caller, parts: PartsOf, account_id: str) -> Response:
    """Return how an account's value is made."""
    accounts = [row for row in await linked_accounts(parts.pool, user_id) if row.id == account_id]
    if not accounts:
        raise NotFound("unknown_account", f"you have no account {account_id}")
    return await _explained(parts, user_id, accounts[0].id, accounts)


@router.get("/api/portfolio/explain", responses={200: {"model": ExplanationAnswer}}, dependencies=_NEEDED)
async def explained_portfolio(user_id: Caller, parts: PartsOf) -> Response:
    """Return how the whole portfolio's value is made."""
    return await _explained(parts, user_id, None, await linked_accounts(parts.pool, user_id))


async def _explained(
    parts: PartsOf, user_id: UserId, account_id: AccountId | None, accounts: list[LinkedAccount]
) -> Response:
    key = SubjectKey(user_id, account_id)
    found = await live_states(parts.bus, parts.clock, key)
    state = found.states[key]
    explanation = explain(state, account_id, provenance(accounts, state.as_of), live=found.live)
    body = _encode(explanation_data(explanation))
    return Response(body, media_type="application/json")
