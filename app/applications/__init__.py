"""办件: from draft to decision, as past-tense events; status, clocks and timeline are folded from them.

`drafts` (fill in), `service` (submit, supplement, withdraw) and `officers` (claim, decide) are the verbs;
`queries` and `staff_queries` the reads; `deadlines` is the scheduled work.
"""
