"""Plans for the tests of graphs, from texts and at random."""

from hypothesis import strategies as st

from steplane.app.loading import load_data
from steplane.plan.nodes import Plan
from steplane.plugins import Registry, read_index

REGISTRY = Registry(read_index(None))

NESTED = """\
steplane: 1
name: order
title: Order to cash
inputs: {limit: {type: number, default: 1000}}
steps:
  - {id: load, name: Load the orders, lane: warehouse, run: echo load}
  - id: price
    foreach: [a, b, c]
    as: order
    concurrency: 2
    lane: sales
    steps:
      - {id: quote, retry: 3, run: 'echo "${{ order }}"'}
      - id: route
        switch:
          - {when: inputs.limit > 5000, steps: [{id: review, run: echo review}]}
          - {default: true, steps: [{id: auto, uses: log, with: {message: auto}}]}
      - id: both
        parallel:
          mail: [{id: write, run: echo mail}, {id: send, run: echo send}]
          book: [{id: book, run: echo book, rescue: [{id: repair, run: echo repair}]}]
  - {id: lint, needs: [], on_error: warn, run: exit 1}
  - id: deploy
    needs: [price, lint]
    if: inputs.limit > 10
    run: exit 3
    rescue: [{id: back, run: echo back}]
    finally: [{id: clean, run: echo clean}]
  - {id: alarm, needs: {deploy: [failed, cancelled], lint: done}, join: any, run: echo alarm}
  - {id: stop, if: inputs.limit > 100000, end: cancelled}
  - {id: ship, run: echo ship}
finally:
  - {id: report, run: echo report}
"""

HOSTILE = """\
steplane: 1
name: hostile
title: 'x"]; click n1 href "javascript:alert(1)" %%{init: {"securityLevel": "loose"}}%% <script>alert(1)</script> ---'
steps:
  - id: a
    name: '"] --> evil["`**x**`" <img src=x onerror=alert(1)> &lt; ]]> --> </title></text><script>'
    lane: '"; style n1 fill:#f00; </g><a href="javascript:x">'
    run: 'echo "\\N \\G <b>" | cat; echo {a|b}'
    if: "'<b>' != '\\"]; class a x;'"
  - id: b
    name: "\\e[31mred\\u202E evil \\\\N \\\\\\" ]> -> "
    foreach: ['</td></tr></table>>', 'b']
    steps:
      - {id: c, run: 'echo `id` %%{ }%% classDef x fill:#f00;'}
  - {id: end, run: ':'}
  - id: subgraph
    switch:
      - {when: "1 < 2 and '\\"|x|' != ''", steps: [{id: graph, run: ':'}, {id: digraph, run: ':'}]}
      - {default: true, steps: [{id: node, run: ':'}]}
"""


def plan_of(text: str) -> Plan:
    """The plan of a workflow without errors."""
    loaded = load_data(text.encode(), "w.yaml", REGISTRY, None)
    assert loaded.plan is not None, loaded.diagnostics
    return loaded.plan


def diamond(width: int) -> str:
    """One step, then so many beside each other, then one."""
    middle = "".join(f"  - {{id: m{number}, needs: [a], run: echo {number}}}\n" for number in range(width))
    return f"steplane: 1\nname: diamond\nsteps:\n  - {{id: a, run: echo}}\n{middle}  - {{id: z, run: echo}}\n"


@st.composite
def lists(draw: st.DrawFn, most: int = 9) -> str:
    """A list of steps, some with needs: of steps above, of some below, by outcome, `any`."""
    size = draw(st.integers(1, most))
    lines = ["steplane: 1", "name: random", "steps:"]
    for number in range(size):
        above = st.lists(st.integers(0, number - 1), max_size=3, unique=True) if number else st.just([])
        needs = draw(st.none() | above)
        words = f"  - {{id: s{number}, run: echo"
        if needs is not None:
            outcomes = [draw(st.sampled_from(["ok", "ok", "ok", "failed", "done"])) for _ in needs]
            named = ", ".join(f"s{one}: {outcome}" for one, outcome in zip(needs, outcomes, strict=True))
            words += ", needs: {" + named + "}" if needs else ", needs: []"
            words += ", join: any" if len(needs) > 1 and draw(st.booleans()) else ""
        lines.append(words + "}")
    return "\n".join(lines) + "\n"
