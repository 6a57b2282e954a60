"""材料: uploads received in pieces, looked through, kept sealed, and lent by links of five minutes.

Knows files and whose they are; which case they belong to is answered by whoever has cases (`readers.py`).
Nothing that was not re-encoded or looked through by a process of its own (`parsing/`) is ever kept.
"""
