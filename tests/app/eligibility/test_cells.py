"""What a small table shows: no number about a handful of people, and none that could be worked out."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.eligibility.cells import all_large, publishable

NUMBERS = st.integers(0, 5)


@st.composite
def tables(draw):
    """Up to four groups in up to two columns, no group of nobody; and a threshold."""
    columns = draw(st.sampled_from([("a",), ("a", "b")]))
    row = st.fixed_dictionaries(dict.fromkeys(columns, NUMBERS)).filter(lambda row: sum(row.values()))
    rows = draw(st.lists(row, min_size=1, max_size=4))
    return {f"g{number}": row for number, row in enumerate(rows)}, draw(st.integers(2, 4))


def totals(table):
    return {name: sum(row[name] for row in table.values()) for name in next(iter(table.values()))}


def explanations(table, shown):
    """Every table that reads the same: the same totals, what is shown as it is shown, no group of nobody."""
    columns = []
    for name, total in totals(table).items():
        known = [row[name] for row in shown.values()]
        free = total - sum(number for number in known if number is not None)
        places = known.count(None)
        filled = [numbers for numbers in product(range(free + 1), repeat=places) if sum(numbers) == free]
        columns.append([_put(known, numbers) for numbers in filled])
    for chosen in product(*columns):
        if all(sum(row) for row in zip(*chosen, strict=True)):
            yield chosen


def _put(known, numbers):
    rest = iter(numbers)
    return [next(rest) if number is None else number for number in known]


@given(tables())
def test_no_hidden_cell_can_be_worked_out_from_what_is_shown(given_table):
    table, smallest = given_table
    shown = publishable(table, smallest=smallest)
    if shown is None:
        return
    found = list(explanations(table, shown))
    for column, name in enumerate(totals(table)):
        for place, row in enumerate(shown.values()):
            if row[name] is None:
                assert len({chosen[column][place] for chosen in found}) > 1


@given(tables())
def test_what_is_shown_is_true_and_never_about_a_handful_of_people(given_table):
    table, smallest = given_table
    shown = publishable(table, smallest=smallest) or {}
    for group, row in shown.items():
        for name, number in row.items():
            assert number is None or (number == table[group][name] and not 0 < number < smallest)


@given(tables())
def test_what_is_hidden_together_is_no_handful_either_unless_it_is_everything(given_table):
    table, smallest = given_table
    shown = publishable(table, smallest=smallest) or {}
    for name in totals(table):
        hidden = [group for group, row in shown.items() if row[name] is None]
        together = sum(table[group][name] for group in hidden)
        assert not hidden or len(hidden) == len(table) or together >= smallest


@given(tables())
def test_a_table_of_large_numbers_is_shown_whole(given_table):
    table, smallest = given_table
    large = {group: {name: number * smallest for name, number in row.items()} for group, row in table.items()}
    assert publishable(large, smallest=smallest) == large
    assert all(all_large(row, smallest=smallest) for row in large.values())


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([3, 40, 50], [None, None, 50]),
        ([3, 4, 50], [None, None, 50]),
        ([2, 2, 50, 0], [None, None, None, 0]),
        ([3, 0], [None, None]),
        ([40, 50, 0], [40, 50, 0]),
    ],
)
def test_the_least_of_the_others_is_hidden_with_it(column, shown):
    table = {f"g{place}": {"n": number, "rest": 100} for place, number in enumerate(column)}
    found = publishable(table, smallest=5)
    assert [row["n"] for row in found.values()] == shown


@pytest.mark.parametrize("rows", [[(3, 0)], [(3, 20)], [(1, 0), (1, 0), (1, 0)]])
def test_a_table_whose_hidden_cells_could_be_worked_out_is_withheld(rows):
    table = {f"g{place}": dict(zip("ab", row, strict=True)) for place, row in enumerate(rows)}
    assert publishable(table, smallest=5) is None


def test_nobody_counted_is_an_empty_table():
    assert publishable({}, smallest=5) == {}
