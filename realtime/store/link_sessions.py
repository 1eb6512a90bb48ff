"""Link sessions: for whom a link token was made, since the token is all that a finished session tells."""

from hashlib import sha256
from uuid import UUID

from realtime.domain.account import UserId
from realtime.store.pool import Connection, Pool

_REMEMBER = "insert into link_sessions (token_digest, user_id) values ($1, $2) on conflict do nothing"
_USER = "select user_id from link_sessions where token_digest = $1 and created_at > now() - interval '24 hours'"
_FORGET_OLD = "delete from link_sessions where created_at < now() - interval '24 hours'"


async def remember_link_session(connection: Connection | Pool, link_token: str, user_id: UserId) -> None:
    """Keep for whom a link token was made; a day is longer than any session."""
    await connection.execute(_FORGET_OLD)
    await connection.execute(_REMEMBER, _digest(link_token), user_id)


async def link_session_user(connection: Connection | Pool, link_token: str) -> UserId | None:
    """Return for whom a link token was made; None when it is unknown or old."""
    user_id: UUID | None = await connection.fetchval(_USER, _digest(link_token))
    return None if user_id is None else UserId(str(user_id))


def _digest(link_token: str) -> str:
    return sha256(link_token.encode()).hexdigest()
