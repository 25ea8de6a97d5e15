"""`tre NOUN VERB`: the tree of commands, and the one shape in which a refusal is printed."""

import sys
from importlib.metadata import entry_points
from typing import Any

import click

from gateway.cli.groups import LazyGroup, example
from gateway.cli.nouns import NounGroup
from gateway.cli.problems import told

_TOP = {
    "serve": "gateway.cli.admin:serve",
    "migrate": "gateway.cli.admin:migrate",
    "work": "gateway.cli.admin:work",
    "doctor": "gateway.cli.doctor:doctor",
    "backup": "gateway.cli.safekeeping:backup",
    "restore": "gateway.cli.safekeeping:restore",
    "upgrade": "gateway.cli.safekeeping:upgrade",
    "register": "gateway.cli.client:register",
    "me": "gateway.cli.client:me",
    "satre": "gateway.cli.client:satre",
    "figures": "gateway.cli.client:figures",
    "check": "disclosure.checks.command:check",
}
_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "intake": (
        "Source records into the vault.",
        {
            "load": "gateway.cli.intake:load",
            "erase": "gateway.cli.one_person:erase",
            "status": "gateway.cli.client:intake_status",
            "quality": "gateway.cli.quality:quality",
        },
    ),
    "opt-outs": (
        "The exchange with the national opt-out service.",
        {
            "exchange": "gateway.cli.records:exchange",
            "request": "gateway.cli.records:request",
            "import": "gateway.cli.records:take_in",
            "refresh": "gateway.cli.records:refresh",
        },
    ),
    "code-lists": (
        "Published lists of codes that views cite by id.",
        {
            "list": "gateway.cli.code_lists:list_all",
            "import": "gateway.cli.code_lists:import_list",
            "compare": "gateway.cli.code_lists:compare",
        },
    ),
    "keys": (
        "The key that signs checkpoints and manifests.",
        {"rotate": "gateway.cli.safekeeping:rotate", "list": "gateway.cli.safekeeping:list_keys"},
    ),
    "audit": (
        "The hash-chained log.",
        {
            "verify": "gateway.cli.offline:verify_audit",
            "prove": "gateway.cli.offline:prove_row",
            "verify-proof": "gateway.cli.offline:verify_proof",
            "prove-growth": "gateway.cli.growth:prove",
            "verify-growth": "gateway.cli.growth:verify_growth",
            "export": "gateway.cli.client:export_audit",
            "checkpoints": "gateway.cli.client:checkpoints",
        },
    ),
}
# Nouns whose commands follow from the transitions; beside them what is written by hand.
_NOUNS: dict[str, tuple[str, dict[str, str]]] = {
    "pools": ("The pool of people, with its budget for life.", {"open": "gateway.cli.admin:open_the_pool"}),
    "opt-out-lists": ("Answers of the national opt-out service.", {}),
    "projects": ("Applications, votes, and the projects they become.", {}),
    "snapshots": (
        "Builds of a project's records.",
        {"build": "gateway.cli.builds:build", "contains": "gateway.cli.records:contains"}
        | {"certificate": "gateway.cli.records:certificate"},
    ),
    "workspaces": (
        "Where scripts come in and jobs run.",
        {verb: f"gateway.cli.rooms:{verb}" for verb in ("run", "status", "stop", "logs")}
        | {"open": "gateway.cli.rooms:open_workspace"},
    ),
    "transfers": ("Scripts on their way into a workspace.", {}),
    "jobs": ("Runs of an admitted script in the snapshot's room.", {}),
    "releases": (
        "Requests for output, their reviews and packages.",
        {
            "price": "gateway.cli.client:price",
            "download": "gateway.cli.client:download",
            "artefact": "gateway.cli.client:artefact",
            "verify": "gateway.cli.offline:verify_release",
        },
    ),
    "certificates": ("What people must hold to work here: presented, decided, demanded.", {}),
    "erasure-orders": ("Requests of people to be erased, and what became of them.", {}),
    "exemptions": ("Decisions from outside that the national opt-out does not apply to a project.", {}),
    "refreshes": ("Records built anew without those who left, week by week.", {}),
    "register-entries": ("What the public register will say.", {}),
    "people": (
        "Who has signed in, their seats, their tokens.",
        {"appoint": "gateway.cli.admin:appoint", "report": "gateway.cli.one_person:report"},
    ),
}


class Main(LazyGroup):
    """The root: entry points add commands; whatever goes wrong is told in one shape, never as a traceback."""

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

    def main(  # type: ignore[override]
        self, args: Any = None, prog_name: Any = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run a command; its exit code is what the process ends with."""
        try:
            ends = super().main(args, prog_name, standalone_mode=False, **extra)
        except Exception as error:
            if not standalone_mode:
                raise
            ends = told(error)
        if not standalone_mode:
            return ends
        sys.exit(ends if isinstance(ends, int) else 0)


def _added() -> Any:
    return entry_points(group="tre.commands")


@click.command(cls=Main, lazy=_TOP, epilog=example("tre releases --help"))
def main() -> None:
    """A gateway for trusted research environments.

    Commands of the client speak to the gateway at TRE_URL with the token in TRE_TOKEN. Commands of operators run on
    the gateway's machine with its TRE_ settings. What verifies needs neither.
    """


for _name, (_help, _lazy) in _GROUPS.items():
    main.add_command(LazyGroup(_name, help=_help, lazy=_lazy))
for _name, (_help, _lazy) in _NOUNS.items():
    main.add_command(NounGroup(_name, help=_help, lazy=_lazy))


if __name__ == "__main__":
    sys.exit(main())
