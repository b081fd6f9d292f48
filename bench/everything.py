"""All benchmarks, one after the other: `python bench/everything.py [--programs DIR] [--in DIR] [--quick]`.

Prints the tables of docs/benchmarks.md with what is needed to read them: the machine, the date, the versions, and the
command of each. The other runners are those of DIR, an environment made with `pip install -r bench/peers.txt`; without
`--programs` such a one is made for the time of the measurement. With `--quick` all is small: to see that it works.
Ends with 1 where an aim is missed.
"""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def commands(programs: Path, folder: str, *, quick: bool) -> list[list[str]]:
    """What is run, in turn: script and words."""
    disk = ["--in", folder]
    return [
        ["run.py", *disk, *(["--quick"] if quick else [])],
        ["kernel.py", *(["--quick"] if quick else [])],
        ["two_runs.py", *disk, *(["--steps", "20", "--rounds", "1"] if quick else [])],
        ["peers.py", "--programs", str(programs / "bin"), *disk, "--times", "3", *(["one"] if quick else [])],
        ["checker.py", "--programs", str(programs), *disk, *(["1", "--times", "1"] if quick else [])],
        ["expressions.py", *(["--quick"] if quick else [])],
        ["waiting.py", *(["--quick"] if quick else [])],
        ["live.py", *disk, *(["--times", "1", "--quick"] if quick else ["--times", "7"])],
    ]


def main() -> int:
    """Run all and print what they print."""
    parser = argparse.ArgumentParser(description="All benchmarks, one after the other.")
    parser.add_argument("--programs", type=Path, help="an environment with the other runners; made anew without it")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    parser.add_argument("--quick", action="store_true", help="all small: to see that it works")
    options = parser.parse_args()
    print(
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Steplane {version('steplane')}, {dt.datetime.now(dt.UTC).date()}",
        flush=True,
    )
    missed = False
    with tempfile.TemporaryDirectory(prefix="programs-") as made:
        programs = options.programs or _environment(Path(made))
        for script, *words in commands(programs.resolve(), options.folder, quick=options.quick):
            print(f"\n## python bench/{script} {' '.join(words)}\n", flush=True)
            code = subprocess.run([sys.executable, str(HERE / script), *words], check=False).returncode
            missed |= code != 0
            if code not in (0, 1):
                print(f"ended with exit code {code}", flush=True)
    return 1 if missed else 0


def _environment(folder: Path) -> Path:
    """The folder as a new environment with the other runners."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", HERE / "peers.txt"], check=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
