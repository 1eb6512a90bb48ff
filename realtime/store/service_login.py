"""The login of the services: it owns nothing, and sees nothing but in the roles that it may take."""

import hashlib
import hmac
import secrets
from base64 import b64encode
from urllib.parse import unquote, urlsplit

import asyncpg

from realtime.errors import Misconfigured

_ITERATIONS = 4096
_ROLES = ("navstream_nobody", "navstream_user", "navstream_linker", "navstream_stage", "navstream_sync")
_FOUND = """
select rolsuper or rolbypassrls or exists (
    select from pg_class where relowner = r.oid and relnamespace = 'public'::regnamespace)
from pg_roles r where rolname = $1
"""
_CREATE = "create role {name} login noinherit"
_GRANT = "grant {roles} to {name}"
_PASSWORD = "alter role {name} login noinherit password {password}"  # noqa: S105  # a statement


async def ensure_service_login(connection: asyncpg.Connection, url: str) -> None:
    """Make the login that a URL names, with its password, and let it take the services' roles.

    Only a verifier of the password is sent: statements end up in logs.

    Raises:
        Misconfigured: Row-level security does not bind this login.
    """
    address = urlsplit(url)
    login = unquote(address.username or "")
    is_unbound = await connection.fetchval(_FOUND, login)
    if not login or is_unbound:
        raise Misconfigured(
            ("NAVSTREAM_SERVICE_DATABASE_URL: its user must own no table and be no superuser, or rows are not guarded",)
        )
    name = await _quoted(connection, "%I", login)
    if is_unbound is None:
        await connection.execute(_CREATE.format(name=name))
    if address.password:
        verifier = await _quoted(connection, "%L", scram_verifier(unquote(address.password), secrets.token_bytes(16)))
        await connection.execute(_PASSWORD.format(name=name, password=verifier))
    await connection.execute(_GRANT.format(roles=", ".join(_ROLES), name=name))


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what Postgres stores of a password (RFC 5803; PostgreSQL's documentation, "pg_authid")."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    told = (b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ITERATIONS, *told)


async def _quoted(connection: asyncpg.Connection, form: str, text: str) -> str:
    quoted: str = await connection.fetchval("select format($1, $2::text)", form, text)
    return quoted
