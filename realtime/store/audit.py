"""The audit log: sensitive acts, each with who did it to what; rows are only ever added."""

from collections.abc import Mapping
from enum import StrEnum

import orjson

from realtime.domain.account import UserId
from realtime.store.pool import Connection, Pool

_ADD = "insert into audit_log (user_id, actor, act, subject, facts) values ($1, $2, $3, $4, $5::text::jsonb)"


class Act(StrEnum):
    LINK = "link"
    UNLINK = "unlink"
    FORCE_SYNC = "force_sync"
    ROTATE_CREDENTIAL = "rotate_credential"
    ROTATE_KEYS = "rotate_keys"


async def audit(
    connection: Connection | Pool,
    act: Act,
    *,
    subject: str,
    user_id: UserId | None = None,
    actor: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write an act down.

    Args:
        connection: In whose transaction, if it is one.
        act: What was done.
        subject: What it was done to, by its id.
        user_id: Whose things it concerns; None: the whole service's.
        actor: Who did it; the user himself by default.
        facts: What else matters, without secrets.
    """
    told = orjson.dumps(dict(facts or {})).decode()
    await connection.execute(_ADD, user_id, actor or f"user:{user_id}", act.value, subject, told)
