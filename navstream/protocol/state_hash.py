"""The hash by which client and server find out whether they hold the same state. Pure.

It is the CRC-32 (ISO-HDLC, as in zip files) of the state's entries in the order of their keys: of each the key, then
the value, as MessagePack in its shortest form, with two rules that make every language write the same bytes: maps are
in the order of their keys, and every number is a float 64. So 5, 5.0 and 5.00 are the same, as they are to a program
that reads JSON. dashboard/client/src/hash.ts is the same in TypeScript; docs/asyncapi.yaml says it in words, and
tests/support/state_hashes.json holds both to the same answers.

A checksum, not a signature: it finds drift, it does not keep out forgers.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

import msgspec

_encode = msgspec.msgpack.Encoder(order="deterministic", decimal_format="number").encode


def state_hash(state: Mapping[str, Any]) -> str:
    """Return a state's hash, 8 hex digits; the order of keys does not matter."""
    crc = 0
    for key in sorted(state):
        crc = crc32(_encode(_canonical(state[key])), crc32(_encode(key), crc))
    return f"{crc:08x}"


def _canonical(value: Any) -> Any:
    """Return a value whose numbers are all encoded as floats: Decimals are in any case, integers are not."""
    match value:
        case dict():
            if not _has_integers(value.values()):  # a server's rows: twice as fast as making them anew
                return value
            return {key: _canonical(part) for key, part in value.items()}
        case list():
            return [_canonical(part) for part in value]
        case int() if type(value) is int:
            return float(value)
        case _:
            return value


def _has_integers(values: Iterable[Any]) -> bool:
    kinds = set(map(type, values))
    if int in kinds:
        return True
    if dict not in kinds and list not in kinds:
        return False
    return any(
        _has_integers(value.values() if type(value) is dict else value)
        for value in values
        if type(value) in (dict, list)
    )
