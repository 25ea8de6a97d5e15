"""Pure functions over models: who may do what, when, and why not. No Flask, no database session, no clock."""
