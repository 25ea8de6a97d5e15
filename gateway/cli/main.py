"""`tre NOUN VERB`: the tree of commands, and the one shape in which a refusal is printed."""

import sys
from importlib.metadata import entry_points
from typing import Any

import click

from gateway.cli.groups import LazyGroup
from gateway.cli.nouns import NounGroup
from gateway.rules.refusals import Refusal
from workspaces.catalogue.errors import Invalid

_TOP = {
    "serve": "gateway.cli.admin:serve",
    "migrate": "gateway.cli.admin:migrate",
    "work": "gateway.cli.admin:work",
    "register": "gateway.cli.client:register",
    "me": "gateway.cli.client:me",
}
_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "intake": ("Source records into the vault.", {"load": "gateway.cli.records:load"}),
    "opt-outs": (
        "The exchange with the national opt-out service.",
        {
            "exchange": "gateway.cli.records:exchange",
            "request": "gateway.cli.records:request",
            "import": "gateway.cli.records:take_in",
        },
    ),
    "audit": (
        "The hash-chained log.",
        {"verify": "gateway.cli.offline:verify_audit", "export": "gateway.cli.client:export_audit"},
    ),
}
# Nouns whose commands follow from the transitions; beside them what is written by hand.
_NOUNS: dict[str, dict[str, str]] = {
    "pools": {},
    "opt-out-lists": {},
    "projects": {},
    "snapshots": {"contains": "gateway.cli.records:contains"},
    "workspaces": {},
    "transfers": {},
    "jobs": {},
    "releases": {
        "price": "gateway.cli.client:price",
        "download": "gateway.cli.client:download",
        "artefact": "gateway.cli.client:artefact",
    },
    "register-entries": {},
    "people": {"appoint": "gateway.cli.admin:appoint"},
}


class Main(LazyGroup):
    """The root: entry points add commands; refusals go to stderr and end with 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours, and what other parts of the installation add."""
        return sorted({*super().list_commands(ctx), *(point.name for point in _added())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours first; else what an entry point of that name adds."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        found: click.Command | None = next((point.load() for point in _added() if point.name == cmd_name), None)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a person should read is one line."""
        try:
            return super().invoke(ctx)
        except (Refusal, Invalid) as why:
            click.echo(str(why), err=True)
            ctx.exit(1)


def _added() -> Any:
    return entry_points(group="tre.commands")


@click.command(cls=Main, lazy=_TOP)
def main() -> None:
    """A gateway for trusted research environments."""


for _name, (_help, _lazy) in _GROUPS.items():
    main.add_command(LazyGroup(_name, help=_help, lazy=_lazy))
for _name, _lazy in _NOUNS.items():
    main.add_command(NounGroup(_name, lazy=_lazy))


if __name__ == "__main__":
    sys.exit(main())
