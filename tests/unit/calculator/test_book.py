"""The book's sums equal those of plain rows, whatever was replaced, removed, added and compacted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from calculator.book import Base, Book, Entries, Still

COLUMNS = 6
PRICE = np.array([1.0, 10.0, 100.0, 0.0, 3.0, 7.0])
Row = dict[int, int]
rows = st.dictionaries(st.integers(0, COLUMNS - 1), st.integers(-9, 9), max_size=4)


def entries(row: Row) -> Entries:
    units = np.array(list(row.values()), np.float64)
    return Entries(np.array(list(row), np.int32), units, 2 * units)


def base(*content: Row) -> Base:
    return Base.of_rows([entries(row) for row in content], COLUMNS)


def worth(row: Row) -> float:
    return float(sum(PRICE[column] * units for column, units in row.items()))


def check(still: Still, model: dict[int, Row]) -> None:
    expected = [worth(model.get(row, {})) for row in range(still.rows_count)]
    assert still.market_values(PRICE).tolist() == expected
    assert still.cost_bases(PRICE).tolist() == [2 * value for value in expected]


@given(st.lists(rows, max_size=5), st.data())
def test_sums_equal_those_of_plain_rows(loaded: list[Row], data: st.DataObject) -> None:
    """Ensure any history of changes and compactions leaves exactly the newest rows."""
    book = Book(base(*loaded))
    model = dict(enumerate(loaded))
    for _ in range(data.draw(st.integers(0, 8))):
        match data.draw(st.sampled_from(["add", "replace", "remove", "compact"])):
            case "add":
                row = data.draw(rows)
                number = book.add_row(entries(row))
                assert number not in model
                model[number] = row
            case "replace" if model:
                number, row = data.draw(st.sampled_from(sorted(model))), data.draw(rows)
                book.replace_row(number, entries(row))
                model[number] = row
            case "remove" if model:
                number = data.draw(st.sampled_from(sorted(model)))
                book.remove_row(number)
                del model[number]
            case _:
                still = book.still(COLUMNS)
                if data.draw(st.booleans()):
                    model[number := book.add_row(entries({1: 5}))] = {1: 5}
                assert book.adopt(still.compacted(), still)
        check(book.still(COLUMNS), model)
    assert book.entries_count == sum(map(len, model.values()))


def test_a_change_during_compaction_is_kept() -> None:
    """Ensure a row that is replaced while a thread compacts is not set back."""
    book = Book(base({0: 1}, {1: 1}))
    book.replace_row(0, entries({2: 1}))
    still = book.still(COLUMNS)
    book.replace_row(0, entries({4: 1}))
    assert book.adopt(still.compacted(), still)
    check(book.still(COLUMNS), {0: {4: 1}, 1: {1: 1}})
    assert book.replaced_count == 1


def test_a_still_book_does_not_change() -> None:
    """Ensure a thread that values the book sees no change halfway."""
    book = Book(base({0: 1}))
    still = book.still(COLUMNS)
    book.replace_row(0, entries({1: 1}))
    check(still, {0: {0: 1}})


def test_a_compaction_of_another_base_is_refused() -> None:
    """Ensure a compaction that was overtaken by a newer base changes nothing."""
    book = Book(base({0: 1}))
    still = book.still(COLUMNS)
    assert book.adopt(still.compacted(), still)
    assert not book.adopt(still.compacted(), still)


def test_columns_that_came_after_the_base() -> None:
    """Ensure a base made when there were fewer instruments is multiplied by a longer price vector."""
    book = Book(Base.of_rows([entries({0: 1})], 1))
    book.add_row(entries({5: 2}))
    check(book.still(COLUMNS), {0: {0: 1}, 1: {5: 2}})


def test_memory_of_a_position() -> None:
    """Ensure a position takes at most 32 bytes, its share of the row's included."""
    full = Base.of_rows([entries(dict.fromkeys(range(30), 1)) for _ in range(50)], 30)
    assert full.nbytes / len(full.entries) <= 32
