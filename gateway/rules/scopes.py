"""What a personal token may do of what its person may: named scopes, one row of data each."""

from dataclasses import dataclass

from gateway.vocabulary import Command

_C = Command


@dataclass(frozen=True)
class Scope:
    """One scope. `commands` None is all; the empty set only reads."""

    name: str
    title: str
    commands: frozenset[Command] | None


# Nothing here gives away rights or makes another token: a narrow token cannot widen itself.
_WORK = {
    _C.BRING_IN,
    _C.RUN_JOB,
    _C.STOP_JOB,
    _C.VIEW_LOGS,
    _C.DRAFT_RELEASE,
    _C.COPY_RELEASE,
    _C.EDIT_RELEASE,
    _C.SUBMIT_RELEASE,
    _C.WITHDRAW_RELEASE,
    _C.DOWNLOAD_OUTPUT,
}
SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("READ", "Look at things, change nothing", frozenset()),
        Scope("WORK", "Scripts, jobs and releases of your projects", frozenset(_WORK)),
        Scope("AUDIT", "Export the audit log", frozenset({_C.EXPORT_AUDIT})),
        Scope("EVERYTHING", "Everything that you may do", None),
    )
}
