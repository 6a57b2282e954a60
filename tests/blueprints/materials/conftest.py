"""A signed-in phone, and the scanner at work."""

import pytest

from app.materials import scanning
from tests.support.uploads import Phone


@pytest.fixture
def phone(sign_in, clamd):
    """A resident's phone."""
    return Phone(sign_in.resident().client)


@pytest.fixture
def clean_upload(phone):
    """`clean_upload(content)`: uploaded and scanned; returns its id."""

    def make(content, name="户口簿.jpg", whose=None):
        upload_id = (whose or phone).upload(content, name)
        assert scanning.scan_due() == 1
        return upload_id

    return make
