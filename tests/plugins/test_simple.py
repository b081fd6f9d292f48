"""`assert`, `fail`, `log`, `python.call`, and what holds of all built-in step types."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from steplane.plugins import Index, Plugin, PluginProblem, Registry
from steplane.sdk import Step, StepError, StepType, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.assertion import Assert
from steplane_steps.fail import Fail
from steplane_steps.log import Log
from steplane_steps.python import Call

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
POINTS: dict[str, str] = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]["steplane.steps"]
NAMES = [
    "archive.pack", "archive.unpack", "assert", "csv.read", "csv.write", "decide", "fail", "file.copy", "file.glob",
    "file.hash", "file.read", "file.write", "git.info", "http.request", "json.read", "json.write", "log",
    "notify.webhook", "python.call", "python.run", "shell", "template.render",
]  # fmt: skip


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The built-in plugins, as the distribution declares them."""
    return Registry(Index(tuple(Plugin(name, module, "steplane", "0") for name, module in sorted(POINTS.items()))))


def failure(ctx: RecordingContext, kind: type[Step], **parameters: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        convert(kind, parameters).run(ctx)
    return caught.value


class TestAll:
    def test_are_found_through_the_public_way(self, registry: Registry) -> None:
        listed = registry.all()
        assert [one.problem for one in listed] == [None] * len(POINTS)
        assert sorted(kind.name for one in listed for kind in one.types) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_say_what_they_are(self, registry: Registry, name: str) -> None:
        described = registry.step_type(name)
        assert isinstance(described, StepType)
        assert described.title.endswith(".")
        assert name.partition(".")[0] in described.example or "run:" in described.example
        undescribed = [
            one for one, schema in described.parameters["properties"].items() if not schema.get("description")
        ]
        assert undescribed == []

    def test_only_a_function_call_cannot_be_cancelled(self, registry: Registry) -> None:
        described = [registry.step_type(name) for name in NAMES]
        assert [one.name for one in described if not isinstance(one, PluginProblem) and not one.cancellable] == [
            "python.call"
        ]

    def test_the_private_way_into_the_script_is_not_shown(self, registry: Registry) -> None:
        described = registry.step_type("shell")
        assert isinstance(described, StepType)
        assert described.parameter_names() == (
            "script", "argv", "shell", "stdin", "capture", "ok_codes", "tty", "grace",
        )  # fmt: skip
        assert described.parameters["properties"]["grace"]["default"] == "10s"
        assert described.outputs is not None
        assert described.outputs["additionalProperties"] is True


class TestAssert:
    def test_what_holds_says_nothing(self, ctx: RecordingContext) -> None:
        for that in (True, [True, True], []):
            convert(Assert, {"that": that}).run(ctx)
        assert ctx.logged == ctx.warned == []

    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            ({"that": False}, "the assertion does not hold"),
            ({"that": [True, False, True]}, "assertion 2 of 3 does not hold"),
            ({"that": False, "message": "no orders"}, "no orders"),
        ],
    )
    def test_what_does_not(self, ctx: RecordingContext, parameters: dict[str, Any], said: str) -> None:
        error = failure(ctx, Assert, **parameters)
        assert (error.type, error.message) == ("assert", said)

    def test_takes_booleans_only(self, ctx: RecordingContext) -> None:
        for that in ("false", 1, None, [0]):
            assert failure(ctx, Assert, that=that).type == "input.invalid"


class TestFail:
    def test_fails_as_it_says(self, ctx: RecordingContext) -> None:
        error = failure(ctx, Fail, message="no price", type="price.missing", code=7, detail={"sku": "x"})
        assert (error.type, error.message, error.code, error.detail) == ("price.missing", "no price", 7, {"sku": "x"})
        assert failure(ctx, Fail, message="no").type == "fail"

    @pytest.mark.parametrize("kind", ["", "Price", "a..b", "a b"])
    def test_the_type_is_dotted_words(self, ctx: RecordingContext, kind: str) -> None:
        assert failure(ctx, Fail, message="x", type=kind).type == "input.invalid"

    def test_a_line_end_is_no_part_of_the_type(self, ctx: RecordingContext) -> None:
        assert failure(ctx, Fail, message="x", type="a\n").type == "a"


class TestLog:
    @pytest.mark.parametrize(
        ("message", "line"), [("as it is", "as it is"), (5, "5"), (None, "null"), ({"a": "ü"}, '{"a": "ü"}')]
    )
    def test_writes(self, ctx: RecordingContext, message: Any, line: str) -> None:
        convert(Log, {"message": message}).run(ctx)
        convert(Log, {"message": message, "level": "warning"}).run(ctx)
        assert (ctx.logged, ctx.warned) == ([line], [line])


class TestCall:
    def call(self, ctx: RecordingContext, **parameters: Any) -> Any:
        plain = to_plain(convert(Call, parameters).run(ctx), "`python.call`")
        assert plain is not None
        return plain["value"]

    def write(self, ctx: RecordingContext, text: str, name: str = "tool.py") -> None:
        (ctx.workdir / name).write_text(text)

    def test_an_installed_module(self, ctx: RecordingContext) -> None:
        assert self.call(ctx, function="posixpath:join", args=["a", "b"]) == "a/b"
        assert self.call(ctx, function="fractions:Fraction.limit_denominator.__name__.upper") == "LIMIT_DENOMINATOR"

    def test_a_file_is_read_anew_each_time(self, ctx: RecordingContext) -> None:
        self.write(ctx, "def total(rows, *, currency):\n    return {'sum': sum(rows), 'in': currency}\n")
        outputs = self.call(ctx, function="tool.py:total", args=[[1, 2]], kwargs={"currency": "EUR"})
        assert outputs == {"sum": 3, "in": "EUR"}
        self.write(ctx, "def total(rows, *, currency):\n    return 'another, and longer'\n")
        assert self.call(ctx, function="tool.py:total", args=[[]], kwargs={"currency": ""}) == "another, and longer"

    def test_a_module_of_the_project(self, ctx: RecordingContext) -> None:
        self.write(ctx, "def one():\n    return 1\n", "steplane_test_project_module.py")
        assert self.call(ctx, function="steplane_test_project_module:one", path=["."]) == 1

    @pytest.mark.parametrize(
        ("text", "kind", "said"),
        [
            ("def f(): raise ValueError('no')", "python.exception", "`tool.py:f` raised ValueError: no"),
            ("def f(): exit(0)", "python.exception", "`tool.py:f` raised SystemExit: 0"),
            ("def f(x): pass", "python.exception",
             "`tool.py:f` raised TypeError: f() missing 1 required positional argument: 'x'"),
            ("f = 3", "python.import", "`tool.py:f` is no function but int"),
            ("", "python.import",
             "`tool.py:f` cannot be had: AttributeError: module 'steplane_call_tool' has no attribute 'f'"),
            ("raise SystemExit(0)", "python.import", "`tool.py:f` cannot be had: SystemExit: 0"),
            ("def f(): return object()", "plugin.result", "`python.call` returned what is no JSON: "),
            ("async def f(): pass", "python.exception", "`tool.py:f` is a coroutine function: wrap it in asyncio.run"),
            (
                "from steplane.sdk import StepError\ndef f(): raise StepError('own.kind', 'mine')",
                "own.kind",
                "mine",
            ),
        ],
    )  # fmt: skip
    def test_failures(self, ctx: RecordingContext, text: str, kind: str, said: str) -> None:
        self.write(ctx, text)
        with pytest.raises(StepError) as caught:
            self.call(ctx, function="tool.py:f")
        assert caught.value.type == kind
        assert caught.value.message.startswith(said)

    def test_the_traceback_is_in_the_log(self, ctx: RecordingContext) -> None:
        self.write(ctx, "def f():\n    raise ValueError('no')")
        failure(ctx, Call, function="tool.py:f")
        assert ctx.logged[0] == "Traceback (most recent call last):"
        assert ctx.logged[-1] == "ValueError: no"
