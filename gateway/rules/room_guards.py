"""Conditions on rooms: what a tier allows, whether a room is open, whether a job's end was told already."""

from gateway.rules import guards
from gateway.rules.facts import SYSTEM, Actor, Facts
from gateway.rules.guards import Guard, unless
from gateway.rules.refusals import Refusal
from gateway.rules.tiers import room_of, tier_of
from gateway.rules.visibility import shown_state
from gateway.vocabulary import JobState, WorkspaceState


def logs_leave(_: Actor, facts: Facts) -> Refusal | None:
    """Of a desktop only a picture leaves, so that logs are read in it."""
    return unless(
        not tier_of(facts.grant).desktop,
        "job:read_inside",
        "Text of this project stays in its room: only a picture of it leaves.",
        "Read the logs in the desktop, in /workspace/logs.",
    )


def sees_rows(_: Actor, facts: Facts) -> Refusal | None:
    """The project's people may see rows, so that they may also read what a program printed (privacy model P13)."""
    return unless(
        tier_of(facts.grant).sees_rows,
        "job:stays_inside",
        "What a job writes and how it went stay in its room: this project's tier shows no rows outside.",
        "Try the script on the public synthetic twin (page Twin), on your own machine.",
    )


def has_room(_: Actor, facts: Facts) -> Refusal | None:
    """The committee granted a notebook or a desktop."""
    met = bool(room_of(tier_of(facts.grant)))
    return unless(met, "room:not_granted", "The project's tier has no notebook or desktop.", "Run scripts as jobs.")


def room_closed(_: Actor, facts: Facts) -> Refusal | None:
    """Nothing is open in the workspace: one program at a time writes there."""
    met = facts.workspace is None or facts.workspace.room_asked_at is None
    return unless(met, "room:open", "The workspace's notebook or desktop is open.", "Close it first.")


def room_open(_: Actor, facts: Facts) -> Refusal | None:
    """A notebook or desktop is open in the workspace."""
    met = facts.workspace is not None and facts.workspace.room_asked_at is not None
    return unless(met, "room:closed", "The workspace's notebook or desktop is closed.", "Open it first.")


def end_not_shown(_: Actor, facts: Facts) -> Refusal | None:
    """The job still shows as queued or running, whatever it is: else stopping would tell that it ended before."""
    met = facts.job is not None and shown_state(facts.job, facts.now)[0] is not JobState.ENDED
    return unless(met, "job:ended", "The job has ended.", "Nothing is left to stop.")


ENTERING: tuple[Guard, ...] = (
    guards.grant_in_force,
    has_room,
    guards.opt_outs_fresh,
    guards.snapshot_cleared,
    room_open,
)


def why_it_ends(facts: Facts) -> Refusal | None:
    """Why an open room may not go on, or None: asked again and again while it is open."""
    frozen = unless(
        facts.state is WorkspaceState.OPEN, "workspace:frozen", "The workspace is frozen.", "Ask the IG officer."
    )
    return frozen or next((why for guard in ENTERING if (why := guard(SYSTEM, facts)) is not None), None)
