"""The building: demo, seeds, deployment. Imported by none of the other packages."""
