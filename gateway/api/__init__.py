"""The same commands as JSON: addresses derived from the transitions, errors as everywhere, an OpenAPI description."""
