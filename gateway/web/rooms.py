"""Notebooks and desktops: the page that leads to one, the way in, the question that the proxy asks of every request.

Each has a host name of its own, since what it shows is script in that origin. Whoever is signed in here gets a
ticket that is good once; there it becomes a cookie that is worth nothing without the session it was made from.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from gateway.commands.rooms import token_of
from gateway.models import Person, Workspace
from gateway.rules.refusals import Refusal, unknown
from gateway.rules.tiers import Tier, tier_of
from gateway.rules.transitions import choose
from gateway.store.queries import sessions
from gateway.store.queries.facts import actor_of, facts_of
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command
from gateway.web.actions import Offer, offers, plain
from gateway.web.current import carry_out, gateway, one, public, settings
from gateway.web.sessions import TOUCH_SECONDS
from workspaces.rooms import doors

blueprint = Blueprint("rooms", __name__)
TICKET_SECONDS = 60
# what the proxy tells of a request
ROOM, METHOD, UPGRADE, ASKED = "X-Room", "X-Room-Method", "X-Room-Upgrade", "X-Room-Path"
# A desktop's page and its one way to the room, which carries the picture; noVNC is served by the proxy.
DESKTOP, PICTURE = "/.desktop/", "/.desktop/socket"
VIEWER = re.compile(r"/\.desktop/novnc/(core|vendor)(/[a-zA-Z0-9_-]+)+\.js")
DESKTOP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
READING = frozenset({"GET", "HEAD", "OPTIONS", ""})


@dataclass(frozen=True)
class Guest:
    """Whom the rules let into which room now."""

    workspace: Workspace
    tier: Tier
    name: str


@dataclass(frozen=True)
class Visit:
    """Whose session may see which workspace's notebook."""

    id_hash: str
    workspace_id: str
    nonce: str = ""


def page_of(view: dict[str, Any]) -> str:
    """The page of a workspace's notebook."""
    return f"/workspaces/{view['id']}/room"


plain(blueprint, "/workspaces/<subject_id>/room/start", Command.START_ROOM, page_of)
plain(blueprint, "/workspaces/<subject_id>/room/stop", Command.STOP_ROOM, page_of)


@blueprint.get("/workspaces/<subject_id>/room")
def page(subject_id: str) -> ResponseReturnValue:
    """What a notebook is, what it is not, whether it is open, and the way in."""
    view = one(subject_id)
    offered = offers(view, Command.START_ROOM, Command.STOP_ROOM)
    return render_template(
        "room.html",
        view=view,
        project=one(view["project_id"]),
        offers=[_said(offer, view["tier"]["room"]) for offer in offered if offer.possible] or offered[:1],
        may_enter=view["actions"].get(Command.ENTER_ROOM.value, "") is None,
        ready=_door(subject_id).exists(),
    )


def _said(offer: Offer, room: str) -> Offer:
    """The button with the right word for what it opens."""
    worded = {name: getattr(offer.wording, name).replace("notebook", room) for name in ("button", "done", "meaning")}
    return replace(offer, wording=replace(offer.wording, **worded))


@blueprint.get("/workspaces/<subject_id>/room/enter")
def enter(subject_id: str) -> ResponseReturnValue:
    """Recorded; then to the notebook's own address, with a ticket that is good once."""
    carry_out(Command.ENTER_ROOM, subject_id)
    ticket = _sealed("ticket", Visit(session.id_hash, subject_id, token_urlsafe(16)))  # type: ignore[attr-defined]
    return redirect(f"{address_of(subject_id)}/.enter?ticket={ticket}", 303)


enter.command = Command.ENTER_ROOM  # type: ignore[attr-defined]


@blueprint.get("/rooms/enter")
@public
def arrive() -> ResponseReturnValue:
    """On the notebook's own host: a ticket becomes a cookie there. Asked through the proxy."""
    visit = _opened("ticket", request.args.get("ticket", ""), TICKET_SECONDS)
    if visit is None or visit.workspace_id != request.headers.get(ROOM, ""):
        raise unknown()
    used = sessions.claim_form(gateway().unit, id_hash=visit.id_hash, form=f"room {visit.nonce}")
    guest = _allowed(visit)
    if used is not None or guest is None:
        raise unknown()
    answer = redirect(DESKTOP if guest.tier.desktop else "/lab", 303)
    cookie = _sealed("visit", Visit(visit.id_hash, visit.workspace_id))
    answer.set_cookie(_cookie(), cookie, path="/", secure=_secure(), httponly=True, samesite="Lax")
    return answer


@blueprint.get("/rooms/check")
@public
def check() -> ResponseReturnValue:
    """May this request go to the room? 200 with the door and the server's token, else 403, without a word."""
    guest = _guest()
    if guest is None or not _carried(guest.tier):
        return Response(status=403)
    workspace = guest.workspace
    told = {"X-Room-Door": str(_door(workspace.id)), "X-Room-Authorization": f"token {token_of(settings(), workspace)}"}
    return Response(status=200, headers=told)


@blueprint.get("/rooms/desktop")
@public
def desktop() -> ResponseReturnValue:
    """The page around a desktop's picture, on the room's own host: nothing of the room is in it but the picture."""
    guest = _guest()
    if guest is None or not guest.tier.desktop:
        raise unknown()
    page = render_template("desktop.html", who=guest.name, workspace=guest.workspace.id, now=gateway().now())
    return Response(page, headers={"Content-Security-Policy": DESKTOP_POLICY})


def _guest() -> Guest | None:
    """Who asks, by the cookie of the room that they ask for, when they may be in it now."""
    visit = _opened("visit", request.cookies.get(_cookie(), ""), int(settings().session_hours * 3600))
    if visit is None or visit.workspace_id != request.headers.get(ROOM, ""):
        return None
    return _allowed(visit)


def _carried(tier: Tier) -> bool:
    """Whether this request is one that the tier carries: of a desktop its picture alone, of a notebook all else."""
    asked = request.headers.get(ASKED, "").partition("?")[0]
    if tier.desktop:
        return bool(VIEWER.fullmatch(asked) or (asked == PICTURE and request.headers.get(UPGRADE, "") == "websocket"))
    return not asked.startswith(DESKTOP)


def _allowed(visit: Visit) -> Guest | None:
    """The guest, when the session still lives and the rules let its person in now."""
    unit, now = gateway().unit, gateway().now()
    row = sessions.live(unit, visit.id_hash, now, timedelta(minutes=settings().session_idle_minutes))
    if row is None or row.person_id is None:
        return None
    acts = request.headers.get(METHOD, "") not in READING or request.headers.get(UPGRADE, "")
    if acts and (now - row.last_seen_at).total_seconds() >= TOUCH_SECONDS:
        sessions.touch(
            unit, id_hash=visit.id_hash, now=now
        )  # somebody works there; what polls by itself does not count
    with unit.reading() as work:
        return _entered(work, row.person_id, visit.workspace_id)


def _entered(work: Work, person_id: str, workspace_id: str) -> Guest | None:
    person, workspace = work.get(Person, person_id), work.get(Workspace, workspace_id)
    if person is None or workspace is None:
        return None
    now = gateway().now()
    actor = actor_of(work, person, now)
    facts = facts_of(work, workspace, now, settings().list_max_age_days, actor.accounts)
    answer = choose(actor, Command.ENTER_ROOM, facts)
    return None if isinstance(answer, Refusal) else Guest(workspace, tier_of(facts.grant), person.name)


def address_of(workspace_id: str) -> str:
    """Where a workspace's notebook is: a host of its own."""
    return settings().rooms_url.rstrip("/").replace("*", workspace_id)


def _door(workspace_id: str) -> Path:
    return doors.outside(settings().folder.resolve() / "doors" / workspace_id / "inside")


def _sealed(salt: str, visit: Visit) -> str:
    said: str = _seal(salt).dumps([visit.id_hash, visit.workspace_id, visit.nonce])
    return said


def _opened(salt: str, text: str, seconds: int) -> Visit | None:
    try:
        id_hash, workspace_id, nonce = _seal(salt).loads(text, max_age=seconds)
    except (BadSignature, ValueError, TypeError):
        return None
    return Visit(str(id_hash), str(workspace_id), str(nonce))


def _seal(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"room {salt}")


def _secure() -> bool:
    return settings().rooms_url.startswith("https://")


def _cookie() -> str:
    return "__Host-room" if _secure() else "room"
