"""运行监测: the numbers that operations look at, read from the capabilities' own queries.

Honest numbers: what nobody knows is counted as unknown, silence is not praise, and a share says of how many.
Nothing depends on this package.
"""
