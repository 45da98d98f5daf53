from __future__ import annotations

import pytest

from integrations.configuration.problems import BadConfiguration, Problem
from integrations.configuration.read import read


def refused(text: str) -> list[Problem]:
    with pytest.raises(BadConfiguration) as caught:
        read(text)
    return caught.value.problems


def test_every_place_knows_its_line() -> None:
    document = read("jobs:\n  orders:\n    name: Orders\n    limits:\n      - 1\n      - 2\n")

    assert document.value == {"jobs": {"orders": {"name": "Orders", "limits": [1, 2]}}}
    assert document.line_of(("jobs",)) == 1
    assert document.line_of(("jobs", "orders", "name")) == 3
    assert document.line_of(("jobs", "orders", "limits", 1)) == 6


def test_a_place_that_is_not_there_has_the_line_of_what_holds_it() -> None:
    document = read("jobs:\n  orders:\n    name: Orders\n")

    assert document.line_of(("jobs", "orders", "source")) == 2


def test_countries_and_times_stay_text() -> None:
    document = read("a: no\nb: on\nc: 22:30\nd: 2026-11-23\ne: 0123\nf: 1_000\ng: yes\n")

    assert document.value == {
        "a": "no",
        "b": "on",
        "c": "22:30",
        "d": "2026-11-23",
        "e": "0123",
        "f": "1_000",
        "g": "yes",
    }


def test_true_numbers_and_nothing_are_what_they_look_like() -> None:
    document = read("a: true\nb: 12\nc: 1.5\nd: null\ne:\nf: -3\n")

    assert document.value == {"a": True, "b": 12, "c": 1.5, "d": None, "e": None, "f": -3}


def test_keys_are_always_text() -> None:
    assert read("values:\n  1: one\n  true: yes\n").value == {"values": {"1": "one", "true": "yes"}}


def test_an_empty_file_holds_nothing() -> None:
    assert read("# nothing yet\n").value == {}


def test_the_same_key_twice_is_refused_at_its_second_line() -> None:
    assert refused("jobs:\n  orders:\n    name: A\n  orders:\n    name: B\n") == [
        Problem(4, "jobs.orders", "This key is here twice. Keep one of them.")
    ]


def test_what_is_not_yaml_is_refused_at_its_line() -> None:
    (problem,) = refused("jobs:\n  orders: [1, 2\nname: x\n")

    assert problem.line == 3
    assert problem.reason.startswith("This is not YAML: ")


def test_a_tag_that_would_run_code_is_refused() -> None:
    (problem,) = refused("jobs:\n  name: !!python/object/apply:os.system ['true']\n")

    assert (problem.line, problem.field) == (2, "jobs.name")
    assert problem.reason.endswith("is not allowed here.")


def test_a_value_that_contradicts_its_tag_is_refused() -> None:
    (problem,) = refused("jobs:\n  name: !!int many\n")

    assert (problem.line, problem.field) == (2, "jobs.name")


def test_a_list_at_the_top_is_refused() -> None:
    assert refused("- jobs\n") == [Problem(1, "", "The file must begin with a section, for example 'jobs:'.")]


def test_a_file_that_grows_without_end_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]

    (problem,) = refused("\n".join(lines))

    assert problem.reason == "The file has too many values."


def test_a_file_that_holds_itself_is_refused() -> None:
    (problem,) = refused("a: &a [*a]\n")

    assert problem.reason == "The file has too many values."
