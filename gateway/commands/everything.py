"""Imports every module of verbs, so that the registry is complete before the door opens."""

from importlib import import_module

MODULES = (
    "people",
    "certificates",
    "pools",
    "code_lists",
    "opt_outs",
    "projects",
    "committee",
    "snapshots",
    "workspaces",
    "rooms",
    "requests",
    "draws",
    "reviews",
    "releases",
    "register",
    "audit",
    "erasures",
    "refreshes",
    "exemptions",
    "safekeeping",
    "retention",
)


def load() -> None:
    """Import them all; importing twice changes nothing."""
    for module in MODULES:
        import_module(f"gateway.commands.{module}")
