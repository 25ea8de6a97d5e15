"""The application, read as a list of its parts."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from gateway import traces
from gateway.api.blueprint import Api
from gateway.api.blueprint import blueprint as api_blueprint
from gateway.jobs.doctor import ready
from gateway.jobs.house import House, open_house, utc_now
from gateway.settings import Settings
from gateway.web import attempts, current, errors, layout, nouns, security, sessions, sign_in, watching


def create_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now, house: House | None = None) -> Flask:
    """The gateway as a WSGI application over a database that is migrated and has its pool."""
    house = house or open_house(settings, clock)
    traces.begin(settings.traces, house.gateway.unit.engine)
    app = Flask("gateway.web")
    app.extensions["gateway"] = house.gateway
    app.extensions["objects"] = house.objects
    app.extensions["public_key"] = house.keys.public
    app.extensions["promises"] = lambda: house.rooms().promises()
    watching.install(app)
    current.install(app)
    sessions.install(app, house.gateway)
    security.install(app, settings)
    layout.install(app)
    errors.install(app)
    sign_in.install(app, settings)
    nouns.install(app)
    api = api_blueprint(
        Api(
            house.gateway,
            house.objects,
            house.keys.public,
            errors.status_of,
            lambda: ready(house),
            lambda: attempts.wrong_token(house.gateway),
        )
    )
    security.csrf.exempt(api)  # a bearer token is not sent by other sites' forms
    app.register_blueprint(api)
    return app
