"""Every request is counted and logged by its endpoint, status and time; never by address, query or person."""

import logging
import time

from flask import Flask, Response, g, request

from gateway import metrics

_log = logging.getLogger("gateway.requests")


def install(app: Flask) -> None:
    """Before everything else, so that what others refuse is counted too."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    metrics.answered(endpoint, request.method, response.status_code, seconds)
    if endpoint != "static":
        told = {"endpoint": endpoint, "method": request.method, "status": response.status_code}
        _log.info("request", extra={**told, "seconds": round(seconds, 4)})
    return response
