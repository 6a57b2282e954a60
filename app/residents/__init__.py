"""办事人: what we know of a resident and from whom, what they allowed, and for whom they may act."""
