"""The National Data Opt-out as an allow list: asked for by file, matched by local id, kept with an age."""

from workspaces.opt_outs.carrier import ByHand, Carrier, Collected
from workspaces.opt_outs.exchange import Exchange, expire, is_answered, read_answer, unmatched, waiting, write_request
from workspaces.opt_outs.forgetting import forget
from workspaces.opt_outs.hashing import Hashing, ListKeys
from workspaces.opt_outs.list import AGE_CEILING_DAYS, OptOutList, open_list
from workspaces.opt_outs.mesh import Mesh
from workspaces.opt_outs.receipt import Receipt, commitment

__all__ = [
    "AGE_CEILING_DAYS",
    "ByHand",
    "Carrier",
    "Collected",
    "Exchange",
    "Hashing",
    "ListKeys",
    "Mesh",
    "OptOutList",
    "Receipt",
    "commitment",
    "expire",
    "forget",
    "is_answered",
    "open_list",
    "read_answer",
    "unmatched",
    "waiting",
    "write_request",
]
