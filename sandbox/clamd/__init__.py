"""A stand-in for ClamAV's daemon: the same protocol on the wire, one signature, and faults on request.

It finds the EICAR test file (eicar.org) wherever it lies in a stream. `/__emu__/` on the control port: `GET
health`, `GET journal`, `POST faults {effect, times?}`, `DELETE faults`, `POST reset`.
"""
