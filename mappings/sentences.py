"""What is wrong with a record, as a shopkeeper reads it."""

from __future__ import annotations

from .labels import label
from .translate import Problem


def sentence_for(problem: Problem, subject: str, source_name: str, destination_name: str) -> str:
    """What a shopkeeper reads: what is wrong with what, and what to do."""
    name = label(problem.field)
    source = within(source_name)
    match problem.code:
        case "missing_field":
            wanted = "at least one" if is_plural(name.what) else "one"
            return (
                f"{subject}: {name.of or 'it'} has no {name.what}. {destination_name} requires {wanted}. "
                f"Add it in {source}, or set a default in the mapping."
            )
        case "unknown_value":
            return f"{subject}: the {name.what} is one that we do not know yet. {problem.detail}"
        case "expression":
            return (
                f"{subject}: the rule for {name.what} does not work. {problem.detail} Mend it in the mapping."
            )
        case _:
            return (
                f"{subject}: the {name.what} cannot be used. {problem.detail} "
                f"Correct it in {source}, or change its rule in the mapping."
            )


def is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us"))


def within(name: str) -> str:
    """A name inside a sentence: “The shop” is “the shop” there."""
    return f"the {name[4:]}" if name.startswith("The ") else name
