"""`python -m infra.identity --port N --personas FILE.json`: serve the development provider on loopback."""

import argparse
import logging
import os
import sys
from pathlib import Path

from werkzeug.serving import make_server

from infra.identity.personas import read_personas
from infra.identity.provider import LOOPBACK, Client, Provider

SECRET_VARIABLE = "TRE_IDENTITY_CLIENT_SECRET"  # noqa: S105


def main(argv: list[str] | None = None) -> int:
    """Start and serve until stopped; 2 when asked to listen anywhere but on loopback."""
    parser = argparse.ArgumentParser(prog="python -m infra.identity", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--personas", type=Path, required=True, help="JSON list of sub, name, email, organisation, persona"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--issuer", help="the name that identities are kept under; default: where it listens")
    parser.add_argument("--client-id", default="tre-gateway")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="exact return address; default: any on loopback"
    )
    asked = parser.parse_args(argv)
    if asked.host not in LOOPBACK:
        print("The development provider listens on loopback only: anybody can be anybody here.", file=sys.stderr)
        return 2
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    client = Client(asked.client_id, os.environ.get(SECRET_VARIABLE, "development-only"), frozenset(asked.redirect_uri))
    address = f"http://{asked.host}:{asked.port}"
    provider = Provider(
        issuer=asked.issuer or address, personas=read_personas(asked.personas), client=client, address=address
    )
    print(f"Development identity provider at {provider.address}", flush=True)
    make_server(asked.host, asked.port, provider, threaded=True).serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
