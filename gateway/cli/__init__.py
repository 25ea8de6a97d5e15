"""The command `tre`: operators' commands on the gateway's machine, a client over HTTP, and offline checks."""
