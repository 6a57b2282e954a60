"""What the backend costs: `python -m benchmarks` measures it over HTTP, the other modules one part each."""
