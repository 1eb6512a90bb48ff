"""Primary keys: UUIDs of version 7, which sort by the time they were made (RFC 9562, section 5.7)."""

import secrets
from uuid import UUID

from realtime.clock import now_ns

_NS_PER_MS = 1_000_000


def new_key() -> UUID:
    """Return a new key: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = now_ns() // _NS_PER_MS
    version, variant = 0x7, 0b10
    high = (milliseconds & (1 << 48) - 1) << 80 | version << 76 | secrets.randbits(12) << 64
    return UUID(int=high | variant << 62 | secrets.randbits(62))
