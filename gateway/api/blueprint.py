"""HTTP in, JSON out. Each route is a command, a visibility-filtered view, or public.

A bearer token says who asks; cookies are never looked at, so no other site can make a browser ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.api import errors, paging
from gateway.api.openapi import document
from gateway.commands.act import parse
from gateway.commands.addresses import PLURALS, ROOT, Address, addresses
from gateway.commands.bodies import MAX_BYTES, TooLarge, read_object
from gateway.commands.downloads import Objects, artefact_bytes, package_bytes
from gateway.commands.people import token_hash
from gateway.commands.perform import Gateway, Outcome, noted, perform, permit
from gateway.commands.requests import Request, priced
from gateway.rules.facts import Actor
from gateway.rules.refusals import unknown
from gateway.store import audit_chain
from gateway.store.queries import code_lists, lists, public_figures, sources, views
from gateway.store.queries.facts import noun_of
from gateway.store.queries.tokens import actor_of_token
from gateway.store.queries.view_parts import View
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, Noun


@dataclass(frozen=True)
class Api:
    """What the API needs from the application around it; `status_of` is the application's table of status codes."""

    gateway: Gateway
    objects: Objects
    public_key: Callable[[], bytes]
    status_of: errors.Status
    ready: Callable[[], dict[str, bool]]
    wrong_token: Callable[[], None]

    def actor(self) -> Actor:
        """Who asks. Raises Unauthenticated, or a refusal when too many wrong tokens came from there."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        now = self.gateway.now()
        with self.gateway.unit.reading() as work:
            known = actor_of_token(work, token_hash(secret.strip()), now) if kind.lower() == "bearer" else None
            if known is not None:
                return known
        if secret:
            self.wrong_token()
        raise errors.Unauthenticated


def blueprint(api: Api) -> Blueprint:
    """The routes of the API; register it on the application at its root."""
    routes = Blueprint("api", __name__)
    for noun, plural in PLURALS.items():
        routes.add_url_rule(f"{ROOT}/{plural}", f"list_{plural}", _listed(api, noun))
        routes.add_url_rule(f"{ROOT}/{plural}/<id>", f"show_{plural}", _shown(api, noun))
    for address in addresses():
        routes.add_url_rule(address.path, address.verb, _performed(api, address), methods=["POST"])
    _add_others(routes, api)
    routes.before_request(_bound_body)
    errors.install(routes, api.status_of)
    return routes


def _add_others(routes: Blueprint, api: Api) -> None:
    routes.add_url_rule(f"{ROOT}/projects/<id>/price", "price", _priced(api), methods=["POST"])
    routes.add_url_rule(f"{ROOT}/releases/<id>/package", "package", _package(api))
    routes.add_url_rule(f"{ROOT}/releases/<id>/artefact", "artefact", _artefact(api))
    routes.add_url_rule(f"{ROOT}/me", "me", _me(api))
    routes.add_url_rule(f"{ROOT}/register", "register", _register(api))
    routes.add_url_rule(f"{ROOT}/data-uses", "data_uses", _public(api, _data_uses))
    routes.add_url_rule(f"{ROOT}/figures", "figures", _public(api, _figures))
    routes.add_url_rule(f"{ROOT}/satre", "satre", _public(api, _satre))
    routes.add_url_rule(f"{ROOT}/quality", "quality", _told_to_all(api, sources.qualities))
    routes.add_url_rule(f"{ROOT}/code-lists", "code-lists", _told_to_all(api, code_lists.all_lists))
    one_list = f"{ROOT}/code-lists/<slug>/<version>"
    routes.add_url_rule(one_list, "code-list", _told_to_all(api, _code_list))
    routes.add_url_rule(f"{one_list}/compared/<other>/<other_version>", "compared", _told_to_all(api, _compared))
    routes.add_url_rule(f"{ROOT}/checkpoints", "checkpoints", _checkpoints(api))
    routes.add_url_rule(f"{ROOT}/health", "health", _health)
    routes.add_url_rule(f"{ROOT}/ready", "ready", _ready(api))
    routes.add_url_rule("/api/openapi.json", "openapi", lambda: jsonify(document()))
    routes.add_url_rule("/api/<path:rest>", "nowhere", _nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _bound_body() -> None:
    request.max_content_length = MAX_BYTES


def _body() -> dict[str, Any]:
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge from None
    if data and not request.is_json:
        raise errors.NotJson
    return read_object(data)


def _nowhere(rest: str) -> Response:  # noqa: ARG001
    raise unknown()


def _listed(api: Api, noun: Noun) -> Callable[[], Response]:
    def view() -> Response:
        actor, now, days = api.actor(), api.gateway.now(), api.gateway.settings.list_max_age_days
        before, limit = paging.asked()
        with api.gateway.unit.reading() as work:
            found = lists.page(work, actor, noun, now, days, before=before, limit=limit)
        return paging.linked(jsonify(found.rows), found.older, limit)

    return view


def _shown(api: Api, noun: Noun) -> Callable[[str], Response]:
    def view(id: str) -> Response:
        return jsonify(_one(api, api.actor(), noun, id))

    return view


def _one(api: Api, actor: Actor, noun: Noun, subject_id: str) -> dict[str, Any]:
    if noun_of(subject_id) is not noun:
        raise unknown()
    with api.gateway.unit.reading() as work:
        return views.one(work, actor, subject_id, api.gateway.now(), api.gateway.settings.list_max_age_days)


def _performed(api: Api, address: Address) -> Callable[[str], Response]:
    def view(id: str) -> Response:
        actor = api.actor()
        with noted(api.gateway, actor=actor, command=address.command, subject_id=id):
            body = _body()
        outcome = perform(api.gateway, actor=actor, command=address.command, subject_id=id, given=body)
        return jsonify(_told(outcome))

    return view


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "subject_id": outcome.subject_id,
        "state": outcome.state,
        "created_id": outcome.created_id,
        "returned": outcome.returned,
    }


def _priced(api: Api) -> Callable[[str], Response]:
    def view(id: str) -> Response:
        actor = api.actor()
        facts = permit(api.gateway, actor=actor, command=Command.DRAFT_RELEASE, subject_id=id)
        with noted(api.gateway, actor=actor, command=Command.DRAFT_RELEASE, subject_id=id):
            given = parse(Command.DRAFT_RELEASE, _body())
            assert isinstance(given, Request)  # noqa: S101 - the registry ties this command to this model
            asked = priced(actor, facts, given.request)
        return jsonify({"request_digest": asked.digest, **asked.told})

    return view


def _package(api: Api) -> Callable[[str], Response]:
    def view(id: str) -> Response:
        data = package_bytes(api.gateway, api.objects, actor=api.actor(), release_id=id)
        named = {"Content-Disposition": f'attachment; filename="{id}.zip"'}
        return Response(data, mimetype="application/zip", headers=named)

    return view


def _artefact(api: Api) -> Callable[[str], Response]:
    def view(id: str) -> Response:
        data = artefact_bytes(api.gateway, api.objects, actor=api.actor(), release_id=id)
        return Response(data, mimetype="application/json")

    return view


def _me(api: Api) -> Callable[[], Response]:
    def view() -> Response:
        actor = api.actor()
        seats = sorted(seat.value for seat in actor.appointments)
        return jsonify({**_one(api, actor, Noun.PERSON, actor.person_id), "appointments": seats})

    return view


def _register(api: Api) -> Callable[[], Response]:
    def view() -> Response:
        with api.gateway.unit.reading() as work:
            return jsonify(views.register(work))

    return view


def _told_to_all(api: Api, question: Callable[..., Any]) -> Callable[..., Response]:
    """What everybody with a token may know."""

    def view(**named: str) -> Response:
        api.actor()
        with api.gateway.unit.reading() as work:
            return jsonify(question(work, **named))

    return view


def _public(api: Api, ask: Callable[[Work, Gateway], Any]) -> Callable[[], Response]:
    def view() -> Response:
        with api.gateway.unit.reading() as work:
            return jsonify(ask(work, api.gateway))

    return view


def _data_uses(work: Work, gateway: Gateway) -> Any:
    return public_figures.data_uses(work, gateway.settings.base_url)


def _figures(work: Work, gateway: Gateway) -> Any:
    return {
        "budget": public_figures.pool_budget(work),
        "turnaround": public_figures.turnaround(work),
        "opt_outs": public_figures.opt_out_standing(work, gateway.settings),
        "releases": public_figures.published_releases(work),
    }


def _satre(work: Work, gateway: Gateway) -> Any:
    return public_figures.satre(work, gateway.settings, gateway.now())


def _code_list(work: Work, slug: str, version: str) -> View:
    return code_lists.one(work, f"{slug}/{version}")


def _compared(work: Work, slug: str, version: str, other: str, other_version: str) -> View:
    return code_lists.compared(work, f"{slug}/{version}", f"{other}/{other_version}")


def _checkpoints(api: Api) -> Callable[[], Response]:
    def view() -> Response:
        with api.gateway.unit.reading() as work:
            signed = [audit_chain.published(row) for row in audit_chain.checkpoints(work)]
            followed = [handover.shown() for handover in audit_chain.handovers(work)]
        return jsonify({"public_key": api.public_key().hex(), "checkpoints": signed, "handovers": followed})

    return view


def _health() -> Response:
    """This process answers; whether what it leans on does too is for `_ready` to say."""
    return jsonify({"status": "ok"})


def _ready(api: Api) -> Callable[[], tuple[Response, int]]:
    def view() -> tuple[Response, int]:
        parts = api.ready()
        whole = all(parts.values())
        return jsonify({"status": "ready" if whole else "not ready", "parts": parts}), 200 if whole else 503

    return view
