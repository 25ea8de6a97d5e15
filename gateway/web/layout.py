"""What every page has around it: navigation by seat, the account, the phase line, addresses of files."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from flask import Flask, request, url_for
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader

from gateway.rules.facts import Actor
from gateway.rules.roles import COMMITTEE
from gateway.vocabulary import Seat
from gateway.web import forms, wording
from gateway.web.current import actor_or_none, settings

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"
NAME = "Trusted research gateway"


@dataclass(frozen=True)
class Link:
    """One navigation link; `seats` None is for everybody, otherwise for whoever holds one of them."""

    text: str
    endpoint: str
    seats: frozenset[Seat] | None = None
    signed_in: bool = True

    def shown_to(self, actor: Actor | None) -> bool:
        """True when this person gets the link; what the page itself says is decided by the rules."""
        if not self.signed_in:
            return True
        return actor is not None and (self.seats is None or bool(self.seats & actor.appointments))


_GOVERNORS = frozenset({Seat.IG_OFFICER, Seat.OPERATOR, Seat.AUDITOR})
_PROJECTS = frozenset({Seat.RESEARCHER, Seat.COMMITTEE_MEMBER, Seat.LAY_MEMBER, Seat.IG_OFFICER, Seat.AUDITOR})
_RELEASES = frozenset({Seat.RESEARCHER, Seat.OUTPUT_CHECKER, Seat.IG_OFFICER, Seat.AUDITOR})
NAVIGATION = (
    Link("Your tasks", "home.tasks"),
    Link("Projects", "projects.index", _PROJECTS),
    Link("Desk", "reviews.desk", frozenset({Seat.OUTPUT_CHECKER})),
    Link("Releases", "releases.index", _RELEASES),
    Link("People", "certificates.index", frozenset({Seat.IG_OFFICER, Seat.AUDITOR})),
    Link("Budgets", "budgets.index", frozenset({Seat.IG_OFFICER, Seat.AUDITOR})),
    Link("Committee", "committee.index", frozenset({Seat.IG_OFFICER, Seat.AUDITOR, *COMMITTEE})),
    Link("Opt-outs", "opt_outs.index", _GOVERNORS),
    Link("Erasures", "erasures.index", _GOVERNORS),
    Link("Sources", "sources.index", _GOVERNORS | {Seat.RESEARCHER}),
    Link("Code lists", "code_lists.index", frozenset({Seat.RESEARCHER, Seat.IG_OFFICER, Seat.OUTPUT_CHECKER})),
    Link("Audit", "audit.index", frozenset({Seat.AUDITOR})),
    Link("Register", "register.index", signed_in=False),
    Link("Twin", "twin.page", signed_in=False),
    Link("Figures", "figures.index", signed_in=False),
    Link("Status", "status.index", signed_in=False),
)


@cache
def _version(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for a year."""
    return url_for("static", filename=name, v=_version(name))


def _navigation(app: Flask, actor: Actor | None) -> list[dict[str, Any]]:
    here = (request.endpoint or "").split(".")[0]
    return [
        {"text": link.text, "href": url_for(link.endpoint), "current": link.endpoint.split(".")[0] == here}
        for link in NAVIGATION
        if link.endpoint in app.view_functions and link.shown_to(actor)
    ]


def install(app: Flask) -> None:
    """Templates: the kit's macros and ours, escaped whatever the file's name."""
    # Flask escapes by file name, and the kit's `.jinja` macros are not on its list; the macros also reach into
    # parameters that were not given. Set on the environment itself: options are read once, whoever comes first.
    app.jinja_env.autoescape = True
    app.jinja_env.undefined = ChainableUndefined
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), PackageLoader("nhsuk_frontend_jinja")])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(wording.FILTERS)
    app.jinja_env.globals.update(asset=asset, forms=forms, wording=wording, service=NAME)

    @app.context_processor
    def _around() -> dict[str, Any]:
        actor = actor_or_none()
        return {
            "me": actor,
            "navigation": _navigation(app, actor),
            "demo": settings().demo,
            "once": lambda: token_urlsafe(16),
        }
