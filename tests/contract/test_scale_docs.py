"""docs/scale.md says what the model says, and the model agrees with what was measured."""

from itertools import pairwise
from math import isclose

from benchmarks import scale_model
from benchmarks.scale_model import Assumptions, costs, need, predicted_burst_ms, simulated_p99_ms


def test_the_page_is_the_models() -> None:
    """Ensure no number of the page was typed in by hand."""
    assert scale_model.PAGE.read_text() == scale_model.page(), "run: python -m benchmarks.scale_model"


def test_the_simulation_agrees_with_the_measured_burst() -> None:
    """Ensure that what the model is built on is right within a factor of three where it can be checked."""
    cost = costs()
    assert 1 / 3 < predicted_burst_ms(cost) / cost["burst_p99_ms"] < 3


def test_ten_times_the_users_need_ten_times_the_rows_and_never_less_of_anything() -> None:
    """Ensure the model grows as its parts do."""
    cost, given = costs(), Assumptions()
    needs = [need(10**power, cost, given) for power in scale_model.POWERS]
    for small, big in pairwise(needs[2:]):
        assert isclose(big.rows_a_second, 10 * small.rows_a_second)
        assert big.calculators >= small.calculators
        assert big.broadcasters >= small.broadcasters
        assert big.dollars_a_month > small.dollars_a_month


def test_more_work_makes_messages_older() -> None:
    """Ensure the simulation feels the cost of a row and the number of clients."""
    usual = simulated_p99_ms(100, 30, 10.0, 10.0, 20.0)
    assert simulated_p99_ms(100, 30, 10.0, 20.0, 20.0) > usual
    assert simulated_p99_ms(400, 30, 10.0, 10.0, 20.0) > usual
