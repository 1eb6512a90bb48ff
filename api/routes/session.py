"""Signing in: the code of a link against a bearer token."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.parts import PartsOf
from realtime.auth import Unauthenticated
from realtime.bus.sign_in import redeem_sign_in_code
from realtime.store.audit import Act, audit
from realtime.store.portfolio import open_as, user_profile

router = APIRouter(tags=["session"])


class SignIn(BaseModel):
    code: str = Field(min_length=1, max_length=200, description="From the fragment of a sign-in link.")


class SessionUser(BaseModel):
    id: str
    name: str
    operator: bool = Field(description="The token opens `GET /api/status` too.")


class Session(BaseModel):
    token: str = Field(description="Bearer token for the Authorization header and the WebSocket's auth op.")
    expires_at: datetime
    user: SessionUser


@router.post("/api/session")
async def sign_in(body: SignIn, parts: PartsOf) -> Session:
    """Sign a user in."""
    redeemed = await redeem_sign_in_code(parts.bus, body.code)
    profile = None if redeemed is None else await user_profile(parts.pool, redeemed.user_id)
    if redeemed is None or profile is None:
        raise Unauthenticated("the sign-in link is not valid, or no longer")
    async with open_as(parts.pool, profile.id) as connection:
        facts = {"operator": redeemed.is_operator}
        await audit(connection, Act.SIGN_IN, user_id=profile.id, subject=profile.id, facts=facts)
    now, lifetime_s = parts.clock.now(), parts.settings.token_lifetime_s
    return Session(
        token=parts.tokens.issue(redeemed.user_id, now, lifetime_s, is_operator=redeemed.is_operator),
        expires_at=now + timedelta(seconds=lifetime_s),
        user=SessionUser(id=profile.id, name=profile.name, operator=redeemed.is_operator),
    )
