"""环节: which department does what of a case, in which order; one task each, with its own limit.

`plan` says what waits for what, `handling` where each stage stands (both pure); `progress` writes; `officers`
and `applicant` end stages, as `app.applications.automatic` does for the machine; `queries` reads.
"""
