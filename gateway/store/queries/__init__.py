"""Questions to the database; what a person sees is always filtered by visibility."""
