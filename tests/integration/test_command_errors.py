"""A command that cannot do its work ends with a sentence that says why, and where to read on."""

import asyncio
import os
import re
import sys

import asyncpg

from realtime.embedded import EmbeddedPostgres


async def test_a_login_that_may_not_make_roles(postgres_server: EmbeddedPostgres) -> None:
    """Migrations make roles; Postgres answers, and the sentence must not say that it does not."""
    admin = await asyncpg.connect(postgres_server.url)
    await admin.execute("create role plain_login login")
    await admin.execute("create database plain_database owner plain_login")
    try:
        url = re.sub("//[^/]*/postgres", "//plain_login@/plain_database", postgres_server.url, count=1)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "realtime.cli", "migrate"),
            env=os.environ | {"NAVSTREAM_DATABASE_URL": url},
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    finally:
        await admin.execute("drop database plain_database with (force)")
        await admin.execute("drop role plain_login")
        await admin.close()
    assert process.returncode == 1
    assert "does not let this login do that" in said.decode()
    assert "docs/connecting.md#a-database-of-your-own" in said.decode()
