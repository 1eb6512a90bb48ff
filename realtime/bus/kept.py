"""What was read from Postgres for a user, kept in Redis until it changes or a time has passed.

An entry is valid only while the edition under which it was read is the newest: forgetting raises the edition, so that a
reader who was slow cannot put back what has changed meanwhile.
"""

import asyncio
from typing import NamedTuple, cast

from realtime.bus.client import Bus
from realtime.contract.names import kept_edition, kept_edition_of_everybody, kept_portfolio
from realtime.domain.account import UserId
from realtime.domain.partition import partition_of

_EDITION_FOR_S = 86_400
"""Longer than any entry lives."""


class Kept(NamedTuple):
    """What is kept of a user.

    Attributes:
        edition: To be given back with what is read now.
        data: None when nothing valid is kept.
    """

    edition: bytes
    data: bytes | None


async def read_kept(bus: Bus, user_id: UserId) -> Kept:
    """Return what is kept of a user."""
    partition = partition_of(user_id)
    found, everybody = await asyncio.gather(
        bus.mget(kept_edition(partition, user_id), kept_portfolio(partition, user_id)),
        bus.get(kept_edition_of_everybody()),
    )
    own, entry = cast("list[bytes | None]", found)
    edition = b"%b.%b" % (cast("bytes | None", everybody) or b"", own or b"")
    known, _, data = (entry or b"").partition(b"\n")
    return Kept(edition, data if known == edition else None)


async def keep(bus: Bus, user_id: UserId, edition: bytes, data: bytes, for_s: int) -> None:
    """Keep what was read after `read_kept` gave this edition."""
    await bus.set(kept_portfolio(partition_of(user_id), user_id), b"%b\n%b" % (edition, data), ex=for_s)


async def forget_kept(bus: Bus, user_id: UserId | None) -> None:
    """Let nobody read what is kept of a user any more; of everybody, when none is given."""
    key = kept_edition_of_everybody() if user_id is None else kept_edition(partition_of(user_id), user_id)
    await bus.incr(key)
    await bus.expire(key, _EDITION_FOR_S)
