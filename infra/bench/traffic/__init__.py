"""`bench traffic`: everybody at once, against the servers that `tre serve` and `tre work` start, on PostgreSQL."""
