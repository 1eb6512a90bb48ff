"""Announced corporate actions, as Alpaca's REST tells them (pure)."""

from collections.abc import Mapping

from simulator.wire import Fields

KINDS = (
    "forward_splits", "reverse_splits", "unit_splits", "stock_dividends", "cash_dividends", "spin_offs",
    "cash_mergers", "stock_mergers", "stock_and_cash_mergers", "redemptions", "name_changes", "worthless_removals",
    "rights_distributions",
)  # fmt: skip


class CorporateActions:
    """What has been announced so far; in memory, emptied on restart."""

    def __init__(self) -> None:
        self._announced: dict[str, list[Fields]] = {kind: [] for kind in KINDS}

    def announce(self, fields: Fields) -> Fields:
        """Take in an announcement: its kind, symbol, ex_date, and what the kind needs (new_rate, old_rate, rate).

        Raises:
            KeyError: It lacks one of the first three, or the kind is none of Alpaca's.
        """
        told = {name: value for name, value in fields.items() if name != "kind"}
        day = told["ex_date"]
        number = sum(map(len, self._announced.values())) + 1
        action = {"id": f"ca-{number}", "process_date": day, "record_date": day, "payable_date": day, **told}
        self._announced[fields["kind"]].append(action | {"symbol": told["symbol"]})
        return action

    def answer(self, query: Mapping[str, str]) -> Fields:
        """Return what is asked for; symbols, start and end narrow it down."""
        symbols = set(filter(None, query.get("symbols", "").split(",")))
        first, last = query.get("start", ""), query.get("end", "9999")
        return {
            "corporate_actions": {
                kind: [
                    action
                    for action in actions
                    if (not symbols or action["symbol"] in symbols) and first <= action["process_date"] <= last
                ]
                for kind, actions in self._announced.items()
            },
            "next_page_token": None,
        }
