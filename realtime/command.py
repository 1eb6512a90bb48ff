"""What the commands of the command line share: settings, a clean end, and whom a user's name means."""

import asyncio
import getpass
import os
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar
from uuid import UUID

import asyncpg
import typer
from redis.exceptions import RedisError

from navstream.errors import ClientError
from realtime.domain.account import UserId
from realtime.errors import BadRequest, Misconfigured, NavstreamError
from realtime.settings import Settings, load_settings
from realtime.store.pool import Role, open_pool

Result = TypeVar("Result")
UserOption = Annotated[str, typer.Option("--user", help="A user's id or name.")]


def settings_for(*stages: str) -> Settings:
    """Return the settings that these stages need; end with a sentence when they are not usable."""
    try:
        return load_settings(*stages)
    except Misconfigured as error:
        sys.exit(str(error))


def or_exit(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine; a named error or an unreachable server ends the command with a sentence."""
    try:
        return asyncio.run(work)
    except (NavstreamError, ClientError) as error:
        sys.exit(str(error))
    except BrokenPipeError:
        sys.exit(0)  # whoever read our output has seen enough
    except asyncpg.InsufficientPrivilegeError as error:
        sys.exit(f"Postgres does not let this login do that: {error}; see docs/connecting.md#a-database-of-your-own")
    except (OSError, asyncpg.PostgresError) as error:
        sys.exit(f"Postgres does not answer at NAVSTREAM_DATABASE_URL: {error}")
    except RedisError as error:
        sys.exit(f"Redis does not answer: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def operator() -> str:
    """Return who works at this command line, for the audit log."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user has no name
        return f"operator:{os.getuid()}"


async def find_user(settings: Settings, user: str) -> UserId:
    """Return the one user with this id or name.

    Raises:
        BadRequest: There is none, or several of that name.
    """
    async with open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool:
        ids = await pool.fetch("select id from users where id::text = $1 or name = $1", user)
    if len(ids) != 1:
        found = "no user" if not ids else f"{len(ids)} users"
        raise BadRequest("unknown_user", f"{found} with the id or name {user!r}")
    return UserId(str(UUID(str(ids[0]["id"]))))
