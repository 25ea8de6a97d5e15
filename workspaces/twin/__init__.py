"""The public synthetic twin: fixed marginals that are released once with noise, and people made up from them (P18)."""
