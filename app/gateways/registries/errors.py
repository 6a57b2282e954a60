"""What can go wrong with a department; texts name the department and a short reason, never a person."""

from app.gateways.registries.departments import Department


class RegistryError(Exception):
    """A department did not give a usable answer: what it would have said stays unknown."""

    def __init__(self, department: Department, reason: str) -> None:
        super().__init__(f"{department.value}: {reason}")
        self.department, self.reason = department, reason


class RegistryDown(RegistryError):
    """The department does not answer in time, or has not lately and is given time to recover."""


class RegistryWrong(RegistryError):
    """The department answered something that is not to be believed, or refused the question."""
