"""The demonstration: one journey through the whole gateway on made-up records."""
