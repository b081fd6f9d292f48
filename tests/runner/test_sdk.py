"""The contract of step types: what a class says of itself, parameters in, outputs out."""

import math
import pickle
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from steplane.sdk import (
    API,
    Code,
    DefinitionError,
    Duration,
    InvalidParameter,
    InvalidResult,
    Meta,
    PlanContext,
    Planned,
    Private,
    Result,
    Secret,
    Spread,
    Step,
    StepContext,
    StepError,
    Suspend,
    convert,
    describe,
    seconds,
    to_plain,
)
from steplane.sdk.durations import duration_text


class Response(Result):
    status: int
    headers: dict[str, str]
    json: Any = None


class Part(Result):
    name: str
    parts: list["Part"] = []  # noqa: RUF012 - as an author writes it; msgspec copies it


class Request(Step, type="http.request", errors=("http.status", "http.timeout"), capabilities=("network",)):
    """Send one HTTP request.

    Redirects are followed.

    Example:
        uses: http.request
        with: {url: https://example.org}
    """

    url: Annotated[str, Meta(description="Absolute URL")]
    method: Literal["GET", "POST", "PUT"] = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012 - as an author writes it
    json: Any = None
    timeout: Duration = 30.0
    pause: Annotated[Duration | None, Meta(description="Before it")] = None
    token: Secret | None = None
    size: int | None = None
    ratio: float | None = None
    names: list[str] = []  # noqa: RUF012 - as above
    either: int | str = 0
    deep: dict[str, dict[str, list[int]]] = {}  # noqa: RUF012 - as above
    hidden: Annotated[str | None, Private] = None

    def run(self, ctx: StepContext) -> Response:
        return Response(200, {})

    def plan(self, ctx: PlanContext) -> Planned:
        return Planned("send")


class TestDescribe:
    def test_what_the_class_line_says(self) -> None:
        described = describe(Request)
        assert described.name == "http.request"
        assert described.errors == ("http.status", "http.timeout")
        assert described.capabilities == ("network",)
        assert (described.idempotent, described.cancellable, described.planned) == (False, False, True)

    def test_what_the_docstring_says(self) -> None:
        described = describe(Request)
        assert described.title == "Send one HTTP request."
        assert described.doc == "Send one HTTP request.\n\nRedirects are followed."
        assert described.example == "uses: http.request\nwith: {url: https://example.org}"

    def test_parameters(self) -> None:
        schema = describe(Request).parameters
        assert schema["required"] == ["url"]
        assert schema["additionalProperties"] is False
        assert list(schema["properties"]) == [
            "url", "method", "headers", "json", "timeout", "pause", "token", "size", "ratio", "names", "either", "deep",
        ]  # fmt: skip
        assert schema["properties"]["url"] == {"type": "string", "description": "Absolute URL"}
        assert schema["properties"]["method"] == {"enum": ["GET", "POST", "PUT"], "default": "GET"}
        assert schema["properties"]["timeout"] == {"type": "string", "format": "duration", "default": "30s"}
        assert schema["properties"]["pause"] == {
            "anyOf": [{"type": "string", "format": "duration"}, {"type": "null"}],
            "description": "Before it",
            "default": None,
        }
        assert schema["properties"]["token"]["anyOf"][0] == {"type": "string", "writeOnly": True}

    def test_outputs(self) -> None:
        outputs = describe(Request).outputs
        assert outputs == {
            "type": "object",
            "properties": {
                "status": {"type": "integer"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "json": {"default": None},
            },
            "required": ["status", "headers"],
            "additionalProperties": False,
        }

    def test_outputs_that_contain_themselves(self) -> None:
        class Tree(Step, type="x.tree"):
            def run(self, ctx: StepContext) -> Part: ...  # type: ignore[empty-body]

        outputs = describe(Tree).outputs
        assert outputs is not None
        assert outputs["properties"]["parts"]["items"] == {"$ref": "#/$defs/Part"}
        assert "Part" in outputs["$defs"]

    def test_none_and_open_outputs(self) -> None:
        class Nothing(Step, type="x.nothing"):
            def run(self, ctx: StepContext) -> None: ...

        class Anything(Step, type="x.anything"):
            def run(self, ctx: StepContext) -> Mapping[str, Any]: ...  # type: ignore[empty-body]

        assert describe(Nothing).outputs is None
        assert describe(Anything).outputs == {"type": "object"}

    def test_code_is_marked_for_the_checker(self) -> None:
        class Script(Step, type="x.script"):
            text: Code

            def run(self, ctx: StepContext) -> None: ...

        assert describe(Script).parameters["properties"]["text"] == {"type": "string", "x-steplane-code": True}

    def test_what_is_declared_wrongly(self) -> None:
        class Nameless(Step):
            def run(self, ctx: StepContext) -> None: ...

        class Idle(Step, type="x.idle"):
            pass

        class Foreign(Step, type="x.foreign"):
            made: Foreignness

            def run(self, ctx: StepContext) -> None: ...

        class Astray(Step, type="x.astray", at_most_one=[("here", "there")]):
            here: str = ""

            def run(self, ctx: StepContext) -> None: ...

        for kind, said in (
            (Astray, "`one_of` or `at_most_one` names `there`, which is no parameter"),
            (Nameless, 'class `Nameless` has no `type="..."` in its class line'),
            (Idle, "class `Idle` has no `run`"),
            (Foreign, "class `Foreign`: "),
        ):
            with pytest.raises(DefinitionError) as caught:
                describe(kind)
            assert str(caught.value).startswith(said)

    def test_parameters_that_depend_on_each_other(self) -> None:
        class Either(Step, type="x.either", one_of=[("a", "b")], at_most_one=[("c", "d"), ("c", "e")]):
            a: str = ""
            b: str = ""
            c: str = ""
            d: str = ""
            e: str = ""

            def run(self, ctx: StepContext) -> None: ...

        described = describe(Either)
        assert described.one_of == (("a", "b"),)
        assert described.parameters["x-steplane-at-most-one"] == [["c", "d"], ["c", "e"]]

    def test_the_contract_is_version_1(self) -> None:
        assert API == 1


class Foreignness:
    """A kind that has no JSON Schema."""


class TestConvert:
    def test_gives_a_frozen_typed_object(self) -> None:
        step = convert(Request, {"url": "https://x", "headers": {"a": "b"}})
        assert (step.url, step.method, step.headers, step.timeout) == ("https://x", "GET", {"a": "b"}, 30.0)
        with pytest.raises(AttributeError):
            step.url = "other"

    def test_numbers_and_booleans_are_text_where_text_is_wanted(self) -> None:
        step = convert(Request, {"url": 8080, "headers": {"a": 1.5, "b": True}, "names": ["x", 7, False], "token": 5})
        assert (step.url, step.headers, step.names) == ("8080", {"a": "1.5", "b": "true"}, ["x", "7", "false"])
        assert step.token == Secret("5")

        class Chosen(Step, type="test.chosen"):
            of: Literal["1", "2"]
            either: Literal["1", 2] = 2

        assert convert(Chosen, {"of": 1, "either": 2}) == Chosen(of="1", either=2)

    def test_a_value_keeps_its_kind_where_that_is_taken(self) -> None:
        step = convert(Request, {"url": 1, "either": 5, "json": {"n": 5, "t": "30s"}, "ratio": 2})
        assert (step.either, step.json, step.ratio) == (5, {"n": 5, "t": "30s"}, 2.0)
        assert convert(Request, {"url": 1, "either": "30s"}).either == "30s"

    @pytest.mark.parametrize(
        ("given", "wanted"), [("1h30m", 5400.0), ("250ms", 0.25), ("1.5s", 1.5), (90, 90.0), (0, 0.0)]
    )
    def test_durations(self, given: object, wanted: float) -> None:
        step = convert(Request, {"url": "x", "timeout": given, "pause": given})
        assert (step.timeout, step.pause) == (wanted, wanted)

    @pytest.mark.parametrize(
        ("parameters", "said", "path"),
        [
            ({}, "`url` of `http.request` is required", ["url"]),
            ({"url": []}, "`url` of `http.request` must be text, not a list", ["url"]),
            ({"url": None}, "`url` of `http.request` must be text, not null", ["url"]),
            ({"methd": 1}, "`methd` is no parameter of `http.request`; did you mean `method`?", ["methd"]),
            ({"zzz": 1}, "`zzz` is no parameter of `http.request`", ["zzz"]),
            ({"hidden": "x"}, "`hidden` is no parameter of `http.request`", ["hidden"]),
            (
                {"method": "PST"},
                "`method` of `http.request` must be `GET` or `POST` or `PUT`, not `PST`; did you mean `POST`?",
                ["method"],
            ),
            ({"timeout": "30"}, "`timeout` of `http.request` must be a duration such as `30s`, not `30`", ["timeout"]),
            ({"timeout": -1}, "`timeout` of `http.request` must be a duration such as `30s`, not -1", ["timeout"]),
            ({"pause": [1]}, "`pause` of `http.request` must be a duration such as `30s`, not [1]", ["pause"]),
            ({"size": "5"}, "`size` of `http.request` must be a whole number or null, not text", ["size"]),
            ({"size": True}, "`size` of `http.request` must be a whole number or null, not true or false", ["size"]),
            ({"names": "x"}, "`names` of `http.request` must be a list, not text", ["names"]),
            ({"names": ["x", {}]}, "`names[1]` of `http.request` must be text, not a mapping", ["names", 1]),
            (
                {"headers": {"a": "b", "c": []}},
                "`headers.c` of `http.request` must be text, not a list",
                ["headers", "c"],
            ),
            (
                {"deep": {"a": {}, "b": {"c": [1], "d": [1, "x"]}}},
                "`deep.b.d[1]` of `http.request` must be a whole number, not text",
                ["deep", "b", "d", 1],
            ),
            ({"token": {}}, "`token` of `http.request` must be text, not a mapping", ["token"]),
        ],
    )
    def test_mistakes(self, parameters: dict[str, Any], said: str, path: list[object]) -> None:
        given = parameters if parameters.keys() & {"url"} or not parameters else {"url": "x", **parameters}
        with pytest.raises(InvalidParameter) as caught:
            convert(Request, given)
        assert caught.value.type == "input.invalid"
        assert caught.value.message == said
        assert caught.value.detail == {"path": path}

    def test_the_core_fills_in_what_is_private(self) -> None:
        assert convert(Request, {"url": "x"}, {"hidden": "y"}).hidden == "y"

    def test_does_not_change_what_it_was_given(self) -> None:
        parameters = {"url": 5, "headers": {"a": 1}}
        convert(Request, parameters)
        assert parameters == {"url": 5, "headers": {"a": 1}}


class Open(Result):
    status: int
    more: Spread = {}  # noqa: RUF012 - as an author writes it


class TestToPlain:
    def test_results_and_mappings(self) -> None:
        assert to_plain(Response(1, {"a": "b"}), "x") == {"status": 1, "headers": {"a": "b"}, "json": None}
        assert to_plain({"a": (1, [2.5, None, True])}, "x") == {"a": [1, [2.5, None, True]]}
        assert to_plain(None, "x") is None

    def test_spread_entries_are_outputs_of_their_own(self) -> None:
        assert to_plain(Open(1, {"a": 2}), "x") == {"status": 1, "a": 2}
        assert to_plain(Open(1, {"status": 2}), "x") == {"status": 2}

    @pytest.mark.parametrize(
        ("result", "said"),
        [
            ("text", "returned str, not a mapping of outputs"),
            ([1], "returned list, not a mapping of outputs"),
            (Response(1, {}, math.nan), "returned what is no JSON: `json` is nan, which is no number"),
            ({"a": [0, {"b": math.inf}]}, "returned what is no JSON: `a[1].b` is inf, which is no number"),
            ({"a": {1: 2}}, "returned what is no JSON: `a` has the key 1, which is not text"),
            ({1: 2}, "returned what is no JSON: the key 1 is not text"),
            ({"a": b"x"}, "returned what is no JSON: `a` is bytes"),
            ({"a": object()}, "returned what is no JSON: Encoding objects of type object is unsupported"),
            ({"a": "\ud800"}, "returned text that is no Unicode (a lone surrogate)"),
            ({"a": 10**400}, "returned what is no JSON: `a` is a whole number of too many digits"),
        ],
    )
    def test_what_is_no_json(self, result: object, said: str) -> None:
        with pytest.raises(InvalidResult) as caught:
            to_plain(result, "`x.y` (example 1.0)")
        assert caught.value.type == "plugin.result"
        assert caught.value.message == "`x.y` (example 1.0) " + said

    def test_what_contains_itself(self) -> None:
        loop: list[object] = []
        loop.append(loop)
        with pytest.raises(InvalidResult, match="contains itself"):
            to_plain({"a": loop}, "x")

    def test_what_is_too_large(self) -> None:
        with pytest.raises(InvalidResult) as caught:
            to_plain({"a": "x" * (50 << 20)}, "`x.y` (example 1.0)")
        assert caught.value.message == (
            "`x.y` (example 1.0) returned 51 MiB of data, more than the 32 MiB that are kept; "
            "write it to a file and return the path"
        )

    plain = some.recursive(
        some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False)
        | some.text(some.characters(codec="utf-8")),
        lambda inner: some.lists(inner) | some.dictionaries(some.text(some.characters(codec="utf-8")), inner),
        max_leaves=20,
    )  # fmt: skip

    @given(data=some.dictionaries(some.text(some.characters(codec="utf-8")), plain))
    def test_plain_data_stays_as_it_is(self, data: dict[str, Any]) -> None:
        assert to_plain(data, "x") == data


class TestErrors:
    def test_may_cross_to_another_process(self) -> None:
        for error in (
            StepError("a.b", "said", 3, {"x": 1}, {"y": 2}),
            InvalidParameter("said", ("a", 1)),
            InvalidResult("said"),
        ):
            copy = pickle.loads(pickle.dumps(error))
            assert type(copy) is type(error)
            assert vars(copy) == vars(error)

    def test_a_plugins_except_does_not_swallow_a_suspension(self) -> None:
        assert not issubclass(Suspend, Exception)
        assert Suspend("token").token == "token"


class TestSecret:
    def test_is_never_shown(self) -> None:
        secret = Secret("hunter2")
        assert "hunter2" not in f"{secret} {secret!r} {convert(Request, {'url': 'x', 'token': 'hunter2'})}"
        assert secret.reveal() == "hunter2"
        assert {secret} == {Secret("hunter2")}


class TestDurations:
    @pytest.mark.parametrize("text", ["", "30", "s", "30 s", "-1s", "1h 30m", "1d2", "٣s", "1e3s", ".5s"])
    def test_no_durations(self, text: str) -> None:
        assert seconds(text) is None

    @given(some.integers(0, 10**12))
    def test_a_text_says_what_it_was_made_from(self, milliseconds: int) -> None:
        read = seconds(duration_text(milliseconds / 1000))
        assert read is not None
        assert round(read * 1000) == milliseconds
