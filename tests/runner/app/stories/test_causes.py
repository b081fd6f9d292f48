"""What is told as the cause of an end, where several things came together or a step had several lives at once."""

from tests.runner.kernel.play import Play

from steplane.app.recorded import Held
from steplane.app.stories.instances import stories
from steplane.app.stories.shapes import Story
from steplane.cli.story_lines import story_lines
from steplane.cli.story_words import link_words
from steplane.events import Answered, ErrorInfo, Input


class Told(Play):
    """A run played by hand, of which stories are told."""

    def __init__(self, text: str, pool: int = 8) -> None:
        self.inputs: list[Input] = []
        super().__init__(text, pool)

    def feed(self, event: Input) -> None:
        self.inputs.append(event)
        super().feed(event)

    def story(self, path: str, activation: int = 1) -> Story:
        """That of one life."""
        plan = self.kernel.state.plan
        found = stories(Held(plan, {}), self.inputs, lambda one: one.path == path, live=False)[1]
        return next(one for one in found if one.activation == activation)

    def words(self, path: str, activation: int = 1) -> tuple[list[str], list[tuple[str, str]]]:
        """Why it was cancelled, and the chain."""
        story = self.story(path, activation)
        lines = [words for _, words in story_lines(story.entries)]
        said = [words.partition(": ")[2] for words in lines if words.startswith("cancelled")]
        return said, [(link.path, link_words(link)) for link in story.chain]


def test_a_branch_in_which_nothing_had_begun_is_cancelled_by_the_failure_of_what_it_belongs_to() -> None:
    play = Told("""
    steps:
    - id: both
      join: any
      ensure: ['inputs.x']
      parallel:
        slow: [{id: asks, if: 'inputs.x', run: ['true']}]
        quick: [{id: done, run: ['true']}]
    """)
    play.ok("both/done")
    play.answer("both", "ensure", error="ensure")
    said, _ = play.words("both/asks")
    assert said == ["`both` had failed, and its branches do not go on without it"]


def test_a_group_is_cancelled_by_what_could_not_run_in_it() -> None:
    play = Told("""
    steps:
    - id: group
      steps:
      - {id: stop, needs: [], if: 'inputs.x', cancel: [work]}
      - {id: work, needs: [], run: ['true']}
      - {id: use, needs: [work], run: ['true']}
    """)
    play.answer("group/stop", "if")
    play.stop("group/work")
    said, chain = play.words("group")
    assert said == ["`group/use` in it is blocked"]
    assert [path for path, _ in chain] == ["group/use", "group/work", "group/stop"]


def test_what_a_cancel_step_ends_is_not_told_as_ended_by_an_end() -> None:
    play = Told("""
    steps:
    - id: all
      steps: [{id: over, end: succeeded}]
      finally: [{id: stop, cancel: [tidy]}, {id: tidy, run: ['true']}]
    """)
    said, chain = play.words("all/tidy")
    assert said == ["`all/stop` ended it"]
    assert [path for path, _ in chain] == ["all/stop"]


def test_of_several_lives_the_one_that_failed_is_the_cause() -> None:
    play = Told("""
    steps:
    - {id: twice, split: 2, run: ['true']}
    - {id: each, needs: [twice], join: each, if: 'inputs.x', run: ['true']}
    - {id: use, needs: [each], run: ['true']}
    """)
    play.ok("twice")
    first, second = [one.serial for one in play.kernel.state.instances.values() if one.path == "each"]
    play.feed(Answered(instance=first, question="if", value=None, error=ErrorInfo("expression")))
    play.feed(Answered(instance=second, question="if", value=False))
    assert play.words("each", 2)[1] == play.words("use")[1] == [("each", "`each` failed: expression")]


def test_what_only_resets_a_join_has_not_started_the_step() -> None:
    play = Told("""
    steps:
    - {id: twice, needs: [], split: 2, run: ['true']}
    - {id: late, needs: [], run: ['true']}
    - {id: first, needs: [twice, late], join: {count: 1, rest: run}, run: ['true']}
    - {id: each, needs: [late, twice], join: each, run: ['true']}
    """)
    for path in ("twice", "first", "late", "first"):
        play.ok(path)
    begins = [
        [next(words for _, words in story_lines(play.story(path, number).entries)) for number in (1, 2)]
        for path in ("first", "each")
    ]
    assert begins == [
        [
            "begins: `twice` came, and of the 2 that it waits for one is enough",
            "begins: `late` reset its join, and what it waits for had come already",
        ],
        ["begins: `twice` came"] * 2,
    ]


def test_what_an_undo_step_has_undone_is_compensated() -> None:
    play = Told("""
    steps:
    - {id: book, run: ['true'], compensate: [{id: unbook, run: ['true']}]}
    - {id: back, undo: [book]}
    """)
    play.ok("book")
    assert play.story("book").status == "succeeded"
    play.ok("book/unbook")
    assert play.story("book").status == "compensated"


def test_what_becomes_of_a_cancel_step_after_its_work_is_no_cause_of_what_it_ended() -> None:
    play = Told("""
    steps:
    - {id: stop, needs: [], cancel: [work], finally: [{id: tidy, run: ['true']}]}
    - {id: work, needs: [], run: ['true']}
    - {id: use, needs: [work], run: ['true']}
    """)
    play.fail("stop/tidy")
    assert [path for path, _ in play.words("use")[1]] == ["work", "stop"]
    assert play.words("work") == (["`stop` ended it"], [("stop", "`stop` failed")])
    assert [path for path, _ in play.words("stop")[1]] == ["stop/tidy"]
