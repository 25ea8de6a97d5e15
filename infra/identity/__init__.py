"""A development identity provider: OpenID Connect with made-up personas, on loopback only."""
