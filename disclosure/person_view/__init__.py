"""Typed forms and SQL become canonical SQL with one row per person, from that person's rows alone, or are refused."""

from disclosure.person_view.prove import prove
from disclosure.person_view.schema import Literal, ProvenView, Schema, ViewColumn

__all__ = ["Literal", "ProvenView", "Schema", "ViewColumn", "prove"]
