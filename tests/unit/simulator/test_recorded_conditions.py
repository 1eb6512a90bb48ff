"""A recording's condition bits as letters."""

import pytest

from simulator.conditions import moves
from simulator.recorded_conditions import sip_conditions


@pytest.mark.parametrize(
    ("mask", "tape", "letters"),
    [
        (0x1, "B", (" ",)),
        (0x1, "C", ("@",)),
        (0x20, "B", (" ", "F")),
        (0x20000020, "A", (" ", "F")),
        (0x2000, "B", (" ", "T")),
        (0x20002020, "B", (" ", "F", "T")),
        (0x20000040, "B", (" ", "O")),
        (0x80, "A", (" ", "6")),
        (0x1000000, "A", (" ", "M")),
        (0x4000000, "A", (" ", "Q")),
        (0x20100200, "A", (" ", "4", "B")),
        (0x100000, "C", ("@", "W")),
        (0x20000002, "A", ("C",)),
        (0x20000004, "A", ("N",)),
        (0x20002008, "A", ("R", "T")),
        (0x4800, "A", (" ", "L", "Z")),
        (0x6000, "A", (" ", "T", "U")),
        (0x2000000, "A", (" ", "P")),
        (0x40000, "B", (" ", "V")),
    ],
)
def test_each_bit_has_its_letter(mask: int, tape: str, letters: tuple[str, ...]) -> None:
    assert sip_conditions(mask, tape, 100) == letters


def test_fewer_than_a_hundred_shares_are_an_odd_lot() -> None:
    assert sip_conditions(0x1, "B", 99) == (" ", "I")


def test_a_suspicious_print_is_sent_but_sets_no_price() -> None:
    letters = sip_conditions(0x1, "B", 100, suspicious=True)
    assert letters == (" ", "H")
    assert not moves(letters, "B").last
    assert moves(letters, "B").volume
