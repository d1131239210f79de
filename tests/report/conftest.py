"""A recording that several modules show."""

import pytest

from .recordings import recorded


@pytest.fixture(scope="session")
def recording():
    return recorded()
