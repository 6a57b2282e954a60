"""The domain of 掌上办: one package per capability, and what they stand on.

A package may import only packages below it; pyproject.toml holds the order and CI enforces it.
"""
