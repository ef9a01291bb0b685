"""The engine leaves it to who calls to tell NumPy that overflow is no error."""

import pytest

from sknumpynet.arithmetic import quiet_arithmetic


@pytest.fixture(autouse=True)
def quiet():
    with quiet_arithmetic():
        yield
