"""A recording's condition bits as the letters of the consolidated tapes (pure).

Source of the bits: `TradeConditionFlags` of the LEAN project, which published the recording. One letter a bit; two
bits have no letter of their own: an exemption from the order protection rule, and one that LEAN calls undocumented.
"""

from functools import lru_cache

from simulator.conditions import CTA_TAPES, EXTENDED_HOURS, ODD_LOT, REGULAR, ROUND_LOT

PRICE_VARIATION = "H"

_SETTLEMENT = {1: "C", 2: "N", 3: "R"}
"""Cash, next day, seller's option: stand where a regular sale has its own letter."""

_LETTERS = {
    4: "Y",  # yellow flag
    5: "F",  # intermarket sweep
    6: "O",  # opening print
    7: "6",  # closing print
    8: "5",  # reopening print
    9: "4",  # derivatively priced
    10: EXTENDED_HOURS,  # form T
    11: "L",  # sold last
    12: "1",  # stopped stock
    13: EXTENDED_HOURS,
    15: "S",  # split trade
    16: "A",  # acquisition
    17: "B",  # bunched, on UTP
    18: "V",  # stock-option trade: contingent
    19: "D",  # distribution
    21: "X",  # cross
    22: PRICE_VARIATION,
    23: "K",  # rule 155
    24: "M",  # official close
    25: "P",  # prior reference price
    26: "Q",  # official open
    28: "E",  # automatic execution
    31: ODD_LOT,
}
_OUT_OF_SEQUENCE, _AVERAGE_PRICE = 14, 20
_EXTENDED_BITS = (1 << 10) | (1 << 13)


@lru_cache(maxsize=4096)
def sip_conditions(mask: int, tape: str, size: int, *, suspicious: bool = False) -> tuple[str, ...]:
    """Return a recorded trade's letters.

    Fewer than 100 shares are an odd lot even where the bit is missing: until December 2013 the tapes did not carry
    odd lots, so older recordings have no such prints. A print that the publisher marked as suspicious is sent as a
    price variation: it happened and counts in volume, but must not set a price.
    """
    settlement = next((letter for bit, letter in _SETTLEMENT.items() if mask & (1 << bit)), REGULAR.get(tape, " "))
    letters = [letter for bit, letter in _LETTERS.items() if mask & (1 << bit)]
    if mask & (1 << _OUT_OF_SEQUENCE):
        letters.append("U" if mask & _EXTENDED_BITS else "Z")
    if mask & (1 << _AVERAGE_PRICE):
        letters.append("B" if tape in CTA_TAPES else "W")
    if size < ROUND_LOT:
        letters.append(ODD_LOT)
    if suspicious:
        letters.append(PRICE_VARIATION)
    return (settlement, *dict.fromkeys(letters))
