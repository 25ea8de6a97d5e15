"""Every request is counted and logged by its endpoint, status and time; never by address, query or person."""

import logging
import time
from typing import Any

from flask import Flask, Response, g, request

from gateway import metrics, traces

_log = logging.getLogger("gateway.requests")


def install(app: Flask) -> None:
    """Before everything else, so that what others refuse is counted too."""
    app.before_request(_begin)
    app.after_request(_end)
    answer = app.wsgi_app

    def traced(environ: Any, start_response: Any) -> Any:
        with traces.span(traces.Kind.REQUEST):
            return answer(environ, start_response)

    app.wsgi_app = traced  # type: ignore[method-assign]


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    metrics.answered(endpoint, request.method, response.status_code, seconds)
    traces.tell(endpoint=endpoint, method=request.method, status=response.status_code)
    if endpoint != "static":
        told = {"endpoint": endpoint, "method": request.method, "status": response.status_code}
        _log.info("request", extra={**told, "seconds": round(seconds, 4)})
    return response
