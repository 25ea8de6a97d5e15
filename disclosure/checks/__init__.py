"""What a data owner's output rules say about a request and about released values, before a person looks.

Presets are data; a check reads a request with its price, or an artefact, and never records.
"""
