"""Migrations forward and back, whole or not at all, on the database of the run; one head; the models' tables."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlmodel import SQLModel

from gateway.models import AuditEvent, LedgerEntry, Vote
from gateway.models.person import mailbox_of
from gateway.store import audit_chain, migrate
from gateway.store.migrate import configuration, downgrade, upgrade
from gateway.store.unit_of_work import open_database
from gateway.vocabulary import Command
from tests.factories.databases import empty_database, kind
from tests.factories.gateways import approved_project, cleared_snapshot, submitted_release


@pytest.fixture
def engine(tmp_path):
    made = open_database(empty_database(tmp_path))
    yield made
    made.dispose()


def address_of(engine):
    return engine.url.render_as_string(hide_password=False)


def revisions(engine):
    with engine.connect() as connection:
        return ScriptDirectory.from_config(configuration(connection))


def test_there_is_one_head(engine):
    assert len(revisions(engine).get_heads()) == 1


def test_every_step_forward_and_back_leaves_what_was_there(engine):
    address = address_of(engine)
    steps = [revision.revision for revision in reversed(list(revisions(engine).walk_revisions()))]
    seen = [tables(engine)]
    for revision in steps:
        upgrade(address, revision)
        seen.append(tables(engine))
    for revision, before in zip(reversed(["base", *steps[:-1]]), reversed(seen[:-1]), strict=True):
        downgrade(address, revision)
        assert tables(engine) == before, revision
    upgrade(address)
    assert tables(engine) == seen[-1]


def tables(engine):
    found = inspect(engine)
    return {
        name: sorted((column["name"], str(column["type"])) for column in found.get_columns(name))
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def test_the_tables_are_those_of_the_models(engine):
    upgrade(address_of(engine))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_constraints_are_those_of_the_models_also_after_going_back(engine):
    """A table that is made anew to be changed loses what nobody names: budgets would be held by the code alone."""
    upgrade(address_of(engine))
    upgraded, triggers = checks(engine), guards(engine)
    named = {
        table.name: {each.name for each in table.constraints if isinstance(each, CheckConstraint)}
        for table in SQLModel.metadata.tables.values()
    }
    assert upgraded == {table: found for table, found in named.items() if found}
    assert len(triggers) >= 4
    downgrade(address_of(engine), "0001")
    upgrade(address_of(engine))
    assert (checks(engine), guards(engine)) == (upgraded, triggers)


def checks(engine):
    found = inspect(engine)
    held = {name: {row["name"] for row in found.get_check_constraints(name)} for name in tables(engine)}
    return {name: names for name, names in held.items() if names}


def guards(engine):
    kinds = {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'"}
    told = kinds.get(engine.dialect.name, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    with engine.connect() as connection:
        return set(connection.execute(text(told)).scalars())


def test_a_migration_waits_for_no_reader_for_ever(engine, monkeypatch):
    """Behind one that looks for long every other reader and writer would wait as well."""
    monkeypatch.setattr(migrate, "LOCK_MILLISECONDS", 300)
    upgrade(address_of(engine), "0007")
    before = tables(engine)
    with engine.connect() as reader:
        if kind() == "sqlite":
            reader.exec_driver_sql("BEGIN")
        reader.execute(text("SELECT count(*) FROM snapshot")).all()
        if kind() == "sqlite":  # it reads what was there when it began, and stands in nobody's way
            upgrade(address_of(engine))
            assert reader.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0007"
            return
        with pytest.raises(OperationalError, match="lock timeout"):
            upgrade(address_of(engine))
        assert tables(engine) == before
    upgrade(address_of(engine))


def test_a_migration_that_fails_changes_nothing(engine):
    upgrade(address_of(engine))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'unheard-of'"))
    before = tables(engine)
    with pytest.raises(Exception, match="unheard-of"):
        upgrade(address_of(engine))
    assert tables(engine) == before


def test_rows_of_the_log_the_ledger_and_votes_cannot_be_changed(town):
    project = approved_project(town)
    cleared_snapshot(town, project)
    release = submitted_release(town, project)
    town.do("checker1", Command.CLEAR_PLAN, release, {"reason": "fine"})
    town.do("system", Command.RESERVE_BUDGET, release)
    tries = ("UPDATE {0} SET id = id", "DELETE FROM {0}", "INSERT OR REPLACE INTO {0} SELECT * FROM {0}")
    for table in ("audit_event", "ledger_entry", "vote", "review"):
        for attempt in tries[: 3 if kind() == "sqlite" else 2]:
            key = "seq" if table == "audit_event" else "id"
            statement = text(attempt.format(table).replace("id = id", f"{key} = {key}"))
            with pytest.raises(DatabaseError, match="append-only"), town.gateway.unit.engine.begin() as connection:
                connection.execute(statement)
    with town.gateway.unit.reading() as work:
        assert all(work.all(each) for each in (AuditEvent, LedgerEntry, Vote))


def test_accounts_from_before_have_their_mailboxes(engine):
    upgrade(address_of(engine), "0006")
    row = "INSERT INTO person VALUES (:id, 'i', :id, 'n', :email, '', 'ACTIVE', '2026-07-01 00:00:00')"
    with engine.begin() as connection:
        for key, email in (("a", "Anna.Smith+x@NHS.net"), ("b", "anna.smith@nhs.net"), ("c", "none")):
            connection.execute(text(row), {"id": key, "email": email})
    upgrade(address_of(engine))
    with engine.connect() as connection:
        found = dict(connection.execute(text("SELECT id, mailbox FROM person")).all())
    assert found == {"a": "anna.smith@nhs.net", "b": "anna.smith@nhs.net", "c": ""}
    assert found == {key: mailbox_of(email) for key, email in _addresses(engine).items()}
    downgrade(address_of(engine), "0006")
    assert len(_addresses(engine)) == 3


def _addresses(engine):
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT id, email FROM person")).all())


def test_a_log_goes_on_after_a_migration(town):
    address = address_of(town.gateway.unit.engine)
    upgrade(address)
    project = approved_project(town)
    with town.gateway.unit.reading() as work:
        assert audit_chain.last(work).subject_id == project
