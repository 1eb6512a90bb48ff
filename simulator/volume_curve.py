"""How busy the market is over a day (pure): U-shaped in regular hours, thin before and after."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simulator.clock import MINUTE_NS
from simulator.sessions import TradingDay

Floats = npt.NDArray[np.float64]

_FADE_MINUTES = 25.0
_PRE_START, _PRE_END = 0.015, 0.12
_POST_BASE, _POST_START, _POST_FADE_MINUTES = 0.02, 0.2, 15.0


def u_shape(minutes: int) -> Floats:
    """Return a regular session's activity by minute, mean 1: about three times as busy at the open as at noon."""
    at = np.arange(minutes) + 0.5
    shape = 0.75 + 1.6 * np.exp(-at / _FADE_MINUTES) + 1.1 * np.exp(-(minutes - at) / _FADE_MINUTES)
    result: Floats = shape / shape.mean()
    return result


@lru_cache(maxsize=16)
def activity(day: TradingDay) -> Floats:
    """Return the activity of each minute from pre-market open to post-market close; 1 is the regular mean."""
    pre = np.linspace(_PRE_START, _PRE_END, (day.open_ns - day.pre_open_ns) // MINUTE_NS)
    regular = u_shape((day.close_ns - day.open_ns) // MINUTE_NS)
    after = np.arange((day.post_close_ns - day.close_ns) // MINUTE_NS)
    post = _POST_BASE + _POST_START * np.exp(-after / _POST_FADE_MINUTES)
    by_minute = np.concatenate([pre, regular, post])
    by_minute.flags.writeable = False
    return by_minute
