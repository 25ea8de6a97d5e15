"""One module per step, one head."""
