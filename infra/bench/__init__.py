"""Benchmarks: each prints its measures beside a reference taken in the same call, as a table or as one JSON object."""
