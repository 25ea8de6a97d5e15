"""The statistics a request may ask for: one module each, one registry."""
