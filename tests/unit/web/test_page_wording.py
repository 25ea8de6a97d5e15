"""Words of pages: numbers that people can read, names that may break, and never markup out of either."""

import pytest

from gateway.commands.texts import odd
from gateway.vocabulary import Command, ReleaseState, SnapshotState
from gateway.web import releases, snapshots, wording
from workspaces.catalogue.tables import TABLES


@pytest.mark.parametrize(
    ("e15", "said"),
    [
        (500_000_000, "1 in 2 million"),
        (2000, "1 in 500 thousand million"),
        (10**12, "1 in 1,000"),
        (333, "1 in 3 million million"),
        (0, "0"),
    ],
)
def test_delta_is_a_chance(e15: int, said: str) -> None:
    assert wording.delta(e15) == said


def test_a_name_breaks_after_underscores_and_stays_text() -> None:
    assert wording.breakable("<b>_x & y") == "&lt;b&gt;_<wbr>x &amp; y"


def test_organisations_reasons_and_sentences() -> None:
    assert wording.organisation("E09000007") == "Camden (E09000007)"
    assert wording.organisation("RRV") == "RRV"
    assert wording.organisation("RRV", "University College London Hospitals").endswith("Hospitals (RRV)")
    assert wording.reason("type_1_opt_out") == "Type 1 opt-out"
    assert wording.reason("future_date") == "future date"
    assert wording.sentence("wall clock and CPU time") == "Wall clock and CPU time"


def test_every_table_is_called_something_in_the_register() -> None:
    assert set(wording.RECORDS) == set(TABLES)


def test_stages_are_states() -> None:
    assert {*releases.STAGES, *releases.STAGE_OF} <= {state.value for state in ReleaseState}
    assert set(releases.STAGE_OF.values()) <= set(releases.STAGES)
    assert set(snapshots.STAGES) <= {state.value for state in SnapshotState}
    assert Command.REQUEST_SNAPSHOT in wording.COMMANDS


@pytest.mark.parametrize(
    ("text", "is_odd"), [("a\nb\tc\r\n", False), ("a\x00", True), ("\u202eb", True), ("é 🫀", False)]
)
def test_what_no_reader_sees_is_odd(text: str, is_odd: bool) -> None:
    assert odd(text) is is_odd
