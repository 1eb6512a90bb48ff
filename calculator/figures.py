"""Figures of many subjects at once: from floats, and exactly where a float is too close to a rounding tie (pure).

Call `figures` within `exact_arithmetic()`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from calculator import measures
from calculator.book import Selection
from calculator.cents import CENT_PLACES, RATIO_PLACES, decimals, rounded
from calculator.exact import exact_figures
from calculator.marks import NEVER_US, Marks
from calculator.measures import Bools, Counts, Figure, Lines
from calculator.subjects import Subject
from realtime.domain.value import Figures

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_CENT_FIGURES = (
    measures.market_value,
    measures.cash,
    measures.total_value,
    measures.cost_basis,
    measures.unrealized_gain,
    measures.day_change,
    measures.estimated_value,
)
_RATIO_FIGURES = (measures.unrealized_gain_pct, measures.day_change_pct, measures.live_coverage)
_COUNT_FIGURES = (measures.stale_count, measures.unpriced_count, measures.uncosted_count, measures.positions_count)


def figures(subjects: Sequence[Subject], selection: Selection, marks: Marks) -> list[Figures]:
    """Return the published figures of these subjects, whose rows were selected, to the cent."""
    codes = np.array([marks.rates.code(subject.currency) for subject in subjects], np.int32)
    lines = Lines(selection, marks, codes)
    in_doubt = np.zeros(len(subjects), np.bool_)
    columns: dict[str, Sequence[object]] = {}
    for measure in _CENT_FIGURES:
        columns[measure.__name__] = _published(measure(lines), CENT_PLACES, in_doubt)
    for measure in _RATIO_FIGURES:
        columns[measure.__name__] = _published(measure(lines), RATIO_PLACES, in_doubt)
    for count in _COUNT_FIGURES:
        columns[count.__name__] = count(lines).tolist()
    columns[measures.stale_since.__name__] = _times(measures.stale_since(lines))
    columns["currency"] = [subject.currency for subject in subjects]
    columns["session"] = [str(marks.moment.session)] * len(subjects)
    columns["holdings_as_of"] = [subject.as_of for subject in subjects]
    rows = zip(*(columns[name] for name in Figures.__slots__), strict=True)
    values = [Figures(*row) for row in rows]
    for place in np.flatnonzero(in_doubt).tolist():
        values[place] = exact_figures(values[place], subjects[place], marks)
    return values


def _published(figure: Figure, places: int, in_doubt: Bools) -> list[Decimal | None]:
    units, certain = rounded(figure.amount, figure.error, places)
    in_doubt |= ~certain
    published = decimals(np.where(certain & figure.known, units, 0.0), places)
    return [amount if known else None for amount, known in zip(published, figure.known.tolist(), strict=True)]


def _times(times_us: Counts) -> list[datetime | None]:
    return [None if time == NEVER_US else _EPOCH + timedelta(microseconds=time) for time in times_us.tolist()]
