"""From binary floats to published decimals: a float is rounded only where its error cannot change the result (pure)."""

from decimal import Decimal

import numpy as np
import numpy.typing as npt

CENT_PLACES = 2
RATIO_PLACES = 4

_EPSILON = 2.0**-52
_LARGEST = 2.0**52


def rounded(
    amounts: npt.NDArray[np.float64], error: npt.NDArray[np.float64], places: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Round amounts to a number of decimal places.

    Args:
        amounts: Floats, each within `error` of an exact value; shape (rows,).
        error: Not negative; infinite where nothing is known.
        places: Decimal places to keep.

    Returns:
        The rounded values in units of the last place, and whether each is certain to be that of the exact value
        under half-even rounding; one closer to a tie than its error is not, so no tie ever is.
    """
    scale = 10.0**places
    scaled = amounts * scale
    nearest = np.rint(scaled)
    from_tie = 0.5 - np.abs(scaled - nearest)
    certain = (from_tie > error * scale + np.abs(scaled) * _EPSILON) & (np.abs(scaled) < _LARGEST)
    return nearest, certain


def decimals(units: npt.NDArray[np.float64], places: int) -> list[Decimal]:
    """Return whole numbers of the last decimal place as decimals: 12345 at two places is 123.45."""
    return [Decimal(unit).scaleb(-places) for unit in units.astype(np.int64).tolist()]
