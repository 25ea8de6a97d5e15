"""Flask sessions kept in the database; the cookie holds 256 random bits and nothing else.

A session ends after a time without requests, at a fixed time after sign-in, at sign-out or when its owner revokes
it. Signing in always begins a new one, so that a cookie planted beforehand is worth nothing.
"""

from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from flask import Flask, Request, Response, g, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from gateway.commands.addresses import ROOT
from gateway.commands.perform import Gateway
from gateway.store.queries import sessions
from gateway.store.standing import at_work
from gateway.web.current import PERSON
from workspaces.snapshots.objects import StoreUnavailable

ANONYMOUS_HOURS = 1
TOUCH_SECONDS = 60
BACKGROUND = "X-Background"
ANSWERS_CLOSED = ("/static/", f"{ROOT}/health", f"{ROOT}/ready")


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """The content of one session, and the cookie that stands for it (None before it is first kept)."""

    def __init__(self, content: dict[str, Any] | None = None, cookie: str | None = None) -> None:
        self.cookie = cookie
        self.replaces: str | None = None
        self.last_seen_at: datetime | None = None
        self.modified = False
        self.trouble: Exception | None = None  # why the database did not say whose session it is
        super().__init__(content or {}, _mark)

    @classmethod
    def in_trouble(cls, trouble: Exception) -> "ServerSession":
        """Empty; no handler of errors can be asked yet, so that it carries what went wrong."""
        session = cls()
        session.trouble = trouble
        return session

    @property
    def id_hash(self) -> str:
        """What the database knows of the cookie; empty for a session that is not kept yet."""
        return hash_of(self.cookie) if self.cookie else ""

    def renew(self) -> None:
        """Empty it and let it begin under a new cookie."""
        self.clear()
        self.replaces, self.cookie = self.id_hash or None, None
        self.modified = True


def _mark(session: Any) -> None:
    session.modified = True


def hash_of(cookie: str) -> str:
    """SHA-256 of a cookie."""
    return sha256(cookie.encode()).hexdigest()


class DatabaseSessions(SessionInterface):
    """Opens and keeps sessions; pages that need none (files, the API) never ask the database."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.secure = gateway.settings.base_url.startswith("https://")
        self.name = "__Host-session" if self.secure else "session"
        self.idle = timedelta(minutes=gateway.settings.session_idle_minutes)

    def open_session(self, app: Flask, request: Request) -> ServerSession:  # noqa: ARG002
        """The live session of the request's cookie, or an empty one."""
        if not request.path.startswith(ANSWERS_CLOSED):
            try:
                _enter(self.gateway.settings.folder)
            except StoreUnavailable as trouble:
                return ServerSession.in_trouble(trouble)
        cookie = request.cookies.get(self.name)
        if not cookie or request.endpoint == "static" or request.path.startswith("/api/"):
            return ServerSession()
        try:
            row = sessions.live(self.gateway.unit, hash_of(cookie), self.gateway.now(), self.idle)
        except OperationalError as trouble:
            return ServerSession.in_trouble(trouble)
        if row is None:
            return ServerSession()
        session = ServerSession(dict(row.data), cookie)
        session.last_seen_at = row.last_seen_at
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep what changed; without a change, only note now and then that it was seen."""
        if not isinstance(session, ServerSession):
            raise TypeError("not a session of this gateway")
        now = self.gateway.now()
        response.vary.add("Cookie")
        if session.replaces:
            sessions.end(self.gateway.unit, id_hash=session.replaces, now=now)
        if session.modified and session.cookie is None:
            self._begin(session, response, now)
        elif session.modified:
            sessions.save(self.gateway.unit, id_hash=session.id_hash, data=dict(session), now=now)
        elif _worth_touching(session, now):
            with suppress(OperationalError):  # a page that could be read is not lost for this
                sessions.touch(self.gateway.unit, id_hash=session.id_hash, now=now)

    def _begin(self, session: ServerSession, response: Response, now: datetime) -> None:
        if not session:
            response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="Lax")
            return
        person_id = session.get(PERSON)
        hours = self.gateway.settings.session_hours if person_id else ANONYMOUS_HOURS
        session.cookie = token_urlsafe(32)
        sessions.begin(
            self.gateway.unit,
            id_hash=session.id_hash,
            data=dict(session),
            person_id=person_id,
            now=now,
            ends=now + timedelta(hours=hours),
        )
        response.set_cookie(self.name, session.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")


def _worth_touching(session: ServerSession, now: datetime) -> bool:
    # a page that reloads itself does not keep a session alive: nobody may be sitting there

    seen = session.last_seen_at
    return seen is not None and BACKGROUND not in request.headers and (now - seen).total_seconds() >= TOUCH_SECONDS


def install(app: Flask, gateway: Gateway) -> None:
    """Every request of the application has its session in the database."""
    app.session_interface = DatabaseSessions(gateway)
    app.before_request(_told)
    app.teardown_request(_leave)


def _enter(folder: Path) -> None:
    """Until the request is over the gateway is not put back or moved: what it commits stays. Raises Closed."""
    with ExitStack() as stack:
        stack.enter_context(at_work(folder))
        g.at_work = stack.pop_all()


def _leave(_: BaseException | None) -> None:
    held: ExitStack | None = g.pop("at_work", None)
    if held is not None:
        held.close()


def _told() -> None:
    trouble = getattr(session, "trouble", None)
    if trouble is not None:
        raise trouble
