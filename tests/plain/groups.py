"""People by the values of their keys."""


def groups_of(people, asked):
    """People by the values of the keys; the groups present only. A cell that nobody is in is not here."""
    groups = {}
    if not asked.get("by"):
        groups[()] = []
    for person in people:
        groups.setdefault(tuple(person[name] for name in asked.get("by", ())), []).append(person)
    return groups
