"""Where each noun and each command is found over HTTP: derived from the transition rows, so none can be forgotten.

`POST /api/v1/<nouns>/<id>/<command>` carries out a command; its input is the JSON body. No Flask here: server,
OpenAPI description and client read the same table.
"""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from gateway.commands import everything
from gateway.commands.act import VERBS, Given
from gateway.rules.transitions import STEPS
from gateway.vocabulary import (
    CertificateState,
    Command,
    ErasureState,
    ExemptionState,
    JobState,
    Noun,
    OptOutListState,
    PersonState,
    PoolState,
    ProjectState,
    RefreshState,
    RegisterState,
    ReleaseState,
    Role,
    SnapshotState,
    TransferState,
    WorkspaceState,
)

ROOT = "/api/v1"

PLURALS = MappingProxyType(
    {
        Noun.POOL: "pools",
        Noun.OPT_OUT_LIST: "opt-out-lists",
        Noun.PROJECT: "projects",
        Noun.SNAPSHOT: "snapshots",
        Noun.WORKSPACE: "workspaces",
        Noun.TRANSFER: "transfers",
        Noun.JOB: "jobs",
        Noun.RELEASE: "releases",
        Noun.REGISTER_ENTRY: "register-entries",
        Noun.PERSON: "people",
        Noun.CERTIFICATE: "certificates",
        Noun.ERASURE_ORDER: "erasure-orders",
        Noun.REFRESH: "refreshes",
        Noun.EXEMPTION: "exemptions",
    }
)

NOUN_OF_STATE: dict[type, Noun] = {
    PoolState: Noun.POOL,
    OptOutListState: Noun.OPT_OUT_LIST,
    ProjectState: Noun.PROJECT,
    SnapshotState: Noun.SNAPSHOT,
    WorkspaceState: Noun.WORKSPACE,
    TransferState: Noun.TRANSFER,
    JobState: Noun.JOB,
    ReleaseState: Noun.RELEASE,
    RegisterState: Noun.REGISTER_ENTRY,
    PersonState: Noun.PERSON,
    CertificateState: Noun.CERTIFICATE,
    ErasureState: Noun.ERASURE_ORDER,
    RefreshState: Noun.REFRESH,
    ExemptionState: Noun.EXEMPTION,
}

# Commands that record something done elsewhere: over HTTP they would only claim that it was done.
ELSEWHERE = MappingProxyType(
    {
        Command.SIGN_IN: "the sign-in page",
        Command.SIGN_OUT: "the sign-out button",
        Command.LOAD_RECORDS: "tre intake load, on the gateway's machine",
        Command.REQUEST_OPT_OUTS: "tre opt-outs exchange, on the gateway's machine",
        Command.RECEIVE_OPT_OUTS: "tre opt-outs exchange, on the gateway's machine",
        Command.LOOK_FOR_PEOPLE: "tre snapshots contains, on the gateway's machine",
        Command.PROPOSE_ERASURE: "tre intake erase, on the gateway's machine",
        Command.REPORT_PERSON: "tre people report, on the gateway's machine",
        Command.VIEW_ARTEFACT: "GET /api/v1/releases/<id>/artefact",
        Command.ENTER_ROOM: "the link to the notebook on its page",
        Command.DOWNLOAD_OUTPUT: "GET /api/v1/releases/<id>/package",
    }
)


@dataclass(frozen=True)
class Address:
    """One command over HTTP: the noun it is about, its input model, who may send it."""

    command: Command
    noun: Noun
    given: type[Given]
    by: frozenset[Role]

    @property
    def verb(self) -> str:
        """The command as it stands in the address, e.g. `cast-vote`."""
        return self.command.value.lower().replace("_", "-")

    @property
    def path(self) -> str:
        """The address with `<id>` for the subject."""
        return f"{ROOT}/{PLURALS[self.noun]}/<id>/{self.verb}"


def human_commands() -> dict[Command, frozenset[Role]]:
    """Every command that not only the system may give, with the roles that may."""
    found: dict[Command, frozenset[Role]] = {}
    for row in STEPS:
        found[row.command] = found.get(row.command, frozenset()) | row.by
    return {command: roles for command, roles in found.items() if roles != {Role.SYSTEM}}


@cache
def addresses() -> tuple[Address, ...]:
    """Every command that can be sent over HTTP."""
    everything.load()
    nouns = {row.command: NOUN_OF_STATE[type(row.state)] for row in STEPS}
    return tuple(
        Address(command, nouns[command], VERBS[command].given, roles - {Role.SYSTEM})
        for command, roles in human_commands().items()
        if command not in ELSEWHERE
    )
