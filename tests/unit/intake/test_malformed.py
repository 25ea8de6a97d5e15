"""Every named malformed file: the delivery is refused or the row is counted, as the list says; no value is shown."""

import pytest

from infra.seeds.malformed import MALFORMED, NUMBER, OTHER, RIGHT
from tests.factories.records import House, source
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format


def loaded(tmp_path, form, write):
    """The report, or the refusal; in which case nothing is in the vault."""
    house, folder = House(tmp_path), tmp_path / "in"
    folder.mkdir()
    write(folder)
    try:
        return house.load(source(form, "RRV"), folder)
    except Invalid as why:
        assert house.vault.all() == ()
        assert not list(house.vault.loads.iterdir())
        return why


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_it_ends_as_the_list_says(tmp_path, case):
    found = loaded(tmp_path, case.format, case.write)
    told = str(found) if isinstance(found, Invalid) else repr((found.quarantined, found.unsupported, found.alarms))
    assert NUMBER not in told
    assert OTHER not in told
    if case.refused:
        assert isinstance(found, Invalid)
        assert found.code == case.outcome
    else:
        assert not isinstance(found, Invalid), str(found)
        assert found.quarantined.get(case.outcome, 0) > 0
        assert set(found.quarantined) <= {case.outcome, "unknown_person", "broken_line"}
        assert found.rows["person"] == 1


@pytest.mark.parametrize("form", list(Format))
def test_without_it_the_delivery_is_right(tmp_path, form):
    def write(folder):
        for name, content in RIGHT[form].items():
            (folder / name).write_bytes(content)

    found = loaded(tmp_path, form, write)
    assert (found.quarantined, found.rows["person"]) == ({}, 1)


def test_names_are_names():
    assert len({case.name for case in MALFORMED}) == len(MALFORMED)
