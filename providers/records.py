"""One record at a time: decode it, or say why it cannot be decoded (pure)."""

from decimal import Decimal
from typing import TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)


def decoded(record: msgspec.Raw | dict[str, object], kind: type[Record]) -> Record | str:
    """Return the record as the given kind, or the reason why it is none.

    `NaN` and infinities, which a decimal string may carry, are reasons too.
    """
    try:
        if isinstance(record, msgspec.Raw):
            read = msgspec.json.decode(record, type=kind)
        else:
            read = msgspec.convert(record, type=kind)
    except msgspec.ValidationError as error:
        return str(error)
    for name in read.__struct_fields__:
        amount = getattr(read, name)
        if isinstance(amount, Decimal) and not amount.is_finite():
            return f"{name} is not a number"
    return read
