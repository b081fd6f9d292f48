"""A text checked and mended as `steplane check` does it, with what is installed and nothing on the disk."""

from collections.abc import Mapping
from functools import cache

from steplane.app.fixing import fix_all
from steplane.app.loading import Recorded, Wanted, compile_file, make_registry
from steplane.app.mending import with_fixes
from steplane.app.shell_syntax import Shells
from steplane.diagnostics import Diagnostic
from steplane.plugins import Registry


@cache
def registry() -> Registry:
    return make_registry(None, None)


def check(text: str, file: str, others: Mapping[str, str], *, hints: bool = False) -> list[Diagnostic]:
    """What is said of a text; `others` are the files beside it."""
    wanted = Wanted(plan=False, hints=hints, scripts=Shells())
    loaded = compile_file(text.encode(errors="surrogatepass"), file, registry(), Recorded(dict(others)), wanted)
    return with_fixes(loaded.diagnostics, loaded.documents)


def mended(text: str, file: str, others: Mapping[str, str], *, hints: bool = False, unsafe: bool = True) -> str:
    """The text with all its mends."""
    return fix_all(text, file, lambda one: check(one, file, others, hints=hints), unsafe=unsafe)[0]
