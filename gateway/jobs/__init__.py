"""What runs without a person, as SYSTEM, through the same door."""
