"""A step type that several threads use for the first time at once."""

import subprocess
import sys

PROGRAM = """
import sys, threading
from typing import Annotated, Literal
from steplane.sdk import Meta, Step, convert

sys.setswitchinterval(1e-6)
for _ in range(100):
    class Kind(Step, type="a.b"):
        a: Annotated[str | None, Meta(description="x")] = None
        b: Annotated[list[str], Meta(min_length=1)] | None = None
        c: Literal["x", "y"] | Annotated[list[str], Meta(min_length=1)] = "x"
        d: dict[str, tuple[int, ...]] = {}

    def use():
        together.wait()
        made.append(convert(Kind, {"a": "1"}).a)

    together, made = threading.Barrier(8), []
    threads = [threading.Thread(target=use) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert made == ["1"] * 8
"""


def test_threads_that_use_a_step_type_first_at_the_same_time_do_not_crash_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
