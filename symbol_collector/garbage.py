"""How often Python looks for cycles in this process."""

import gc

_YOUNG_MAX = 200_000
_GENERATIONS_EVERY = 20


def look_for_cycles_less_often() -> None:
    """Let bursts of messages pass without a search for cycles, which they never form: half as much intake again.

    What exists already (modules, SDK classes) is left out of all later searches.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_MAX, _GENERATIONS_EVERY, _GENERATIONS_EVERY)
