"""Which sale conditions let a trade move the last price, the daily bar, the volume."""

import pytest

from simulator.conditions import moves


@pytest.mark.parametrize(
    ("conditions", "tape"),
    [
        ((" ",), "A"),
        ((" ", "F"), "B"),
        (("@",), "C"),
        (("@", "T"), "C"),
        (("@", "O"), "C"),
        ((" ", "6"), "A"),
        ((), ""),
    ],
)
def test_ordinary_and_extended_hours_trades_set_the_last_price(conditions: tuple[str, ...], tape: str) -> None:
    assert moves(conditions, tape).last


@pytest.mark.parametrize("letter", list("CHIMNPQRUVZ479"))
@pytest.mark.parametrize("tape", list("ABC"))
def test_the_other_letters_never_set_it_whatever_they_stand_with(letter: str, tape: str) -> None:
    regular = "@" if tape == "C" else " "
    assert not moves((regular, letter), tape).last
    assert not moves((regular, "F", letter), tape).last


def test_b_w_and_g_depend_on_the_tape() -> None:
    """Ensure that B is an average price on A and B, a bunched trade on C, where W is the average price."""
    assert not moves((" ", "B"), "A").last
    assert moves(("@", "B"), "C").last
    assert not moves(("@", "W"), "C").last
    assert not moves(("@", "G"), "C").last


def test_extended_hours_trades_count_but_do_not_move_the_daily_bar() -> None:
    moved = moves(("@", "T"), "C")
    assert (moved.minute_range, moved.daily_close, moved.daily_range, moved.volume) == (True, False, False, True)


def test_official_prints_move_nothing() -> None:
    assert not any(moves((" ", "M"), "A"))


def test_an_unknown_letter_moves_volume_only() -> None:
    moved = moves((" ", "?"), "A")
    assert moved.volume
    assert not any(moved[:-1])
