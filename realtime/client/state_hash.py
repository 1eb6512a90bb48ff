"""The hash by which client and server find out whether they hold the same state. Pure.

It is the CRC-32 (ISO-HDLC, as in zip files) of the state's entries in the order of their keys: of each the key, then
the value, as MessagePack in its shortest form, with two rules that make every language write the same bytes: maps are
in the order of their keys, and every number is a float 64, zero without a sign. So 5, 5.0 and 5.00 are the same, as
they are to a program that reads JSON. dashboard/src/hash.ts is the same in TypeScript; docs/asyncapi.yaml says it in
words, and tests/support/state_hashes.json holds both to the same answers.

A checksum, not a signature: it finds drift, it does not keep out forgers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zlib import crc32

import msgspec

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_NUMBERS = frozenset({int, float, Decimal})


def state_hash(state: Mapping[str, Any]) -> str:
    """Return a state's hash, 8 hex digits; the order of keys does not matter."""
    crc = 0
    for key in sorted(state):
        crc = crc32(_encode(_canonical(state[key])), crc32(_encode(key), crc))
    return f"{crc:08x}"


def _canonical(value: Any) -> Any:
    kind = type(value)
    if kind in _NUMBERS:
        return float(value) + 0.0
    if kind is dict:
        return {
            key: float(part) + 0.0
            if type(part) in _NUMBERS
            else _canonical(part)
            if isinstance(part, dict | list)
            else part
            for key, part in value.items()
        }
    if kind is list:
        return [_canonical(part) for part in value]
    return value
