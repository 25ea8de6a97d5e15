"""What costs time and gives nothing while very many objects are made, or many modules loaded: set aside meanwhile."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


@contextmanager
def paused_collector() -> Iterator[None]:
    """No collection inside. It walks every object there is each time their number has grown by some hundreds.

    A release of 44,880 cells spends half of its description on that. Where the collector is off already, it stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def loaded_plainly() -> Iterator[None]:
    """No collection inside, and no search for pydantic's plugins, which reads the metadata of every installed package.

    Requests are then looked at by nobody else's code. Models that are made elsewhere find their plugins as before.
    """
    before = os.environ.get(_PLUGINS)
    os.environ[_PLUGINS] = "__all__"
    try:
        with paused_collector():
            yield
    finally:
        if before is None:
            del os.environ[_PLUGINS]
        else:
            os.environ[_PLUGINS] = before
