"""`python -m tests.growth fill|…`: an installation of any size, and what work costs on it.

DATABASE_URL names the database; it is filled once and may be used by all the others.
"""

from __future__ import annotations

import argparse
import logging
import os

import django

SECRETS = {
    "PORTAL_ENV_FILE": "",
    "SECRET_KEY": "a key for measurements alone, which protects nothing",
    "SALT_KEY": "a salt for measurements alone",
    "PRIVATE_NETWORKS": "127.0.0.0/8",
}


def main() -> None:
    chosen = _arguments()
    for name, value in {**SECRETS, "DJANGO_SETTINGS_MODULE": "config.settings"}.items():
        os.environ.setdefault(name, value)
    if chosen.task == "cost":
        from tests.growth.cost import compare

        compare(chosen.small, chosen.large, chosen.rounds, chosen.records)
        return
    django.setup()
    logging.getLogger("django").setLevel(logging.ERROR)
    TASKS[chosen.task](chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.growth", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    filling = tasks.add_parser("fill", help="Makes the things and all that hangs on them.")
    filling.add_argument("--things", type=int, default=1_000_000)
    comparing = tasks.add_parser("cost", help="What a record costs on two databases, in turns.")
    comparing.add_argument("small", help="DATABASE_URL of the small one.")
    comparing.add_argument("large", help="DATABASE_URL of the large one.")
    comparing.add_argument("--rounds", type=int, default=7)
    comparing.add_argument("--records", type=int, default=1_000)
    carrying = tasks.add_parser("carry", help="One database's part in `cost`.")
    carrying.add_argument("address")
    remembering = tasks.add_parser("memory", help="Whether a worker stays as small as it was.")
    remembering.add_argument("--records", type=int, default=50_000)
    waiting = tasks.add_parser("backlog", help="Makes a backfill that waits, and a webhook address.")
    waiting.add_argument("address", help="Of the warehouse.")
    waiting.add_argument("--records", type=int, default=20_000)
    measuring = tasks.add_parser("workflow", help="How long a workflow's page and each of its measures take.")
    measuring.add_argument("--fill", type=int, default=0, help="First so many orders in the books.")
    auditing = tasks.add_parser("audit", help="What comparing both sides of a stock job takes.")
    auditing.add_argument("--records", type=int, default=200_000)
    auditing.add_argument("--latency", type=float, default=0.0, help="Milliseconds until the sides answer.")
    auditing.add_argument("--sample", type=int, default=100, help="Per cent.")
    tasks.add_parser("pages", help="How long lists and dashboard take.")
    return parser.parse_args()


def _fill(chosen: argparse.Namespace) -> None:
    from django.core.management import call_command

    from monitoring import rollups
    from monitoring.incidents import triage
    from tests.growth.fill import Size, fill
    from tests.growth.portal import the_job

    call_command("migrate", interactive=False, verbosity=0)
    took = fill(the_job(), Size.of(chosen.things))
    print(f"{chosen.things:,} things in {took:,.0f} s", flush=True)
    rollups.roll_up()
    triage.triage()


def _carry(chosen: argparse.Namespace) -> None:
    from tests.growth.cost import worker

    worker(chosen.address)


def _memory(chosen: argparse.Namespace) -> None:
    from tests.growth.memory import watch

    watch(chosen.records)


def _backlog(chosen: argparse.Namespace) -> None:
    from tests.growth.backlog import prepare

    prepare(chosen.address, chosen.records)


def _workflow(chosen: argparse.Namespace) -> None:
    from tests.growth.fill_workflow import fill_workflow
    from tests.growth.portal import the_job
    from tests.growth.workflow import look

    if chosen.fill:
        took = fill_workflow(the_job(), chosen.fill, chosen.fill // 10)
        print(f"{chosen.fill:,} orders in the books in {took:,.0f} s", flush=True)
    look()


def _audit(chosen: argparse.Namespace) -> None:
    from django.core.management import call_command

    from tests.growth.audits import compare

    call_command("migrate", interactive=False, verbosity=0)
    compare(chosen.records, chosen.latency, chosen.sample)


def _pages(chosen: argparse.Namespace) -> None:
    from django.core.management import call_command

    from tests.growth.pages import look

    call_command("collectstatic", interactive=False, verbosity=0)
    look()


TASKS = {
    "fill": _fill,
    "workflow": _workflow,
    "backlog": _backlog,
    "carry": _carry,
    "memory": _memory,
    "audit": _audit,
    "pages": _pages,
}

if __name__ == "__main__":
    main()
