"""The domain of 掌上办: one package per capability, and what they stand on.

A package may import only packages below it; pyproject.toml holds the order and CI enforces it.
"""

import gc

# Importing alone makes hundreds of thousands of objects that live as long as the process. Searching them for
# cycles after every 700 new ones took a fifth of the import, and two fifths of a busy worker's time.
gc.set_threshold(20_000, 20, 20)
