"""S31 to S36: secrets. Masked or absent wherever anything is written: terminal, logs, journal, reports, errors."""

import base64
import json
import re
import sqlite3
from contextlib import closing
from urllib.parse import quote

import pytest
from tests.security.conftest import Answer, Victim
from tests.security.shapes import shapes

SECRET = "Tr0ub4dor&3/ü\"$x'"
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nBKcwggSjAgEAAoIBAQC7VJTUt9Us\n-----END KEY-----\n"
HEAD = "secrets: {s: {env: SECRET}, k: {env: KEY}}\n"
ENV = {"SECRET": SECRET, "KEY": KEY}


def everything(victim: Victim, answer: Answer) -> bytes:
    """All that was said and kept, and all that the other commands say of it."""
    said = [answer.said.encode("utf-8", "surrogateescape"), victim.stored()]
    for words in (
        ["show", "one", "--all"], ["show", "one", "--format", "json"], ["logs", "one"], ["explain", "one"], ["runs"],
        ["runs", "--format", "json"], ["runs", "export", "one"],
    ):  # fmt: skip
        said.append(victim.attack(*words).said.encode("utf-8", "surrogateescape"))
    for name in ("junit.xml", "summary.md"):
        path = victim.folder / name
        said.append(path.read_bytes() if path.exists() else b"")
    for database in victim.state.rglob("*.db"):  # what SQLite keeps in its own way
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            said.append("\n".join(connection.iterdump()).encode())
    return b"\n".join(said)


REPORTS = ("--junit", "junit.xml", "--summary", "summary.md")


def test_s31_in_each_usual_shape(victim: Victim) -> None:
    words = "".join(f"{name}: <{text}> {text}\n" for name, text in shapes(SECRET))
    (victim.folder / "words").write_text(words, newline="")
    steps = """
failure: continue
steps:
  - {id: a, needs: [], run: "cat words; cat words >&2"}
  - {id: b, needs: [], run: "python3 -c 'import json; print(json.dumps({\\"v\\": open(\\"words\\").read()}))' > $STEPLANE_OUTPUT", outputs: [v]}
  - {id: c, needs: [], run: "cat words; exit 3; ${{ secrets.s }}"}
  - {id: d, needs: [b], uses: log, with: {message: "${{ steps.b.outputs.v }}"}}
outputs: {v: "${{ steps.b.outputs.v }}"}
"""  # noqa: E501 - a step on one line
    answer = victim.run(HEAD + steps, *REPORTS, env=ENV)
    told = everything(victim, answer)
    for name, text in shapes(SECRET):
        assert f"[a] {name}: <***> ***\n" in answer.out, name
        assert text.encode() not in told, name


@pytest.mark.parametrize("secret", ["Zq9#Lw-7kPx vB2", "abcdefgh~ijk lm", "abc^def gh,ij{k}", "~elf #zwei =drei 'vier"])
def test_s31_as_the_shell_quotes_it(victim: Victim, secret: str) -> None:
    """What `printf %q`, `${x@Q}` and `set -x` of bash escape differs by where in a word a character stands."""
    steps = r"""
steps:
  - id: a
    uses: shell
    env: {S: "${{ secrets.s }}"}
    with: {shell: bash, script: 'printf "<%q> <%s>\n" "$S" "${S@Q}"; set -x; : "$S"'}
"""
    answer = victim.run("secrets: {s: {env: SECRET}}\n" + steps, env={"SECRET": secret})
    told = everything(victim, answer).decode("utf-8", "surrogateescape")
    assert re.search(r"\[a\] <[\\'$]*\*\*\*'?> <'\*\*\*'>\n", answer.out), answer.out
    assert re.search(r"\+ : [\\']*\*\*\*'?\n", answer.said), answer.said
    for word in re.findall(r"\w{3,}", secret):
        assert not re.search(rf"\b{word}\b", told), word


def test_s31_what_expressions_make_of_it(victim: Victim) -> None:
    made = {
        "secrets.s | hash": "hash", "secrets.s | upper": SECRET.upper(), "secrets.s[3:]": SECRET[3:],
        "secrets.s | reverse": SECRET[::-1], "('user:' ~ secrets.s) | b64encode | reverse": "",
        "secrets.s | list | join('-')": "-".join(SECRET), "secrets.s | replace('/', ':')": SECRET.replace("/", ":"),
    }  # fmt: skip
    values = ", ".join(f'"${{{{ {one} }}}}"' for one in made)
    steps = f"""
steps:
  - {{id: a, run: [printf, "%s\\n", {values}]}}
  - {{id: b, run: [sh, -c, 'printf "%s\\n" "$@" > got', x, {values}]}}
  - {{id: c, uses: log, with: {{message: x}}, outputs: {{v: [{values}]}}}}
  - {{id: d, uses: fail, with: {{message: "{" ".join("${{ " + one + " }}" for one in made)}"}}}}
"""
    answer = victim.run(HEAD + steps, *REPORTS, env=ENV)
    told = everything(victim, answer)
    given = (victim.folder / "got").read_text().splitlines()
    assert len(given) == len(made)
    for one in (*given, *filter(None, made.values())):
        assert one == "hash" or one.encode() not in told, one
    assert "[a] ***\n" * len(made) in answer.out


def test_s31_s36_parts_of_a_secret_beside_what_is_known_of_it(victim: Victim) -> None:
    """A known part, or another secret, in the same text hides no letter of the rest."""
    joined = {
        'secrets.s | list | map("replace", "P", "q") | join': "XkqassW0rd-Qz77.longer",
        '([secrets.u] + (secrets.k | list)) | join("-")': "margaret-4-7-1-1-9-0-0-8-1-5",
        '([secrets.u] + (secrets.k | list | batch(3) | map("join") | list)) | join("-")': "margaret-471-190-081-5",
        '{"u": secrets.u, "p": secrets.k[:5] | list} | json': '{"u":"margaret","p":["4","7","1","1","9"]}',
        'secrets.u ~ "/" ~ secrets.k[:3] ~ "/" ~ secrets.k[3:6]': "margaret/471/190",
        "[secrets.k | int, 5] | sum": "4711900820",
    }  # fmt: skip
    steps = """
steps:
  - {id: z, run: [echo, '${{ secrets.s | split("-") | last }}']}
  - {id: y, run: [echo, '${{ secrets.u ~ " of " ~ "Norwich" }} and ${{ [secrets.u, "Leeds"] | join(" in ") }}']}
""" + "".join(f"""
  - {{id: a{index}, run: [echo, '${{{{ {one} }}}}'], outputs: {{o: "${{{{ result.stdout }}}}"}}}}
  - {{id: b{index}, on_error: warn, uses: fail, with: {{message: '${{{{ {one} }}}}'}}}}
""" for index, one in enumerate(joined))  # fmt: skip
    env = {"SECRET": "XkPassW0rd-Qz77.longer", "KEY": "4711900815", "USED": "margaret"}
    answer = victim.run("secrets: {s: {env: SECRET}, k: {env: KEY}, u: {env: USED}}\n" + steps, *REPORTS, env=env)
    told = everything(victim, answer)
    assert "[y] *** of Norwich and *** in Leeds\n" in answer.out  # what is no part of a secret stays
    for index, made in enumerate(joined.values()):
        assert f"[a{index}] ***\n" in answer.out, answer.out
        for part in (made, made[-9:]):
            assert part.encode() not in told, made
            assert json.dumps(part)[1:-1].encode() not in told, made


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_s32_split_over_chunks(victim: Victim, size: int) -> None:
    program = (
        "import os, sys, time\nd = os.environb[b'S'] * 3 + b'\\n'\n"
        f"for i in range(0, len(d), {size}):\n    os.write(1, d[i:i+{size}]); time.sleep(0.002)\n"
    )
    victim.write("slow.py", program)
    answer = victim.run(HEAD + 'steps: [{env: {S: "${{ secrets.s }}"}, run: python3 slow.py}]\n', env=ENV)
    assert answer.code == 0
    assert "******" in answer.out
    told = everything(victim, answer)
    assert SECRET.encode() not in told
    assert SECRET[:9].encode() not in told
    assert SECRET[-7:].encode() not in told


def test_s32_split_at_the_boundaries_of_buffers(victim: Victim) -> None:
    program = (
        "import os, sys\ns = os.environb[b'S']\n"
        "for size in (4096, 8192, 65536, 131072):\n"
        "    for back in range(len(s) + 1):\n"
        "        os.write(1, b'x' * (size - back - 1) + b' ' + s + b'\\n')\n"
    )
    victim.write("fast.py", program)
    answer = victim.run(HEAD + 'steps: [{env: {S: "${{ secrets.s }}"}, run: python3 fast.py}]\n', "--quiet", env=ENV)
    assert answer.code == 0
    (log,) = victim.state.rglob("*.log")
    assert SECRET.encode() not in log.read_bytes()
    assert log.read_bytes().count(b" ***\n") == 4 * (len(SECRET.encode()) + 1)


def test_s33_of_several_lines_each_by_itself(victim: Victim) -> None:
    steps = """
env: {K: "${{ secrets.k }}"}
failure: continue
steps:
  - {id: a, needs: [], run: 'printf %s "$K" | sed "s/^/line: /"'}
  - {id: b, needs: [], run: 'printf %s "$K" | tac; printf %s "$K" | sed -n 2p >&2'}
  - {id: c, needs: [], run: 'printf %s "$K" | base64 -w 76'}
  - {id: d, needs: [], uses: fail, with: {message: "${{ secrets.k }}"}}
  - {id: e, needs: [], run: 'for p in "" x xy xyz; do printf "%s%s" "$p" "$K" | base64; done'}
  - {id: f, needs: [], run: 'for p in "" x xy xyz; do printf "%s%s" "$p" "$K" | od -An -v -tx1; done'}
"""
    answer = victim.run(HEAD + steps, *REPORTS, env=ENV)
    told = everything(victim, answer)
    raw = KEY.encode()
    coded = [base64.encodebytes(before + raw).splitlines() for before in (b"", b"x", b"xy", b"xyz")]
    for line in (*raw.splitlines(), *coded[0], *(line for lines in coded for line in lines[1:-1])):
        assert line not in told, line
    for at in range(0, len(raw) - 16, 16):
        assert raw[at : at + 8].hex(" ").encode() not in told


def test_s34_in_errors_arguments_and_wrong_calls(victim: Victim) -> None:
    steps = """
inputs: {p: {type: string, secret: true, maxLength: 40}, o: {type: object, secret: true, default: {}}}
failure: continue
steps:
  - {id: a, needs: [], run: ["/bin/${{ secrets.s }}", "${{ secrets.s }}"]}
  - {id: b, needs: [], run: [cat, "/${{ secrets.s }}"]}
  - {id: c, needs: [], uses: log, with: {message: "${{ secrets.s | int }}"}}
  - {id: d, needs: [], uses: log, with: {message: "${{ secrets.s | upper | from_json }}"}}
  - {id: e, needs: [], uses: file.read, with: {path: "/x/${{ secrets.s }}"}}
  - {id: f, needs: [], require: ["secrets.s == inputs.p", "secrets.s | lower == 'x'"], run: "true"}
  - {id: g, needs: [], cwd: "/x/${{ secrets.s }}", run: "true"}
  - {id: h, needs: [], uses: http.request, with: {url: "http://127.0.0.1:1/?k=${{ secrets.s | urlencode }}"}}
  - {id: i, needs: [], timeout: "${{ secrets.s }}", run: "true"}
  - {id: k, needs: [], foreach: ["${{ secrets.s }}", "${{ secrets.s }}"], key: "${{ item }}", run: "true"}
"""
    answer = victim.run(HEAD + steps, *REPORTS, "-i", f"p={SECRET}", env=ENV)
    assert answer.code == 1
    told = everything(victim, answer)
    for hidden in (SECRET, SECRET.upper(), SECRET.lower(), quote(SECRET, safe="")):
        assert hidden.encode() not in told, hidden
    for wrong in (
        ["-i", f"p=@{SECRET}"],
        ["-i", f"p={SECRET * 4}"],
        ["-i", f"p={SECRET}", "-i", f"o={SECRET}"],
        ["-i", f"o={SECRET}"],
    ):
        refused = victim.attack("run", "trial.yaml", *wrong, env=ENV)
        assert refused.code == 2
        assert SECRET not in refused.said
        assert "Tr0ub4dor" not in refused.said  # nor written with escapes


def test_s34_in_the_host_of_an_address(victim: Victim) -> None:
    """Who connects to a host speaks of it in small letters, and without what stands behind it."""
    steps = """
failure: continue
vars: {base: "http://${{ secrets.s }}"}
steps:
  - {id: a, needs: [], uses: http.request, with: {url: "http://${{ secrets.s }}.invalid/"}}
  - {id: b, needs: [], uses: notify.webhook, with: {url: "${{ 'https://u:p@' ~ secrets.s ~ '.invalid/x' }}", text: x}}
  - {id: c, needs: [], uses: http.request, with: {url: "http://${{ secrets.k }}/x"}}
  - {id: d, needs: [], uses: http.request, with: {url: "${{ ['http:/', secrets.u] | join('/') }}"}, isolate: true}
  - {id: e, needs: [], uses: http.request, with: {url: "${{ vars.base }}-2.invalid/"}}
  - {id: f, needs: [], run: "echo http://Shop.invalid/${{ secrets.s }} shop.invalid"}
"""
    env = {"SECRET": "XkPassW0rdQz77", "KEY": "Ab7-Fence/val", "USED": "Mn3-Orchard:81/?key=1"}
    answer = victim.run("secrets: {s: {env: SECRET}, k: {env: KEY}, u: {env: USED}}\n" + steps, *REPORTS, env=env)
    told = everything(victim, answer).lower()
    for hidden in ("xkpassw0rdqz77", "ab7-fence", "mn3-orchard"):
        assert hidden.encode() not in told, answer.out
    assert "http.connect" in answer.out
    assert "[f] http://Shop.invalid/*** shop.invalid\n" in answer.out  # where the host is no secret it stays


def test_s34_a_number_that_is_too_large_is_not_told(victim: Victim) -> None:
    steps = """
secrets: {pin: {env: PIN}}
failure: continue
steps:
  - {id: a, needs: [], uses: log, with: {message: "${{ 'x' * (secrets.pin | int) }}"}}
  - {id: b, needs: [], uses: log, with: {message: "${{ [0] * (secrets.pin | int) }}"}}
"""
    answer = victim.run(steps, *REPORTS, env={"PIN": "48151623"})
    assert answer.said.count("no more are allowed") >= 2
    told = everything(victim, answer)
    assert not any(hidden in told for hidden in (b"48151623", b"48,151,623"))


DRY = ["run", "trial.yaml", "--dry-run"]


def test_s35_not_in_other_steps_nor_in_a_dry_run(victim: Victim) -> None:
    steps = """
inputs: {p: {type: string, secret: true, env: PASS}}
vars: {salted: "${{ (inputs.p ~ 'x') | upper }}"}
steps:
  - {id: a, run: 'env > of_a'}
  - {id: b, env: {GIVEN: "${{ secrets.s }}"}, run: 'env > of_b'}
  - {id: c, run: 'env > of_c; tr "\\0" "\\n" < /proc/self/cmdline > line', if: vars.salted != 'x'}
  - {id: d, run: 'echo ${{ vars.salted }} ${{ inputs.p }} > /dev/null; tr "\\0" "\\n" < /proc/self/cmdline > line_d'}
"""
    env = {**ENV, "PASS": "correct-horse-battery"}
    planned = [
        victim.attack(*words, env=env).said
        for words in (["plan", "trial.yaml"], ["plan", "trial.yaml", "--format", "json"], ["graph", "trial.yaml"], DRY)
        if victim.write("trial.yaml", f"steplane: 1\nname: trial\n{HEAD}{steps}")
    ]
    answer = victim.run(HEAD + steps, env=env)
    assert answer.code == 0, answer.said
    for name in ("of_a", "of_c", "line", "line_d"):
        assert "Tr0ub4dor" not in (victim.folder / name).read_text()
        assert "correct-horse" not in (victim.folder / name).read_text()
    assert f"GIVEN={SECRET}" in (victim.folder / "of_b").read_text()
    for said in planned:
        assert SECRET not in said
        assert "correct-horse" not in said.lower()


def test_s36_not_in_what_is_kept_and_withheld_outputs_are_had_again(victim: Victim) -> None:
    steps = """
case: "order ${{ secrets.s }}"
objects: [{type: order, id: "${{ secrets.s }}"}]
steps:
  - {id: a, run: 'printf %s "${{ secrets.s }}-token"', outputs: {t: {value: "${{ result.stdout }}", secret: true}}}
  - {id: l, foreach: ["${{ secrets.s }}"], key: "${{ item }}", run: 'printf %s "${{ item }}" > from_item'}
  - id: k
    lock: "${{ secrets.s }}"
    run: cd "$STEPLANE_ARTIFACTS"; echo "${{ secrets.s }}" | tee kept > "${{ secrets.s | hash }}"
  - {id: b, run: 'test -e ready'}
  - {id: c, run: 'printf %s "${{ steps.a.outputs.t }}" > got'}
"""
    first = victim.run(HEAD + steps, *REPORTS, env=ENV)
    assert first.code == 1
    (victim.folder / "ready").touch()
    second = victim.attack("resume", "one", "--format", "plain", env=ENV)
    assert second.code == 0, second.said
    assert (victim.folder / "got").read_text() == f"{SECRET}-token"
    told = everything(victim, first) + second.said.encode()
    kept = {path: path.read_bytes() for path in victim.state.rglob("*") if path.is_file()}
    files = [data for path, data in kept.items() if "artifacts" in path.parts]
    assert [one.decode().strip() for one in files] == [SECRET]  # a step's own files are its own affair
    assert SECRET.encode() not in told.replace(files[0], b"")


def test_s36_what_is_made_of_a_secret_is_masked_wherever_it_is_first_made(victim: Victim) -> None:
    steps = """
objects: [{type: order, id: "${{ secrets.s | upper }}"}]
steps:
  - {id: k, lock: {name: "${{ secrets.s | reverse }}", scope: store}, run: "true"}
  - end: {status: failed, message: "bad ${{ secrets.s | lower }}", outputs: {a: "${{ secrets.s | replace('-', '+') }}"}}
"""
    secret = "hunter-Two-zebra-9"
    answer = victim.run(HEAD + steps, *REPORTS, env={**ENV, "SECRET": secret})
    assert answer.code == 1
    told = everything(victim, answer) + victim.attack("explain", "one").said.encode()
    for hidden in (secret, secret.upper(), secret.lower(), secret[::-1], secret.replace("-", "+")):
        assert hidden.encode() not in told, hidden


def test_s36_parts_of_a_secret_too_short_to_be_found_are_not_recorded(victim: Victim) -> None:
    secret = "".join(chr(0x1D4D0 + number) for number in range(10))  # letters that nothing else holds
    steps = """
vars: {all: "${{ secrets.s | list }}", plain: one}
failure: continue
case: "order ${{ secrets.s[:2] }}"
objects: [{type: order, id: "${{ secrets.s[0] }}"}]
steps:
  - {id: f, needs: [], foreach: "${{ secrets.s | list }}", run: 'printf %s "${{ item }}" >> got'}
  - {id: b, needs: [], foreach: "${{ secrets.s | list | batch(4) | list }}", run: "true", outputs: {v: "${{ item }}"}}
  - id: m
    needs: []
    matrix: {x: [1], include: [{y: "${{ secrets.s[5] }}"}]}
    key: "k${{ loop.index }}"
    run: "true"
    outputs: {v: "${{ matrix.y | default('none') }}"}
  - {id: k, needs: [], lock: "${{ secrets.s[:3] }}", run: "true", outputs: {v: "${{ vars.all }}"}}
  - id: t
    needs: []
    run: "true"
    outputs: {v: "<${{ secrets.s[2:5] }}>", in: "${{ {'a': [secrets.s[1]], 'b': 'b'} }}", x: "${{ vars.plain }}"}
  - {id: c, needs: [], if: "secrets.s[3] != 'x' and (secrets.s | list) != []", run: "true"}
  - {id: r, needs: [], require: ["secrets.s[4] == 'x'"], run: "true"}
  - {id: w, needs: [], signal: {name: "n${{ secrets.s[5] }}", data: ["${{ secrets.s[6:8] }}"]}}
  - id: e
    needs: [f, b, m, k, t, c, w]
    end: {status: failed, message: "is ${{ secrets.s[7:] }}", outputs: {v: "${{ secrets.s | list }}"}}
"""
    answer = victim.run(HEAD + steps, *REPORTS, env={**ENV, "SECRET": secret})
    told = everything(victim, answer).decode("utf-8", "replace")
    assert answer.code == 1, answer.said
    assert (victim.folder / "got").read_text("utf-8") == secret  # what steps get is not touched
    assert re.findall(f'[{secret}][\\s"<>{secret}]', told) == []  # one letter alone may be bytes of the database
    assert "\\ud835" not in told
    shown = json.loads(victim.attack("show", "one", "--format", "json").out)
    (outputs,) = (one["outputs"] for one in shown["steps"] if one["path"] == "t")
    assert outputs == {"v": "***", "in": {"a": ["***"], "b": "b"}, "x": "one"}


def test_s36_items_that_are_withheld_are_had_again(victim: Victim) -> None:
    steps = """
steps:
  - {id: f, foreach: "${{ secrets.s[:3] | list }}", run: 'test -e ready; printf %s "${{ item }}" >> got'}
"""
    assert victim.run(HEAD + steps, env=ENV).code == 1
    (victim.folder / "ready").touch()
    assert victim.attack("resume", "one", env=ENV).code == 0
    assert (victim.folder / "got").read_text() == SECRET[:3]


def test_s31_parts_from_four_characters_on_are_masked_in_texts(victim: Victim) -> None:
    steps = """
steps:
  - {id: a, run: 'echo "${{ secrets.s[0:4] }}|${{ secrets.s[4:9] }}|${{ secrets.s[9:16] }}|${{ secrets.s[:3] }}|https"'}
  - {id: b, uses: log, with: {message: "${{ secrets.s[4:8] }} of ${{ (secrets.k | from_json).kind }}"}}
  - {id: c, run: 'echo "kind of ${{ (secrets.k | from_json).word }}: prod"'}
"""
    key = json.dumps({"kind": "https", "word": "prod"})
    answer = victim.run(HEAD + steps, env={"SECRET": "hunter-Two-zebra-99Q", "KEY": key})
    assert answer.code == 0, answer.said
    assert "[a] ***|***|***|hun|https\n" in answer.out
    assert "[b] *** of https\n" in answer.out  # a word of everybody, and the name of a field: they are no secrets
    assert "[c] kind of prod: prod\n" in answer.out


@pytest.mark.parametrize(
    ("value", "said"), [("abc", "has fewer than 4 characters"), ("password", "is so common a word")]
)
def test_s36_a_weak_secret_gives_a_warning(victim: Victim, value: str, said: str) -> None:
    answer = victim.run(HEAD + "steps: [{run: echo fine}]\n", env={**ENV, "SECRET": value})
    assert answer.code == 0
    assert f"warning: the secret `s` {said}" in answer.err
    assert value not in answer.err.replace("is so common a word", "")


def test_s36_what_a_step_has_printed_of_its_own_secret_output(victim: Victim) -> None:
    """It is known only when the step has ended: then it is blotted out of the log, wherever it stands there."""
    script = "t=$(printf made-%s-here {1..9}); seq 200000 >&2; echo $t >&2; printf %s $t; echo $t >&2; seq 9 >&2"
    steps = """
steps:
  - {id: a, run: SCRIPT, outputs: {t: {value: "${{ result.stdout }}", secret: true}}}
  - {id: b, run: 'printf %s "${{ steps.a.outputs.t }}" > got'}
""".replace("SCRIPT", json.dumps(script))
    assert victim.run(steps, "--quiet").code == 0
    secret = (victim.folder / "got").read_bytes()
    assert secret.startswith(b"made-1-here")
    assert secret not in victim.stored()
    (log,) = victim.state.rglob("a.log")
    stars = b"*" * len(secret)
    assert log.read_bytes().endswith(
        b"200000\n" + stars + b"\n" + stars + b"\n" + b"".join(b"%d\n" % one for one in range(1, 10))
    )
