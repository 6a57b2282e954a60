"""政策匹配: facts about a resident × policy rules → eligible, ineligible or undetermined, with reasons.

Invariants: unknown is never ineligible; a published version never changes; a match names the version and
the facts that it used; whoever wrote a policy does not approve it (四眼原则); matching twice the same data
changes nothing.
"""
