"""The blueprints of the pages, one per noun."""

from gateway.web import (
    audit,
    home,
    opt_outs,
    people,
    projects,
    register,
    releases,
    sign_in,
    snapshots,
    sources,
    status,
    workspaces,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        home,
        sign_in,
        projects,
        snapshots,
        workspaces,
        releases,
        opt_outs,
        sources,
        register,
        audit,
        people,
        status,
    )
)
