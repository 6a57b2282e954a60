"""The service item that a case began with; a newer version never changes a case."""

from app.applications.clocks import Limits
from app.applications.errors import ServiceNotOffered
from app.catalogue import queries as catalogue
from app.catalogue.types import ServiceItem
from app.catalogue.vocabulary import words


def item_of(service_id: str, version: int) -> ServiceItem:
    """Return that very version; the published one is at hand without asking the database."""
    found = catalogue.service(service_id, version)
    if found is None:
        raise ServiceNotOffered
    return found


def limits_of(item: ServiceItem) -> Limits:
    """Return its promised and legal limits."""
    return Limits(item.promised_limit, item.statutory_limit)


def department_name(code: str) -> str:
    """Return what a department is called: `民政部门`; an unknown code stays as it is."""
    name = words().departments.get(code)
    return f"{name}部门" if name else code
