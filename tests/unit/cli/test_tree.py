"""The tree of commands: all there, each explained with an example that its own parser takes."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli.main import main
from gateway.commands.addresses import ELSEWHERE, addresses
from gateway.vocabulary import Command
from tests.factories.command_lines import tre

# What the journey needs of the house's commands; `backup` and the like come with their own issues.
JOURNEY = """serve, migrate, work, doctor, demo, seeds, register, me, check
intake load, intake status, opt-outs exchange, opt-outs import, snapshots build, snapshots contains
people appoint, pools open
releases draft, releases price, releases submit, releases status, releases download, releases verify
audit export, audit verify, audit checkpoints, audit prove, audit verify-proof"""


def leaves(group: click.Group, ctx: click.Context, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, click.Context(command, info_name=name, parent=ctx), (*path, name))
        else:
            yield (*path, name)


LEAVES = sorted(leaves(main, click.Context(main)))
OURS = [path for path in LEAVES if path[0] not in ("demo", "seeds")]


def parsed(line: list[str]) -> dict[str, object]:
    """What the parser makes of a line after `tre`, without running it. Raises UsageError."""
    command, ctx = main, click.Context(main, info_name="tre")
    while isinstance(command, click.Group):
        found = command.get_command(ctx, line[0])
        if found is None:
            raise click.UsageError(f"no command {line[0]}")
        command, line = found, line[1:]
        if not isinstance(command, click.Group):
            with command.make_context("tre", list(line)) as made:
                return made.params
        ctx = click.Context(command, info_name="tre", parent=ctx)
    raise click.UsageError("a group alone")


def test_the_journeys_commands_are_there() -> None:
    wanted = {tuple(each.split()) for each in JOURNEY.replace("\n", ", ").split(", ")}
    assert wanted <= set(LEAVES)


def test_every_command_over_http_has_a_client_command_and_others_say_where() -> None:
    by_hand = {Command.VIEW_QUALITY, Command.EXPORT_AUDIT, Command.APPOINT_PERSON}
    shown = {tre(*path, "--help").stdout.split("\n\n")[1].split(":")[0].strip().upper() for path in OURS}
    missing = {address.command for address in addresses() if address.command.value.replace("_", " ") not in shown}
    assert missing - by_hand == set()
    assert not {address.command for address in addresses()} & set(ELSEWHERE)


@pytest.mark.parametrize("path", OURS, ids=" ".join)
def test_help_explains_and_its_example_is_one_that_works(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tre(*path, "--help")
    assert ran.exit_code == 0
    before, mark, example = ran.stdout.partition("Example:\n")
    assert mark, "no example"
    assert len(before.split("\n\n")[1].split()) >= 4, "no explanation"
    line = shlex.split(example.strip())
    assert tuple(line[1 : 1 + len(path)]) == path
    monkeypatch.chdir(tmp_path)
    for name in (
        "request.json",
        "input.json",
        "analysis.py",
        "audit.jsonl",
        "package.zip",
        "register.json",
        "numbers.txt",
        "proof.json",
        "growth.json",
        "project.json",
    ):
        (tmp_path / name).write_text("{}", encoding="ascii")
    parsed(line[1 : line.index(">")] if ">" in line else line[1:])


def test_a_renamed_command_would_fail_here() -> None:
    with pytest.raises(click.UsageError):
        parsed(["releases", "post", "ID"])
