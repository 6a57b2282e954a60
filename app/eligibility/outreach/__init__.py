"""主动发现: people who never registered, found in what a data platform (一人一档) delivers.

- `arrivals`: what lies in the platform's folder, and whether a process must be started for it
- `inspection`: what is refused before anything is applied
- `matching`: a delivery matched, and its difference against the last one as rows
- `applying`: the difference becomes visits and closings, a batch a transaction
- `taking`: the order of the above, resumable; `app.deliveries` is its process
- `closing`: open visits that time has made needless
- `wording`: why somebody is visited, in words that tell no secret
- `accounts`: what came of a delivery, for officers

`matching`, `inspection` and `taking` need NumPy and Arrow and are imported by `app.deliveries` alone. People
are known by the keyed index of their number and by nothing else; whoever is registered has consents and goes
the other way.
"""
