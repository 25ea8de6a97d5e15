"""Logs as JSON lines of listed keys. What other people's code says is cut to its kind: it may quote anything.

Our own messages carry names and counts, never values of records, paths or queries of requests; that is kept where
they are written. Here is the second wall: an extra key that is not listed does not come out.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

OURS = ("gateway", "tre", "workspaces", "disclosure", "infra")
KEYS = ("event", "endpoint", "method", "status", "seconds", "incident", "task", "kind", "outcome", "code")
WITHHELD = "said something that is withheld: it may hold anything"


class JsonLines(logging.Formatter):
    """One line for a record: time (UTC), level, source, message, and the keys that are listed."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. An exception is told by its type and place, never by its text."""
        ours = record.name.split(".")[0] in OURS
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": record.name,
            "message": record.getMessage() if ours else WITHHELD,
        }
        told |= {key: record.__dict__[key] for key in KEYS if ours and key in record.__dict__}
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
        return json.dumps(told, ensure_ascii=True, default=lambda value: type(value).__name__)


def begin(stream: TextIO | None = None, level: int = logging.INFO) -> logging.Handler:
    """All logs of this process go to `stream` (stderr) in this shape from now on; from others only warnings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    return handler
