"""The audit log: sensitive acts, each with who did it to what; rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from realtime.domain.account import UserId
from realtime.store.pool import Connection, Pool

_ADD = "insert into audit_log (user_id, actor, act, subject, facts) values ($1, $2, $3, $4, $5::text::jsonb)"
_READ = """
select id, at, actor, act, subject, facts from audit_log
where user_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3
"""


class Act(StrEnum):
    LINK = "link"
    UNLINK = "unlink"
    REFRESH = "refresh"
    FORCE_SYNC = "force_sync"
    SIGN_IN = "sign_in"
    SET_FLAG = "set_flag"
    ROTATE_CREDENTIAL = "rotate_credential"
    ROTATE_KEYS = "rotate_keys"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act.

    Attributes:
        id: Newer entries have greater ones.
        actor: Who did it: `user:…`, `operator:…`, `sync` or `webhook`.
        subject: What it was done to, by its id.
    """

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    facts: dict[str, Any]


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


async def read_audit(
    connection: Connection | Pool, user_id: UserId, limit: int, before: int | None = None
) -> list[AuditEntry]:
    """Return the newest acts that concern a user, newest first; only those before an entry, if that is given."""
    rows = await connection.fetch(_READ, user_id, before, limit)
    return [AuditEntry(**{**row, "facts": orjson.loads(row["facts"])}) for row in rows]
