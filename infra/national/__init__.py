"""A stand-in for the national service that checks for opt-outs; it alone reads the list of opted-out people."""
