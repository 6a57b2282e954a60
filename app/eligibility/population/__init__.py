"""政策找人: a whole population against all policies of a day, as differences against the day before.

- `rulebook`: the policies of a day, lowered once
- `results`: what a run found about the subjects of one partition, kept until the next run
- `running`: a run over a snapshot, partition by partition, resumable
- `difference`: who is new, lost, undetermined, or to be priced again
- `incremental`: the same difference from those alone who changed or whom the calendar touches
- `foresight`: what the calendar alone will bring in the next days; `searching`: whom to announce it
- `preview`: how a policy would answer, counted
"""
