"""Feature flags of a user: the environment's, and above them his own overrides, which take effect at once."""

from collections.abc import Iterable
from typing import Any

from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.domain.flag import Flag, FlagStates
from realtime.store.audit import Act, audit
from realtime.store.pool import Connection, Pool

_OF_USER = "select flag, enabled from user_flags where user_id = $1"
_OF_CONNECTION = """
select c.provider, f.flag, f.enabled from connections c left join user_flags f on f.user_id = c.user_id where c.id = $1
"""
_OF_EVERYBODY = "select user_id, flag, enabled from user_flags order by user_id"
_SET = """
insert into user_flags (user_id, flag, enabled) values ($1, $2, $3)
on conflict (user_id, flag) do update set enabled = excluded.enabled, set_at = now()
"""
_UNSET = "delete from user_flags where user_id = $1 and flag = $2"


async def flags_of(connection: Connection | Pool, user_id: UserId, defaults: FlagStates) -> FlagStates:
    """Return the state of every flag for a user."""
    return _over(defaults, await connection.fetch(_OF_USER, user_id))


async def overrides_of(connection: Connection | Pool, user_id: UserId) -> FlagStates:
    """Return the flags that are set for this user alone."""
    return _over({}, await connection.fetch(_OF_USER, user_id))


async def flags_of_connection(
    pool: Pool, connection_id: ConnectionId, defaults: FlagStates
) -> tuple[ProviderName, FlagStates] | None:
    """Return a connection's provider and its user's flags; None when there is no such connection."""
    rows = await pool.fetch(_OF_CONNECTION, connection_id)
    return (ProviderName(rows[0]["provider"]), _over(defaults, rows)) if rows else None


async def flags_of_everybody(pool: Pool, defaults: FlagStates) -> dict[UserId, FlagStates]:
    """Return the flags of every user who has an override; all others have the defaults."""
    found: dict[UserId, list[Any]] = {}
    for row in await pool.fetch(_OF_EVERYBODY):
        found.setdefault(UserId(str(row["user_id"])), []).append(row)
    return {user_id: _over(defaults, rows) for user_id, rows in found.items()}


async def set_flag(pool: Pool, user_id: UserId, flag: Flag, enabled: bool | None, actor: str) -> None:  # a state
    """Override a flag for a user, or with None give it back to the environment; written down."""
    async with pool.acquire() as connection, connection.transaction():
        if enabled is None:
            await connection.execute(_UNSET, user_id, flag.value)
        else:
            await connection.execute(_SET, user_id, flag.value, enabled)
        facts = {"enabled": enabled}
        await audit(connection, Act.SET_FLAG, user_id=user_id, subject=flag.value, actor=actor, facts=facts)


def _over(defaults: FlagStates, rows: Iterable[Any]) -> FlagStates:
    """Return the defaults under these overrides; a flag that this release does not know is none."""
    known = {flag.value: flag for flag in Flag}
    return {**defaults, **{known[row["flag"]]: row["enabled"] for row in rows if row["flag"] in known}}
