"""The people and offices of 办件, whose cases are rated."""

from tests.blueprints.applications.conftest import (  # noqa: F401 fixtures are found by name
    catalogue,
    departments,
    desk,
    desk_of,
    elder,
    verified,
)
