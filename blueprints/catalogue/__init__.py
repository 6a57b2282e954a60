"""HTTP of the catalogue: services, themes, regions; public and cached."""
