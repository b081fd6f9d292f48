import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runner.plugins.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for name in made.modules:
        sys.modules.pop(name, None)
