"""Tracing: candidates for council rows that came without an NHS number. They join nothing by themselves."""

from workspaces.tracing.candidates import Candidate, find_candidates

__all__ = ["Candidate", "find_candidates"]
