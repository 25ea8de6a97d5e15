"""What MESH asks of its clients, and what only a mailbox can do wrong; against the NHS's own sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from mesh_client import MeshClient

from infra.national.sandbox import Sandbox, sandbox
from infra.national.service import WORKFLOW
from tests.factories.carriers import OverMesh
from tests.factories.records import council_row, number
from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs import Collected

pytestmark = pytest.mark.slow
PEOPLE = [number(n) for n in range(1, 31)]
STRANGER = "X26STR01"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(["X26TRE01", STRANGER]) as found:
        yield found


@pytest.fixture
def way(tmp_path: Path, running: Sandbox) -> OverMesh:
    made = OverMesh(tmp_path, running, chunk_bytes=100)
    made.house.council([council_row(str(place), each) for place, each in enumerate(PEOPLE)])
    return made


def code_of(call, *arguments):
    with pytest.raises(Invalid) as why:
        call(*arguments)
    assert "password" not in str(why.value)
    return why.value.code


def test_a_request_goes_out_in_compressed_parts_with_its_own_subject_and_local_id(way):
    local_ids = {way.ask(), way.ask()}
    stored = way.stored()
    assert {each["metadata"]["local_id"] for each in stored} == local_ids
    assert {each["metadata"]["subject"] for each in stored} == local_ids
    assert {each["workflow_id"] for each in stored} == {WORKFLOW}
    assert {each["total_chunks"] for each in stored} == {4}  # 30 lines of 12 bytes in parts of 100
    assert {each["metadata"]["content_encoding"] for each in stored} == {"gzip"}
    parts = [(path.with_suffix("") / "1").read_bytes() for path in (each["path"] for each in stored)]
    assert all(part.startswith(b"\x1f\x8b") for part in parts)
    assert not list(way.house.exchange.outbox.iterdir())


def counted(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[tuple[str, tuple[str, ...]]]:
    """Calls of these methods of the client, as they are made."""
    calls: list[tuple[str, tuple[str, ...]]] = []
    for name in names:
        real = getattr(MeshClient, name)

        def told(self, *given, _name=name, _real=real, **named):
            calls.append((_name, given))
            return _real(self, *given, **named)

        monkeypatch.setattr(MeshClient, name, told)
    return calls


def test_hands_are_shaken_before_anything_leaves(way, monkeypatch):
    calls = counted(monkeypatch, "handshake", "send_message", "iterate_message_ids")
    way.ask()
    way.collect()
    assert [name for name, _ in calls] == ["handshake", "send_message", "handshake", "iterate_message_ids"]


@pytest.mark.parametrize("wrong", [{"password": "other"}, {"shared_key": "other"}])
def test_a_wrong_password_is_refused_and_nothing_was_sent(way, wrong):
    local_id = way.house.ask()
    refused = replace(way.carrier, **wrong)
    assert code_of(refused.send, way.house.exchange) == "opt_outs:mesh_refused"
    assert code_of(refused.collect, way.house.exchange) == "opt_outs:mesh_refused"
    assert way.stored() == []
    assert way.carrier.send(way.house.exchange) == (local_id,)


def test_a_service_that_is_down_loses_nothing(way):
    local_id = way.house.ask()
    nobody = replace(way.carrier, url="http://127.0.0.1:9")
    assert code_of(nobody.send, way.house.exchange) == "opt_outs:mesh_unreachable"
    assert way.carrier.send(way.house.exchange) == (local_id,)


def test_a_request_cut_off_while_it_was_sent_is_never_sent_again(way, monkeypatch):
    local_id = way.house.ask()
    real = MeshClient.send_chunk

    def cut(self, *given, chunk_num=1, **named):
        if chunk_num == 3:
            raise requests.ConnectionError
        return real(self, *given, chunk_num=chunk_num, **named)

    monkeypatch.setattr(MeshClient, "send_chunk", cut)
    assert code_of(way.carrier.send, way.house.exchange) == "opt_outs:mesh_unreachable"
    monkeypatch.undo()
    assert way.carrier.send(way.house.exchange) == ()
    assert way.serve() == ()
    assert code_of(way.house.read, local_id) == "opt_outs:sending_cut_off"
    newer = way.ask()
    assert way.serve() == (newer,)


def test_a_message_is_retrieved_once_and_acknowledged_also_after_a_kill_in_between(way, monkeypatch):
    local_id = way.ask()
    way.serve()
    retrieved = counted(monkeypatch, "retrieve_message")
    with monkeypatch.context() as patched:
        patched.setattr(MeshClient, "acknowledge_message", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            way.collect()
    assert way.collect() == Collected()
    (answer,) = way.stored(way.house.exchange.mailbox)
    assert answer["events"][0]["status"] == "acknowledged"
    assert retrieved == [("retrieve_message", (answer["message_id"],))]
    assert way.house.read(local_id).receipt.allowed == len(PEOPLE)


def test_an_undelivered_request_is_told_with_its_code(way):
    local_id = way.ask()
    way.report(local_id)
    assert way.collect() == Collected(undelivered=(local_id,))
    with pytest.raises(Invalid, match=r"code 14") as why:
        way.house.read(local_id)
    assert why.value.code == "opt_outs:undelivered"


def test_an_answer_of_somebody_else_is_dropped_unread(way):
    local_id = way.ask()
    way.deliver(local_id, "".join(f"{each},\n" for each in PEOPLE), sender=STRANGER)
    way.deliver("../../state", f"{PEOPLE[0]},\n")
    assert way.collect() == Collected(strange=2)
    assert code_of(way.house.read, local_id) == "opt_outs:no_answer_yet"
    assert not list(way.house.exchange.inbox.iterdir())


def test_messages_of_another_workflow_stay_where_they_are(way):
    local_id = way.ask()
    way.deliver(local_id, f"{PEOPLE[0]},\n", workflow_id="SPINE_OTHER")
    assert way.collect() == Collected()
    (other,) = way.stored(way.house.exchange.mailbox)
    assert other["events"][0]["status"] == "accepted"


def test_the_note_that_a_request_was_accepted_is_no_answer(way):
    local_id = way.ask()
    way.deliver(local_id, '{"dataset": "mesh_to_pos"}', subject="SUCCESS")
    assert way.collect() == Collected()
    assert code_of(way.house.read, local_id) == "opt_outs:no_answer_yet"
    way.serve()
    assert way.collect() == Collected(answered=(local_id,))


def test_an_answer_far_too_long_is_not_kept(way):
    local_id = way.ask()
    way.deliver(local_id, "".join(f"{each},\n" for each in PEOPLE))
    short = replace(way.carrier, most_bytes=100)
    assert code_of(short.collect, way.house.exchange) == "opt_outs:answer_malformed"
    assert not list(way.house.exchange.inbox.iterdir())
