"""What a view could do to people who are not the one that leaves: looked for on one world."""

from fractions import Fraction

from tests.factories.worlds import people


def harm(view, world, database):
    """What harm is seen, or None. Raises what the engine raises: a value that fails a query is harm as well."""
    whole = database.rows(view, world)
    if None in whole:
        return "a row of nobody"
    for name, column in view.columns.items():
        for value in (row[name] for row in whole.values()):
            if value is not None and column.grid and not column.grid.holds(Fraction(value) * column.grid.step):
                return "a number outside its ends"
    if database.rows(view, {name: rows[::-1] for name, rows in world.items()}) != whole:
        return "the order of storage shows"
    for leaver in people(world):
        left = {name: [row for row in rows if row["person_id"] != leaver] for name, rows in world.items()}
        if database.rows(view, left) != {who: row for who, row in whole.items() if who != leaver}:
            return "another person's row changes"
    numbers = people(world)
    turned = {None: None, **dict(zip(numbers, numbers[::-1], strict=True))}
    others = {name: [{**row, "person_id": turned[row["person_id"]]} for row in rows] for name, rows in world.items()}
    if {turned[who]: row for who, row in database.rows(view, others).items()} != whole:
        return "the dense number shows"
    return None
