"""The graph in a terminal: what the lanes say is what the plan says."""

from hypothesis import HealthCheck, example, given, settings

from steplane.reporters.graph.building import graph_of
from steplane.reporters.graph.lanes import lanes_text
from steplane.reporters.graph.order import order_of
from steplane.reporters.graph.shapes import State

from .plans import HOSTILE, NESTED, diamond, lists, plan_of

CALM = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TREE = """\
order (w.yaml): Order to cash

● load  Load the orders  lane warehouse
◆ price  for each order of 3, 2 at a time; lane sales
│ ● quote  $ echo "${{ order }}"  up to 3 attempts
│ ◆ route  switch: one of
│ │ ╭─● review  $ echo review  if inputs.limit > 5000
│ │ ╰─● auto  log  default
│ ◆ both  parallel
│ │ ├─ mail:
│ │ │  ● write  $ echo mail
│ │ │  ● send  $ echo send
│ │ ╰─ book:
│ │    ◆ book
│ │    │ ● book  $ echo book
│ │    │ ╰─ rescue:
│ │    │    ● repair  $ echo repair
│ ● lint  $ exit 1  a failure is a warning
├─┤
◆ │ deploy  if inputs.limit > 10
│ │ ● deploy  $ exit 3
│ │ ├─ rescue:
│ │ │  ● back  $ echo back
│ │ ╰─ finally:
│ │    ● clean  $ echo clean
├─╯
● alarm  $ echo alarm  after deploy failed or cancelled, lint done; any of 2
■ stop  end: cancelled  if inputs.limit > 100000
● ship  $ echo ship
╰─ finally:
   ● report  $ echo report
"""

DAG = """\
steplane: 1
name: dag
steps:
  - {id: a, run: echo}
  - {id: b, needs: [a], run: echo}
  - {id: c, needs: [a], run: echo}
  - {id: d, needs: [b], run: echo}
  - {id: e, needs: [b, c], run: echo}
  - {id: f, needs: [], run: echo}
  - {id: g, needs: [f, d], run: echo}
  - {id: h, needs: [c], run: echo}
  - {id: i, run: echo}
"""

DAG_TREE = """\
dag (w.yaml)

● a  $ echo
├─╮
│ ● b  $ echo
● │ c  $ echo
│ ├─╮
│ │ ● d  $ echo
├─┤ │
│ ● │ e  $ echo
│ │ │ ● f  $ echo
│ │ ├─╯
│ │ ● g  $ echo
● │ │ h  $ echo
├─┴─╯
● i  $ echo
"""


def _drawn(text: str, *, unicode: bool = True) -> str:
    return lanes_text(graph_of(plan_of(text)), 0, color=False, unicode=unicode)


def test_a_whole_workflow() -> None:
    assert _drawn(NESTED) == TREE


def test_lanes_branch_off_and_join() -> None:
    assert _drawn(DAG) == DAG_TREE


def test_steps_beside_each_other_hang_on_one_lane() -> None:
    lines = _drawn(diamond(28)).splitlines()
    assert lines[2] == "● a  $ echo"
    assert lines[3:31] == [f"├─● m{number}  $ echo {number}" for number in range(28)]
    assert lines[31:] == ["● z  $ echo"]


def test_ascii_where_the_terminal_knows_no_more() -> None:
    drawn = _drawn(NESTED, unicode=False)
    assert drawn.isascii()
    assert "|- mail:" not in drawn
    assert "+- mail:" in drawn


def _read(text: str) -> set[tuple[str, str]]:
    """Who follows whom directly, read back from a drawing of steps without anything inside.

    A lane carries the steps above it; a line of joints takes the lanes that it ties together to the step on the next
    line; steps beside each other all wait for what the lane carried, and then the lane carries all of them.
    """
    carried: dict[int, set[str]] = {}
    tied: set[int] = set()
    found: set[tuple[str, str]] = set()
    peers: set[str] = set()
    waited: set[str] = set()
    last = -1
    for line in text.splitlines()[2:]:
        if "●" not in line:
            peers = set()
            tied = {at for at, sign in enumerate(line) if sign in "├┤┼╯╰╮╭┴┬"}
            carried = {at: steps for at, steps in carried.items() if line[at : at + 1].strip(" ╮╭┬")}
            continue
        cells, name = line.split("●")[0], line.split("●")[1].lstrip(" │").split()[0]
        arm = cells.endswith("─")
        column = max(at for at, sign in enumerate(cells) if sign in "├╰╭") if arm else len(cells)
        peers = peers if arm and column == last and cells[column] != "╭" else set()
        last = column
        if not peers:
            waited = {one for at in tied | {column} for one in carried.get(at, set()) if not tied or column in tied}
        found |= {(before, name) for before in waited}
        peers = peers | {name} if arm else set()
        carried = {at: steps for at, steps in carried.items() if line[at] in "│├┼╰╭─"}
        carried[column] = peers or {name}
        peers = set() if arm and cells[column] == "╰" else peers
        tied = set()
    return found


@CALM
@example("""\
steplane: 1
name: random
steps:
  - {id: s0, run: echo}
  - {id: s1, run: echo}
  - {id: s2, run: echo, needs: []}
  - {id: s3, run: echo}
  - {id: s4, run: echo, needs: {s0: ok, s1: ok, s2: ok}}
  - {id: s5, run: echo, needs: []}
  - {id: s6, run: echo}
""")
@given(lists(most=8))
def test_what_is_drawn_is_the_order(text: str) -> None:
    plan = plan_of(text)
    drawn = lanes_text(graph_of(plan), 0, color=False, unicode=True)
    ids = {position: plan.nodes[number].id for position, number in enumerate(plan.lists[0].nodes)}
    edges = {(ids[edge.before], ids[edge.after]) for edge in order_of(plan, 0).edges}
    assert _read(drawn) == edges


@CALM
@given(lists(most=12))
def test_every_step_has_one_line(text: str) -> None:
    plan = plan_of(text)
    lines = lanes_text(graph_of(plan), 0, color=False, unicode=True).splitlines()[2:]
    names = [line.split("● ")[1].lstrip("│ ").split()[0] for line in lines if "●" in line]
    assert sorted(names) == sorted(node.id for node in plan.nodes[1:])


def test_what_does_not_fit_is_cut() -> None:
    graph = graph_of(plan_of(NESTED))
    plain = lanes_text(graph, 40, color=False, unicode=True)
    assert max(map(len, plain.splitlines())) == 40
    painted = lanes_text(graph, 40, color=True, unicode=True)
    assert "\x1b[1m" in painted
    assert "◆ price  for each order of 3, 2 at a ti…" in plain


def test_states_are_signs_and_words() -> None:
    states = {"load": State(status="succeeded", seconds=1.2), "lint": State(status="warning", attempts=2)}
    drawn = lanes_text(graph_of(plan_of(NESTED), states), 0, color=False, unicode=True)
    assert "✓ load  Load the orders  1.2s  lane warehouse\n" in drawn
    assert "│ ! lint  $ exit 1  warning after 2 attempts  a failure is a warning\n" in drawn
    assert "· ship  $ echo ship\n" in drawn


def test_names_of_a_file_cannot_command_the_terminal() -> None:
    drawn = _drawn(HOSTILE)
    assert "\x1b" not in drawn
    assert "◆ b  red\\u{202e} evil" in drawn


JUMPS = """\
steplane: 1
name: jumps
concurrency: {group: door, when_full: skip}
steps:
  - {id: one, cache: {key: k}, run: echo}
  - {id: two, at_most_once: true, run: echo, compensate: [{id: back, run: echo}]}
  - {id: again, goto: one, max: 2}
  - {id: undone, undo: [two]}
  - {id: last, restart: true, steps: [{id: in, run: echo}]}
"""

JUMPS_TREE = """\
jumps (w.yaml)
at most 1 of the group door, another run is left out

● one  $ echo  a recorded result may be reused
◆ two  at most once
│ ● two  $ echo
│ ╰─ compensate:
│    ● back  $ echo
● again  goto: one, at most 2 times
● undone  undo: two
◆ last  a resume runs it whole
│ ● in  $ echo
"""


def test_a_jump_back_draws_no_lane() -> None:
    assert _drawn(JUMPS) == JUMPS_TREE
    arrows = graph_of(plan_of(JUMPS)).arrows
    assert [(one.jump, one.label) for one in arrows if one.dashed] == [(False, "undo"), (True, "at most 2 times")]
