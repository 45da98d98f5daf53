"""A command that a script can rely on: how it ended is its exit code, and what kept it from running is a sentence."""

from __future__ import annotations

import json
import logging
import sys
from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from integrations.exceptions import Failure
from integrations.sync.foreground import CouldNotRun
from mappings.fields import SecretUnreadable

logger = logging.getLogger(__name__)

COULD_NOT_RUN = 2
FORESEEN = (CouldNotRun, Failure, SecretUnreadable, OperationalError, ProgrammingError)


class ForegroundCommand(BaseCommand):
    """Exits with what `work` returns, and with 2 where it could not run. Needs the option `--json`.

    Python's own way out of an exception is 1, which says here that something is left to do.
    """

    foreseen: tuple[type[Exception], ...] = FORESEEN

    @abstractmethod
    def work(self, options: dict[str, Any]) -> int:
        """Does it and returns the exit code: 0 where nothing is left to do, 1 where something is."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self.work(options)
        except self.foreseen as exc:
            self._say_could_not_run(_sentence(exc), as_json=options["json"])
            code = COULD_NOT_RUN
        except Exception as exc:
            logger.exception("The command could not be run.")
            sentence = f"Something that nobody foresaw ended it ({type(exc).__name__}); the log says where."
            self._say_could_not_run(sentence, as_json=options["json"])
            code = COULD_NOT_RUN
        sys.exit(code)

    def check(self, *args: Any, **options: Any) -> None:
        try:
            super().check(*args, **options)
        except CommandError as exc:
            exc.returncode = COULD_NOT_RUN
            raise

    def print_json(self, **content: Any) -> None:
        self.stdout.write(json.dumps(content, ensure_ascii=False))

    def _say_could_not_run(self, sentence: str, as_json: bool) -> None:
        if as_json:
            self.print_json(could_not_run=sentence)
        else:
            self.stderr.write(sentence)


def _sentence(error: Exception) -> str:
    if isinstance(error, Failure):
        return error.sentence
    if isinstance(error, OperationalError | ProgrammingError):
        cause = str(error).strip()
        return f"The database cannot be used: {cause}\nIs it running, and has `manage.py migrate` been run?"
    return str(error)
