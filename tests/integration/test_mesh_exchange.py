"""A gateway told of a mailbox exchanges over MESH; whom the answer leaves out is in no snapshot."""

from pathlib import Path

import pytest

from gateway.jobs.opt_out_lists import receive_list, request_list
from gateway.vocabulary import Command
from infra.demo.stages import national_service
from tests.factories.refreshing import PEOPLE, settle_street
from workspaces.catalogue.errors import Invalid

pytestmark = pytest.mark.slow


def test_who_opted_out_is_in_no_snapshot(town, tmp_path: Path):
    street = settle_street(town, tmp_path)
    opted_out = tmp_path / "opted_out.csv"
    opted_out.write_text(f"nhs_number\n{PEOPLE[3]}\n")
    operator = town.actor("operator")
    with national_service(street.house, opted_out) as (house, answer):
        assert house.gateway.settings.mesh_url.startswith("http://127.0.0.1:")
        local_id = request_list(house, actor=operator)
        assert not list(house.outbox.glob(f"{local_id[:-9]}.*"))  # it went by another way
        with pytest.raises(Invalid) as why:
            receive_list(house, actor=operator, local_id=local_id)
        assert why.value.code == "opt_outs:no_answer_yet"
        assert answer() == (local_id,)
        list_id = receive_list(house, actor=operator, local_id=local_id)
    town.do("ig", Command.ACTIVATE_OPT_OUTS, list_id)
    assert street.inside(street.project()) == set(PEOPLE) - {PEOPLE[3]}


def test_a_request_that_found_the_way_closed_goes_out_later(town, tmp_path: Path):
    street = settle_street(town, tmp_path)
    opted_out = tmp_path / "opted_out.csv"
    opted_out.write_text("nhs_number\n")
    operator = town.actor("operator")
    local_id = request_list(street.house, actor=operator)  # no mailbox was set: it waits in the outbox
    with national_service(street.house, opted_out) as (house, answer):
        with pytest.raises(Invalid):
            receive_list(house, actor=operator, local_id=local_id)
        assert local_id in answer()
        assert receive_list(house, actor=operator, local_id=local_id)
