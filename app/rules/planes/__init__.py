"""位平面: the same conditions for a whole population at once, as packed bits, on NumPy.

Every distinct question is asked once per chunk of rows and answered in two planes, surely true and possibly
true; `all` and `any` are bit operations on both, `not` swaps and inverts them. The meaning stays that of
`evaluate`. Only what matches populations imports this package: no web process loads NumPy by starting.

- `spans`: a comparison as ranges of integers
- `columns`, `tabulation`: facts of many as arrays, and how subjects become them
- `lowering`: from conditions to steps
- `kernel`: from steps and columns to planes
- `answers`: counting, listing and comparing planes
- `calendar`: whom a step of the calendar can touch
"""
