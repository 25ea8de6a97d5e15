"""Spans say which endpoint, command, task and kind of question; nothing planted anywhere comes out in one."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway import metrics, traces
from gateway.jobs import worker
from gateway.jobs.house import House
from gateway.models import Task
from gateway.rules.refusals import Refusal
from gateway.settings import Settings
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, TaskKind
from tests.factories.gateways import SECRET, Town, application
from tests.factories.sites import open_site

CANARY, NUMBER = "Zebedee-Quillfeather", "9990000018"


class Seen(InMemorySpanExporter):
    """What came out, once all of it was sent."""

    def spans(self) -> list[ReadableSpan]:
        assert traces._provider
        traces._provider.force_flush()
        return list(self.get_finished_spans())

    def told(self) -> str:
        return "\n".join(span.to_json() for span in self.spans())

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [dict(span.attributes or {}) for span in self.spans() if span.name == kind]


@pytest.fixture
def seen() -> Iterator[Seen]:
    yield Seen()
    traces.end()


def tracing(seen: Seen, town: Town) -> Town:
    traces.begin_with(seen, town.gateway.unit.engine)
    return town


def test_nothing_is_traced_unless_it_is_asked_for(town: Town) -> None:
    with traces.span(traces.Kind.COMMAND, command="X"):
        traces.tell(status=200)
        assert traces._open.get() is None
    assert town.gateway.settings.traces == ""
    traces.begin("", town.gateway.unit.engine)
    assert traces._provider is None


def test_an_exporter_that_is_not_installed_is_refused_at_the_start(tmp_path: Path) -> None:
    assert Settings(folder=tmp_path, secret_key=SECRET, traces="console").traces == "console"
    with pytest.raises(ValidationError, match="TRE_TRACES"):
        Settings(folder=tmp_path, secret_key=SECRET, traces="of_nobody")


def test_a_command_has_its_questions_below_it_and_a_refusal_its_code(seen: Seen, town: Town) -> None:
    tracing(seen, town).do("lead", Command.DRAFT_PROJECT, town.pool_id, application(title=CANARY, lay_summary=NUMBER))
    with pytest.raises(Refusal):
        town.do("auditor", Command.DRAFT_PROJECT, town.pool_id, application(title=CANARY))
    done, refused = seen.of("command")
    assert done == {"command": "DRAFT_PROJECT"}
    assert refused == {"command": "DRAFT_PROJECT", "error": "Refusal", "code": "command:not_your_role"}
    above = {span.context.span_id for span in seen.spans() if span.name == "command"}
    questions = [span for span in seen.spans() if span.name == "query"]
    assert {span.parent.span_id for span in questions} == above
    assert {"SELECT", "INSERT"} <= {each["operation"] for each in seen.of("query")}
    for planted in (CANARY, NUMBER, town.pool_id, town.people["lead"], "example.org"):
        assert planted not in seen.told()


def test_pages_are_told_by_endpoint_and_nothing_of_an_address_or_header_comes_out(seen: Seen, tmp_path: Path) -> None:
    site = open_site(tmp_path)
    tracing(seen, site.town)
    client, theirs = site.client("lead"), "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{theirs}-b7ad6b7169203331-01", "baggage": f"nhs={NUMBER}", "User-Agent": CANARY}
    for path in ("/tasks", f"/projects/prj-{NUMBER}?name={CANARY}", f"/nowhere/{NUMBER}", f"/{CANARY}"):
        client.get(path, headers=headers)
    client.open("/register", method=CANARY.upper())
    client.post("/projects/new", data={"title": CANARY, "lay_summary": NUMBER}, headers=headers)
    requests = seen.of("request")
    assert requests[0] == {"endpoint": "home.tasks", "method": "GET", "status": 200}
    assert [each["status"] for each in requests][1:4] == [404, 404, 404]
    assert requests[4]["method"] == "other"
    assert Counter(span.name for span in seen.spans())["query"] > 5
    told = seen.told() + json.dumps([span.context.trace_id for span in seen.spans()])
    for planted in (CANARY, CANARY.upper(), NUMBER, theirs, str(int(theirs, 16)), site.town.people["lead"], "session"):
        assert planted not in told
    site.town.gateway.unit.dispose()


def test_a_question_that_fails_is_told_by_its_type(seen: Seen, town: Town) -> None:
    tracing(seen, town)
    with (
        pytest.raises(SQLAlchemyError),
        traces.span(traces.Kind.COMMAND, command="X"),
        town.gateway.unit.engine.connect() as connection,
    ):
        connection.execute(text(f"SELECT '{CANARY}' FROM nowhere WHERE x = '{NUMBER}'"))  # noqa: S608
    (failed,) = seen.of("query")
    assert failed["operation"] == "SELECT"
    assert failed["error"]
    assert CANARY not in seen.told()
    assert NUMBER not in seen.told()


@pytest.mark.parametrize("kind", list(TaskKind))
def test_of_draws_and_runs_nothing_comes_out_not_even_beside_them(
    seen: Seen, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: TaskKind
) -> None:
    house = House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))

    def works(*_: object) -> None:
        town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application())
        beat = threading.Thread(target=lambda: town.read(lambda work: work.all(Task)))  # as the lease is renewed
        beat.start()
        beat.join()

    monkeypatch.setitem(worker._WORK, kind, works)
    with town.gateway.unit.writing() as work:
        work.add(Task(kind=kind, subject_id=town.pool_id, due_at=town.clock()))
    tracing(seen, town)
    assert worker.run_once(house)
    told = Counter(span.name for span in seen.spans())
    assert (not told) == (kind in metrics.QUIET)
    if told:
        assert seen.of("task") == [{"task": kind.value, "outcome": "done"}]
        assert told["command"] == 1


@given(st.dictionaries(st.text(), st.text() | st.integers()), st.text())
def test_only_listed_keys_and_words_of_ours_pass_the_wall(told: dict[str, Any], value: str) -> None:
    passed = traces._listed(told | dict.fromkeys(("code", "method", "operation"), value))
    assert set(passed) <= traces.KEYS
    assert passed.get("method", "other") in traces.CLOSED["method"] | {"other"}
    assert not any(sign.isdigit() for each in passed.values() if isinstance(each, str) for sign in each)
    assert all(len(each) <= 64 for each in passed.values() if isinstance(each, str))
