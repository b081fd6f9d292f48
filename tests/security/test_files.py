"""S01 to S13: hostile workflow files. Each is refused at its place, at once, in little memory; nothing of it runs."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from tests.security.conftest import Victim

STEPS = "steps: [{run: 'true'}]\n"
BOMB = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGE_BOMB = "a: &a0 {x: 1}\n" + "".join(
    f"b{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 8)
)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['touch hit']", "!!python/name:os.system", "!x 1"])
def test_s01_tags_make_nothing(victim: Victim, tag: str) -> None:
    answer = victim.check(f"steplane: 1\nx-a: {tag}\n{STEPS}", cpu=1)
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:2:6: error[tag]: ")
    assert not (victim.folder / "hit").exists()


def test_s02_an_alias_bomb_is_counted_not_built(victim: Victim) -> None:
    answer = victim.check(BOMB, cpu=1)
    assert (answer.code, "trial.yaml:6:" in answer.out, "300,000" in answer.out) == (2, True, True)


def test_s03_a_merge_bomb_of_a_few_hundred_bytes(victim: Victim) -> None:
    assert len(MERGE_BOMB) < 700
    answer = victim.check(MERGE_BOMB, cpu=1)
    assert answer.code == 2
    assert "300,000" in answer.out


def test_s03_anchors_that_no_alias_uses(victim: Victim) -> None:
    anchors = ", ".join(f"&a{number} 1" for number in range(40_000))
    answer = victim.check(f"steplane: 1\nx-a: [{anchors}]\n{STEPS}", cpu=1)
    assert answer.code == 2
    assert "trial.yaml:2:7: warning[unused-anchor]: " in answer.out
    assert "more than 200 mistakes" in answer.out


def test_s03_mistakes_without_end(victim: Victim) -> None:
    answer = victim.check("steplane: 1\nsteps:\n" + "  - {rn: x}\n" * 60_000)
    assert answer.code == 2
    assert answer.out.count("\n") == 10_001
    assert answer.out.splitlines()[-1].startswith("trial.yaml:10003:6: error[too-many-mistakes]: ")


def test_s03_expressions_without_end(victim: Victim) -> None:
    answer = victim.check(f"steplane: 1\nsteps:\n  - run: echo {'${{ 1 }} ' * 10_000}\n")
    assert answer.code == 0
    answer = victim.check(f"steplane: 1\nsteps: [{{uses: log, with: {{message: '{'${{ 1 }}' * 200_000}'}}}}]\n", cpu=1)
    assert answer.code == 2
    assert "more than 100,000 expressions" in answer.out


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "a: " + "{a: " * 100_000, "a:\n" + "- " * 100_000])
def test_s04_depth(victim: Victim, text: str) -> None:
    answer = victim.check(text, cpu=1)
    assert answer.code == 2
    assert "more than 100 deep" in answer.out


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}"])
def test_s05_an_alias_of_itself(victim: Victim, text: str) -> None:
    answer = victim.check(text, cpu=1)
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:1:")
    assert "[recursive-alias]" in answer.out


def test_s06_a_key_twice(victim: Victim) -> None:
    answer = victim.check(f"steplane: 1\nname: a\nname: b\n{STEPS}")
    assert answer.code == 2
    assert "trial.yaml:3:1: error[duplicate-key]: " in answer.out
    assert "`name`" in answer.out


def test_s07_words_and_numbers_mean_what_yaml_1_2_says(victim: Victim) -> None:
    answer = victim.run(
        """
vars: {no: no, time: 22:22:22, octal: 0777, yes: yes, date: 2026-01-01, float: 1_000}
steps: [{uses: log, with: {message: "${{ vars | json }}"}}]
"""
    )
    expected = '{"no":"no","time":"22:22:22","octal":777,"yes":"yes","date":"2026-01-01","float":"1_000"}'
    assert expected in answer.out


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1e" + "9" * 5000, ".nan", ".inf", "-.inf"])
def test_s08_numbers_that_are_none(victim: Victim, number: str) -> None:
    answer = victim.check(f"steplane: 1\nvars: {{n: {number}}}\n{STEPS}")
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:2:11: error[number]: ")


def test_s09_fifty_megabytes(victim: Victim) -> None:
    answer = victim.check(b"# " + b"x" * 50_000_000)
    assert answer.code == 2
    assert "more than 10 MB" in answer.out


ODD_BYTES = {
    "NUL": b"steplane: 1\nname: a\0b\nsteps: [{run: 'true'}]\n",
    "UTF-16": "steplane: 1\nsteps: [{run: 'true'}]\n".encode("utf-16"),
    "Latin-1": "steplane: 1\ntitle: für\nsteps: [{run: 'true'}]\n".encode("latin-1"),
    "bidi": "steplane: 1\nsteps: [{id: 'a\u202eb', run: 'true'}]\n".encode(),
    "zero width": "steplane: 1\nsteps: [{id: 'a\u200bb', run: 'true'}]\n".encode(),
    "look-alike": "steplane: 1\nsteps: [{id: '\u0430b', run: 'true'}]\n".encode(),
    "zero width key": "steplane: 1\nna\u200bme: x\nsteps: [{run: 'true'}]\n".encode(),
}


@pytest.mark.parametrize("what", ODD_BYTES)
def test_s10_bytes_and_characters_that_are_not_what_they_seem(victim: Victim, what: str) -> None:
    answer = victim.check(ODD_BYTES[what])
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:")
    assert not any(one in answer.out for one in "\0\u202e\u200b")


def test_s10_a_byte_order_mark_changes_nothing(victim: Victim) -> None:
    assert victim.check(b"\xef\xbb\xbfsteplane: 1\nsteps: [{run: 'true'}]\n").code == 0


def test_s11_several_documents(victim: Victim) -> None:
    answer = victim.check(f"steplane: 1\n{STEPS}---\nsteplane: 1\n{STEPS}")
    assert answer.code == 2
    assert answer.out.startswith("trial.yaml:3:1: error[several-documents]: ")


def test_s12_a_pattern_that_is_catastrophic_elsewhere_is_linear_here(victim: Victim) -> None:
    text = """
inputs: {v: {type: string, pattern: '^(a+)+$', default: a}, w: {type: string, default: a}}
steps:
  - {uses: log, with: {message: "${{ (inputs.w | regex_match('^(a|a|aa)+$')) or 'no match' }}"}}
"""
    bad = "a" * 60_000 + "!"
    answer = victim.run(text, "-i", f"v={bad}", cpu=5)
    assert answer.code == 2
    assert "must match the pattern" in answer.err
    assert "no match" in victim.run(text, "-i", f"w={bad}", cpu=5).out


def test_s12_a_pattern_that_is_too_large_for_a_text_is_stopped(victim: Victim) -> None:
    answer = victim.run(
        "steps: [{uses: log, with: {message: \"${{ ('a' * 9999999) | regex_match('((a{0,30}){0,30}b?)*c') }}\"}}]\n",
        cpu=30,
    )
    assert answer.code == 1
    assert "takes longer than 1 s" in answer.said


def test_s12_items_that_must_differ_are_not_compared_in_pairs(victim: Victim) -> None:
    text = """
steps:
  - id: many
    run: for i in $(seq 30000); do echo "{\\"k$i\\":1}"; done | paste -sd, | sed 's/^/[/; s/$/]/'
    with: {capture: json}
    outputs: {v: {value: "${{ result.json }}", type: array, uniqueItems: true}}
"""
    assert victim.run(text, cpu=8).code == 0


class _Counts(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def schemas() -> Iterator[tuple[str, list[str]]]:
    """The address of a server of schemas, and what it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Counts,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/schema.json", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef", "$schema"])
def test_s13_a_remote_schema_is_never_fetched(victim: Victim, schemas: tuple[str, list[str]], key: str) -> None:
    address, asked = schemas
    text = f"steplane: 1\ninputs: {{a: {{type: string, {key}: '{address}'}}}}\n{STEPS}"
    answer = victim.check(text)
    assert answer.code == 2
    assert "trial.yaml:2:" in answer.out
    victim.attack("run", "trial.yaml", "-i", "a=x")
    assert asked == []


def test_s13_a_schema_in_a_file_is_not_read_either(victim: Victim) -> None:
    victim.write("schema.json", '{"type": "integer"}')
    answer = victim.check(
        f"steplane: 1\ninputs: {{a: {{$ref: '{(victim.folder / 'schema.json').as_uri()}'}}}}\n{STEPS}"
    )
    assert answer.code == 2
