"""What the trail refuses; a defect of the caller, never a resident's."""


class PersonalDetail(Exception):
    """A detail looks like a person's number; the trail keeps ids, codes and counts only."""
