"""Postgres and Redis: do they answer, are they new enough, do they hold what they should?"""

from urllib.parse import urlsplit

from doctor.finding import Finding, error, note, ok, refused, warning
from realtime.bus.inspection import BusFacts, inspect_bus
from realtime.crypto import CredentialCipher
from realtime.errors import Misconfigured, NavstreamError
from realtime.settings import Settings
from realtime.store.inspection import DatabaseFacts, inspect_database

_POSTGRES_MIN = 15
"""The views' `security_invoker` came with it."""
_REDIS_MIN = (7, 0)
"""Sharded Pub/Sub came with it."""
_SLOW_MS = 20.0


async def database(settings: Settings) -> tuple[list[Finding], DatabaseFacts | None]:
    """Look at Postgres; the facts are None when it cannot be used."""
    try:
        facts = await inspect_database(settings.database_address)
    except NavstreamError as raised:
        do = (
            f"start Postgres at {place(settings.database_address)}, or correct NAVSTREAM_DATABASE_URL; "
            "user, password and database must exist there: docs/connecting.md#a-database-of-your-own"
        )
        return [refused("postgres", raised, do)], None
    return database_findings(facts), facts


def database_findings(facts: DatabaseFacts) -> list[Finding]:
    """Judge what is known of a database."""
    found = [_version("postgres", f"Postgres {facts.version}", facts.major >= _POSTGRES_MIN, f"{_POSTGRES_MIN}")]
    found += _slow("postgres", "Postgres", facts.answer_ms)
    return [*found, _migrations(facts)]


async def bus(settings: Settings) -> tuple[list[Finding], BusFacts | None]:
    """Look at Redis or Valkey; the facts are None when it cannot be used."""
    try:
        facts = await inspect_bus(settings.redis_address)
    except NavstreamError as raised:
        do = f"start Redis or Valkey at {place(settings.redis_address)}, or correct NAVSTREAM_REDIS_URL"
        return [refused("redis", raised, do)], None
    return bus_findings(facts), facts


def bus_findings(facts: BusFacts) -> list[Finding]:
    """Judge what is known of a Redis."""
    least = ".".join(map(str, _REDIS_MIN))
    found = [_version("redis", f"{facts.name} {facts.version}", facts.compatible >= _REDIS_MIN, least)]
    found += _slow("redis", "Redis", facts.answer_ms)
    if facts.eviction not in {"noeviction", "unknown"}:
        found.append(
            error(
                "redis",
                f"when it is full Redis throws keys away ({facts.eviction}): prices and values would vanish unseen",
                "set maxmemory-policy to noeviction: CONFIG SET maxmemory-policy noeviction, and in its configuration",
            )
        )
    return found


def encryption(settings: Settings, facts: DatabaseFacts | None) -> list[Finding]:
    """Find out whether the keys decrypt what is stored; nothing to say while there is no key or no database."""
    if facts is None or not settings.encryption_keys:
        return []
    try:
        cipher = CredentialCipher(settings.encryption_keys)
        unreadable = sum(not _decrypts(cipher, credential) for credential in facts.credentials)
    except ValueError:
        return []  # a malformed key, which the settings' own finding names
    if unreadable:
        return [
            error(
                "encryption",
                f"{unreadable} of {len(facts.credentials)} stored credentials cannot be decrypted",
                "put the key that encrypted them back into NAVSTREAM_ENCRYPTION_KEYS, behind the current one; "
                "without it those users have to connect again",
            )
        ]
    return [ok("encryption", f"the keys decrypt what is stored ({len(facts.credentials)} credentials looked at)")]


def _decrypts(cipher: CredentialCipher, credential: bytes) -> bool:
    try:
        cipher.decrypt(credential)
    except Misconfigured:
        return False
    return True


def place(url: str) -> str:
    """Return where a URL leads, without user and password; of a Unix socket its folder."""
    _, _, hosts = urlsplit(url).netloc.rpartition("@")
    _, _, folder = urlsplit(url).query.partition("host=")
    return hosts or folder or "this machine"


def _version(check: str, named: str, is_enough: bool, least: str) -> Finding:
    if is_enough:
        return ok(check, f"{named} answers")
    return error(check, f"{named} is too old", f"install {least} or later; compose.yaml has versions that are tested")


def _slow(check: str, name: str, answer_ms: float) -> list[Finding]:
    if answer_ms < _SLOW_MS:
        return []
    return [
        warning(
            check,
            f"{name} takes {answer_ms:.0f} ms to answer the simplest question; values will be late by several of these",
            "run it in the same network as the stages, or find out what keeps it busy",
        )
    ]


def _migrations(facts: DatabaseFacts) -> Finding:
    if not facts.unapplied:
        return ok("migrations", "the schema is up to date")
    if facts.is_empty:
        return note("migrations", "the database is empty", "navstream up makes the tables; so does navstream migrate")
    names = ", ".join(facts.unapplied)
    return error("migrations", f"the schema lacks {names}", "run: navstream migrate (navstream up does it, too)")
