"""Made once, before a server's processes are forked, so that nobody's first visit waits for it."""

import atexit
import gc

from flask import Flask

from disclosure.statistics.registry import REGISTRY


def warm(app: Flask) -> None:
    """Compile every template, load every statistic; what is there by then is no garbage of any process."""
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    tuple(REGISTRY.values())
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end everything is let go in order
