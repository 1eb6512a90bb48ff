"""Rounding. Money is Decimal; published amounts are cents."""

from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
PCT = Decimal("0.0001")


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount to cents, half to even (IEEE 754 and bankers' rounding agree)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return `part` in percent of `whole` to 4 decimals (5.25 is 5.25 %); None when `whole` is not positive."""
    if whole <= 0:
        return None
    return (part * 100 / whole).quantize(PCT, rounding=ROUND_HALF_EVEN)
