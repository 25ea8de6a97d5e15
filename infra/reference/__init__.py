"""Writes docs/reference/ from the code, so that what people read is what runs."""
