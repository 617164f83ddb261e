"""What a study may ask its readers, from the tasks of the dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from her2mri.dictionary import DataDictionary, Task, load_dictionary

THREE_CLASSES: Final = "three_classes"


@dataclass(frozen=True)
class Call:
    """One answer a reader may give: a level of the outcome, and what the button says."""

    level: str
    label: str


@dataclass(frozen=True)
class Question:
    """``calls`` in the order of the buttons, the positive class first; ``truths``: a level, and the call right for it.

    ``tasks`` are those of the analysis that the calls answer.
    """

    name: str
    label: str
    calls: tuple[Call, ...]
    truths: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        """The calls as the reads table has them."""
        return tuple(call.level for call in self.calls)

    def label_of(self, level: str) -> str:
        """What people read for a call; KeyError for another level."""
        return {call.level: call.label for call in self.calls}[level]

    def truth_of(self, level: str) -> str:
        """The right call for a level of the outcome; empty where the question is not about it."""
        return dict(self.truths).get(level, "")


@cache
def questions() -> tuple[Question, ...]:
    """Each task of the dictionary; and, where one task splits what another joins, all classes at once.

    >>> {question.name: question.levels for question in questions()}["her2_positive"]
    ('positive', 'negative')
    >>> questions()[-1].label
    'HER2-positive, HER2-low or HER2-zero'
    """
    dictionary = load_dictionary()
    return (*(_of_task(dictionary, task) for task in dictionary.tasks), *_of_chain(dictionary.tasks))


def question_named(name: str) -> Question | None:
    """The question of that name, if there is one."""
    return next((question for question in questions() if question.name == name), None)


def _of_task(dictionary: DataDictionary, task: Task) -> Question:
    positive = _one_level(dictionary, task.outcome, task.positive)
    negative = _one_level(dictionary, task.outcome, task.negative)
    truths = [(level, positive) for level in task.positive] + [(level, negative) for level in task.negative]
    calls = (Call(positive, task.positive_label), Call(negative, task.negative_label))
    return Question(task.name, task.label, calls, tuple(truths), (task.name,))


def _one_level(dictionary: DataDictionary, outcome: str, levels: Sequence[str]) -> str:
    """The only level, or the one that leaves open which of the others it is."""
    if len(levels) == 1:
        return levels[0]
    covering = {level.value: set(level.covers) for level in dictionary[outcome].levels}
    return next(level for level in levels if covering[level] == set(levels) - {level})


def _of_chain(tasks: Sequence[Task]) -> Iterator[Question]:
    if len(tasks) != 2 or not set(tasks[1].eligible) <= set(tasks[0].negative):
        return
    first, second = tasks
    calls = (
        Call(first.positive[0], first.positive_label),
        Call(second.positive[0], second.positive_label),
        Call(second.negative[0], second.negative_label),
    )
    label = " or ".join((", ".join(call.label for call in calls[:-1]), calls[-1].label))
    yield Question(
        THREE_CLASSES,
        label,
        calls,
        tuple((call.level, call.level) for call in calls),
        (first.name, second.name),
    )
