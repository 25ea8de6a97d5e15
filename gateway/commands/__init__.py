"""What can be done: one module per noun, one keyword-only verb per command, one door (`perform`)."""
