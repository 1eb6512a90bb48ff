"""The watched users' subjects: what a change of prices or holdings makes of them, as updates (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from calculator.marks import Marks, Moved
from calculator.parts import exact_arithmetic
from calculator.subjects import Subject, UserLines, subjects_of, user_lines
from realtime.contract.messages import ValueUpdate
from realtime.domain.account import AccountId, UserId
from realtime.store.holdings import UserHoldings


@dataclass(frozen=True, slots=True)
class _User:
    holdings: UserHoldings
    subject_ids: frozenset[AccountId | None]
    lines: UserLines
    subjects: list[Subject]


@dataclass(slots=True)
class _Due:
    """What of a subject has changed since it was valued: some columns, or everything."""

    columns: set[int] = field(default_factory=set)
    full: bool = False


class Watched:
    """A subject for each account and portfolio that somebody watches, found by what it holds.

    Due: each subject once, with what changed of it, so bounded by what is watched; the longest due comes first; a
    later change joins the earlier one and is valued with it.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._users: dict[UserId, _User] = {}
        self._due: dict[Subject, _Due] = {}
        self._holders: dict[int, dict[Subject, None]] = {}
        self._in_currency: dict[str, dict[Subject, None]] = {}

    @property
    def user_ids(self) -> frozenset[UserId]:
        return frozenset(self._users)

    @property
    def positions_count(self) -> int:
        return sum(len(subject.held) for user in self._users.values() for subject in user.subjects)

    def subject_ids(self, user_id: UserId) -> frozenset[AccountId | None]:
        """Return what of a user's is valued: accounts, and None for his portfolio."""
        user = self._users.get(user_id)
        return frozenset(subject.account_id for subject in user.subjects) if user else frozenset()

    def holdings(self, user_id: UserId) -> UserHoldings | None:
        """Return a user's holdings as put last."""
        user = self._users.get(user_id)
        return None if user is None else user.holdings

    def put_user(self, holdings: UserHoldings, subject_ids: frozenset[AccountId | None]) -> bool:
        """Take a user's holdings in the place of older ones; return False when they are what is known already.

        Args:
            holdings: All his accounts; all his instruments have a column.
            subject_ids: Which of them are valued, and whether (None) his portfolio is.
        """
        user = self._users.get(holdings.user_id)
        with exact_arithmetic():
            lines = user_lines(holdings, self._marks)
        if user is not None and (user.holdings, user.subject_ids, user.lines) == (holdings, subject_ids, lines):
            return False
        self.remove_user(holdings.user_id)
        with exact_arithmetic():
            subjects = subjects_of(holdings, lines, self._marks, subject_ids)
        self._users[holdings.user_id] = _User(holdings, subject_ids, lines, subjects)
        for subject in subjects:
            self._in_currency.setdefault(subject.currency, {})[subject] = None
            for column in subject.held:
                self._holders.setdefault(column, {})[subject] = None
        return True

    def roll(self, columns: Iterable[int] | None = None) -> list[UserId]:
        """Make the lines of users anew, as splits or the trading day have changed; return those of whom they differ.

        Args:
            columns: Of the instruments concerned; None means all.
        """
        concerned: Iterable[UserId] = self._users
        if columns is not None:
            concerned = {subject.user_id: None for column in columns for subject in self._holders.get(column, ())}
        users = [self._users[user_id] for user_id in concerned]
        return [user.holdings.user_id for user in users if self.put_user(user.holdings, user.subject_ids)]

    def remove_user(self, user_id: UserId) -> None:
        """Forget a user, if he is known."""
        user = self._users.pop(user_id, None)
        for subject in user.subjects if user else ():
            self._due.pop(subject, None)
            del self._in_currency[subject.currency][subject]
            for column in subject.held:
                del self._holders[column][subject]

    def note(self, moved: Moved, full: Iterable[UserId] = (), *, everybody: bool = False) -> None:
        """Take note of a change: what it touches is due.

        Args:
            moved: Marks and rates that are other than before.
            full: Users of whom every subject is due with all its positions.
            everybody: The figures of untouched subjects are due too: the market session is in all of them.
        """
        for subject, columns in self._touched(moved).items():
            self._due.setdefault(subject, _Due()).columns |= columns
        whole = [subject for user_id in full if user_id in self._users for subject in self._users[user_id].subjects]
        for currency in moved.currencies:
            whole += self._in_currency.get(currency, ())
        for subject in whole:
            self._due[subject] = _Due(set(subject.held), full=True)
        if everybody:
            for user in self._users.values():
                for subject in user.subjects:
                    self._due.setdefault(subject, _Due())

    @property
    def is_due(self) -> bool:
        """Whether anything has changed since it was valued."""
        return bool(self._due)

    def take_due(self, positions_max: int | None = None) -> list[ValueUpdate]:
        """Value what has been due longest, at the marks of now; return its new state.

        Args:
            positions_max: About where to stop; the rest stays due.
        """
        updates = []
        positions_count = 0
        with exact_arithmetic():
            while self._due and (positions_max is None or positions_count < positions_max):
                subject = next(iter(self._due))
                due = self._due.pop(subject)
                updates.append(self._update(subject, due.columns, full=due.full))
                positions_count += len(due.columns)
        return updates

    def value(self, moved: Moved, full: Iterable[UserId] = (), *, everybody: bool = False) -> list[ValueUpdate]:
        """Return the new state of everything that a change touches; see `note`."""
        self.note(moved, full, everybody=everybody)
        return self.take_due()

    def _touched(self, moved: Moved) -> dict[Subject, set[int]]:
        """Return the columns of each subject that have moved."""
        columns = moved.columns
        if moved.currencies:
            priced_in = {
                column
                for column, instrument in enumerate(self._marks.instruments)
                if instrument.currency in moved.currencies
            }
            columns = columns | priced_in
        touched: dict[Subject, set[int]] = {}
        for column in columns:
            for subject in self._holders.get(column, ()):
                if subject in touched:
                    touched[subject].add(column)
                else:
                    touched[subject] = {column}
        return touched

    def _update(self, subject: Subject, columns: Iterable[int], *, full: bool) -> ValueUpdate:
        instruments = self._marks.instruments
        positions, repriced = {}, {}
        for column in columns:
            is_repriced = subject.revalue(column)
            if subject.held[column].is_gone:
                continue
            if is_repriced and not full:
                repriced[instruments[column].id] = subject.repriced(column)
            else:
                positions[instruments[column].id] = subject.position(column)
        return ValueUpdate(subject.user_id, subject.account_id, subject.figures(), full, positions, repriced)
