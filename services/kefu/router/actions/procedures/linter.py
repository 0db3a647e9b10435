"""
What is wrong with a procedure, found by going all its ways: what nobody looked up, ways that say nothing, steps that
are never reached, changes that it says it never makes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kefu.router.actions.action import Action, ActionInput, Texts
from kefu.router.actions.action_checks import MAX_EXAMPLE_CHARACTERS, MAX_EXAMPLES
from kefu.router.actions.procedures.findings import Finding
from kefu.router.actions.procedures.procedure import (
    Ask,
    Do,
    HandOverStep,
    If,
    LookUp,
    Name,
    Never,
    Page,
    ProcedureEnd,
    Say,
    Step,
    walk,
)
from kefu.router.actions.template import TemplateError, names_of
from kefu.text.language import AnswerLanguage

_LANGUAGES: Mapping[AnswerLanguage, str] = {"en": "English", "zh": "Chinese"}
_MOST_LISTED = 8


@dataclass(frozen=True)
class _Way:
    """What is so at one place of a procedure."""

    known: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By the name of a value: the actions that it is from; "" for what the customer was asked."""
    says: bool = False
    """Whether the customer has heard something by now."""
    ended: bool = False

    def with_names(self, names: Iterable[str], action: str) -> "_Way":
        known = dict(self.known)
        for name in names:
            known[name] = known.get(name, frozenset()) | {action}
        return replace(self, known=known)


def lint(page: Page, actions: Mapping[str, Action], intents: frozenset[str]) -> list[Finding]:
    """The findings about a page, by line. `intents`: those that it may name."""
    return sorted(set(_Linter(page, actions, intents).findings()))


class _Linter:
    def __init__(self, page: Page, actions: Mapping[str, Action], intents: frozenset[str]) -> None:
        self._page = page
        self._actions = actions
        self._intents = intents
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        self._when()
        for each in self._page.never:
            self._never(each)
        end = self._follow(self._page.steps, _Way())
        if not self._page.steps:
            self._wrong(1, 'There are no steps: a section "## Steps" has them')
        elif not end.ended and not end.says:
            self._wrong(
                self._page.steps[-1].line,
                "There is a way through this procedure on which the customer hears nothing: say, do or hand over "
                "something at its end, or in an Otherwise",
            )
        self._languages()
        return self._found

    def _when(self) -> None:
        page = self._page
        for line, name in page.when_actions:
            self._action(line, name)
        for line, intent in page.intents:
            if intent not in self._intents:
                self._wrong(line, f"There is no intent “{intent}”; there are {', '.join(sorted(self._intents))}")
        for line, message in page.examples:
            if len(message) > MAX_EXAMPLE_CHARACTERS:
                self._wrong(line, f"A message has at most {MAX_EXAMPLE_CHARACTERS} characters")
        if len(page.examples) > MAX_EXAMPLES:
            self._wrong(page.examples[MAX_EXAMPLES][0], f"There are more than {MAX_EXAMPLES} messages")
        if not (page.examples or page.when_actions or page.intents):
            self._wrong(
                1, 'Nothing says when it is followed: a section "## When" has messages of customers, or an action'
            )

    def _never(self, never: Never) -> None:
        if never.action and self._action(never.line, never.action) is None:
            return
        doing = [each for each in walk(self._page.steps) if isinstance(each, Do) and each.action == never.action]
        if never.action and never.condition is None:
            for each in doing:
                self._wrong(each.line, f"Line {never.line} says that this is never done")

    def _follow(self, steps: Sequence[Step], way: _Way) -> _Way:
        for step in steps:
            if way.ended:
                self._wrong(step.line, "This step is never reached: all ways end before it")
                return way
            way = self._take(step, way)
        return way

    def _take(self, step: Step, way: _Way) -> _Way:
        match step:
            case Ask(line):
                return self._ask(line, step, way)
            case LookUp(line, action=name):
                action = self._action(line, name)
                if action is None:
                    return way
                if action.change is not None:
                    self._wrong(line, f"{name} changes something: it stands behind Do, with a question to the customer")
                return self._chosen(action, way).with_names(action.result, name)
            case Say(line, texts=texts):
                self._say(line, texts, way)
                return replace(way, says=True)
            case Do():
                return self._do(step, way)
            case HandOverStep():
                return replace(way, says=True, ended=True)
            case ProcedureEnd(line):
                if not way.says:
                    self._wrong(line, "It ends here, and the customer has heard nothing")
                return replace(way, ended=True)
            case If(line, condition=condition):
                self._names(line, condition.names, way, "compared")
                return _joined(self._follow(step.then, way), self._follow(step.otherwise, way))
            case _:  # pragma: no cover - there is no other kind
                raise AssertionError(step)

    def _ask(self, line: int, step: Ask, way: _Way) -> _Way:
        if step.input is not None:
            return way.with_names([step.input.name], "")
        action = self._action(line, step.action)
        if action is None:
            return way
        wanted = next((each for each in action.inputs if each.name == step.name), None)
        own = [each.name for each in action.inputs if not each.source]
        if wanted is None or wanted.source:
            self._wrong(line, f"A customer can't be asked for {step.name} of {step.action}; it asks for {_listed(own)}")
            return way
        if not (wanted.choice or wanted.questions):
            self._wrong(line, f"{step.name} of {step.action} has no question")
        before = action.inputs[: action.inputs.index(wanted) + 1]
        return way.with_names((each.name for each in before if not each.source), "")

    def _do(self, step: Do, way: _Way) -> _Way:
        action = self._action(step.line, step.action)
        if action is None:
            return way
        if action.change is None:
            self._wrong(step.line, f"{step.action} only looks something up: it stands behind Look up")
            return way
        if action.change.preview is None:
            self._perhaps(
                step.line,
                f"{step.action} has no preview: the customer is asked for a yes without being told what it comes to",
            )
        way = self._chosen(action, way)
        at_question = way.with_names(action.change.preview_result, step.action)
        for never in self._page.never:
            if never.action == step.action and never.condition is not None:
                self._names(step.line, never.condition.names, at_question, f"what line {never.line} forbids by")
        return replace(way, says=True)

    def _chosen(self, action: Action, way: _Way) -> _Way:
        """With the values that the customer chose or named for an action."""
        return way.with_names((each.name for each in action.inputs if not each.source), "")

    def _say(self, line: int, texts: Texts, way: _Way) -> None:
        for text in texts.values():
            try:
                self._names(line, [Name(each) for each in names_of(text) if each.strip(".")], way, "said")
            except TemplateError as wrong:
                self._wrong(line, f"This text is no template: {wrong}")
            for never in self._page.never:
                for forbidden in never.texts:
                    if forbidden.casefold() in text.casefold():
                        self._wrong(line, f"Line {never.line} says that “{forbidden}” is never said")

    def _names(self, line: int, names: Iterable[Name], way: _Way, what: str) -> None:
        for name in dict.fromkeys(names):
            first = name.text.partition(".")[0]
            from_action = first in self._actions
            if from_action and name.text == first:
                self._wrong(line, f"“{first}” is {what}, and it is the name of an action, too{_instead(first, way)}")
                continue
            field_name = name.text.partition(".")[2].partition(".")[0] if from_action else first
            sources = way.known.get(field_name, frozenset())
            if from_action and first not in sources:
                self._wrong(line, f"“{name.text}” is {what}, and nothing before it looked that up: Look up `{first}`")
            elif not sources:
                self._wrong(line, f"“{name.text}” is {what}, and nothing before it has it{self._who_has(field_name)}")
            elif not from_action and len(sources - {""}) > 1:
                written = _listed(f"{each}.{field_name}" for each in sorted(sources - {""}))
                self._wrong(line, f"“{name.text}” is what several actions have: write one of {written}")

    def _who_has(self, name: str) -> str:
        having = [each.id for each in self._actions.values() if name in each.result and each.change is None]
        return f". Look up one of these first: {_listed(having)}" if having else ""

    def _action(self, line: int, name: str) -> Action | None:
        found = self._actions.get(name)
        if found is None:
            self._wrong(line, f"There is no action “{name}”; there are {_listed(self._actions)}")
        return found

    def _languages(self) -> None:
        """Warn of texts that one language lacks, where others have both."""
        said: list[tuple[int, Texts]] = [
            (each.line, texts) for each in walk(self._page.steps) for texts in _texts(each) if texts
        ]
        used: set[AnswerLanguage] = {language for _, texts in said for language in texts}
        for line, texts in said:
            for language in sorted(used.difference(texts)):
                self._perhaps(line, f"This is not there in {_LANGUAGES[language]}, as other texts are")

    def _wrong(self, line: int, what: str) -> None:
        self._found.append(Finding(line, f"{what}."))

    def _perhaps(self, line: int, what: str) -> None:
        self._found.append(Finding(line, f"{what}.", is_error=False))


def _joined(one: _Way, other: _Way) -> _Way:
    """What is so behind two ways: only what is so on both that go on."""
    if one.ended or other.ended:
        return other if one.ended else one
    known = {name: one.known[name] | other.known[name] for name in one.known if name in other.known}
    return _Way(known, one.says and other.says)


def _instead(name: str, way: _Way) -> str:
    """What to write in place of a value's name that is an action's, too."""
    sources = way.known.get(name, frozenset())
    if "" in sources:
        return ". Give what the customer is asked for another name"
    written = [f"{each}.{name}" for each in sorted(sources)]
    written = written or [f"{name}.{each}" for each, of in way.known.items() if name in of]
    if not written:
        return f". Look up `{name}`, and write it with the name of one of its results: {name}.RESULT"
    return f": write {_listed(written)}" if len(written) == 1 else f": write one of {_listed(written)}"


def _texts(step: Step) -> list[Texts]:
    match step:
        case Say(texts=texts):
            return [texts]
        case Ask(input=ActionInput(questions=questions, options=options)):
            return [questions, *options.values()]
        case _:
            return []


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_MOST_LISTED]) + (" …" if len(listed) > _MOST_LISTED else "") or "none"
