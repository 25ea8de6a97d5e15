"""Relations with known person key: clean tables, joins on the key, selects grouped by it."""
