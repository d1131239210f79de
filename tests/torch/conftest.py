"""What the tests of the PyTorch front end share."""

import pytest

from rewire.torch.layers import functional


@pytest.fixture(autouse=True, scope="module")
def small_layers_use_the_kernels():
    """Leave no layer to PyTorch's operations for being small: what is tested here is small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functional, "SMALL", 0)
        yield
