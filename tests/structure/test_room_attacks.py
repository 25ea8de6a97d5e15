"""The list of attacks on rooms is the one that is tried."""

from tests.contract.test_room_isolation import ABLATIONS
from tests.factories.attack_list import PAGE, names, page


def test_the_committed_list_is_the_one_that_is_tried() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.factories.attack_list"


def test_there_are_many_kinds_and_each_ablation_names_one() -> None:
    assert len(names()) == len(set(names())) >= 60
    assert set().union(*ABLATIONS.values()) <= set(names())
