"""The departments' data-sharing interfaces (政务数据共享) as one separate process.

`python -m sandbox.registries --host 127.0.0.1 --port 0 [--key K]`

Departments answer about a person (`id_number`) or an enterprise (`uscc`) with facts, lists, shares and
electronic certificates, each with the date of the record.  What a department does not know it does not
mention: unknown is not no.  `/__emu__/` on the same port changes people, injects faults, shows the journal.
Shares no code with the product.

`python -m sandbox.registries generate …` is another program: it writes a made-up population (`population`).
"""
