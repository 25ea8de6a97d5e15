"""HTTP in, HTML out: one blueprint per noun over the same commands and views that the API uses."""
