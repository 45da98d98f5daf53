"""What no rule of a mapping decides, but the destination: an order that is out of stock there, and one on backorder.

Where the job writes as the sandbox's warehouse wants it, an empty one stands in, over real HTTP. Of any other
destination it is tried what its connector makes of a refusal, and what is sent when the shop tells the order again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from integrations.connectors.base import Answer, Connector
from integrations.exceptions import Failure

from .case import Case
from .case_trial import NOT_LOST, NOT_TWICE, End, Payload, Trial, Tried
from .edge_orders import FIRST, LATER, SHORT, order, ship_all
from .mend import FALLBACKS, mend_of, of_setting
from .stand_in import StandIn, empty_warehouse, is_logged_in, stands_in_for

OUT_OF_STOCK, BACKORDER = "Out of stock", "Backorder"
ASKED_OR_WAITS: Final = "A person is asked, or it waits. Once there is stock it is made, and only once."
ONCE: Final = "It is made once. When it ships later it is not made again, and nobody is asked."
REFUSED: Final = 422
SAID: Final = {
    "message": "Out of stock.",
    "errors": [{"code": "out_of_stock", "message": "Out of stock.", "field": "lines"}],
}


def try_stock(trial: Trial) -> list[Tried]:
    """Network, where a warehouse stands in: call it outside any transaction."""
    case = _weighed(trial, order(SHORT))
    if case.leaving is None:
        why = f"Not tried: the order is not sent. {trial.end(case)[1]}"
        return [Tried(OUT_OF_STOCK, ASKED_OR_WAITS, why, None), Tried(BACKORDER, ONCE, why, None)]
    if stands_in_for(trial.job):
        with empty_warehouse() as stand_in, _There.reached(trial, stand_in) as there:
            if there is not None:
                return [
                    _with_mend(trial, Tried(OUT_OF_STOCK, ASKED_OR_WAITS, *_run_out(there))),
                    _with_mend(trial, Tried(BACKORDER, ONCE, *_ship_later(there))),
                ]
    return [_with_mend(trial, _understood(trial, case)), _with_mend(trial, _told_again(trial, case))]


def _with_mend(trial: Trial, tried: Tried) -> Tried:
    """What the destination refuses is settled by the job's fallbacks; what is told it twice, by what is written."""
    if tried.is_good is not False:
        return tried
    if tried.title == OUT_OF_STOCK and trial.falling_back.fallbacks:
        return replace(tried, mend=of_setting(FALLBACKS))
    return replace(tried, mend=mend_of(trial.job, trial.scales.rules, "", None, reads_own=False))


def _weighed(trial: Trial, payload: Payload, before: Case | None = None, there: str = "1") -> Case:
    payload["updated_at"] = FIRST if before is None else LATER
    return trial.weigh(payload, str(payload["id"]), payload["updated_at"], before, there)


# --- with a warehouse that stands in --------------------------------------------------------------------------------


class _There:
    """A trial whose writes arrive: in the warehouse that stands in."""

    def __init__(self, trial: Trial, stand_in: StandIn, connector: Connector) -> None:
        self.trial, self.stand_in, self.connector = trial, stand_in, connector

    @classmethod
    @contextmanager
    def reached(cls, trial: Trial, stand_in: StandIn) -> Iterator[_There | None]:
        """None where the job's declaration logs in otherwise than the sandbox does: it is tried as any destination."""
        connector = stand_in.connector(trial.job)
        try:
            yield cls(trial, stand_in, connector) if is_logged_in(connector) else None
        finally:
            connector.close()

    def send(self, case: Case) -> Answer | Failure:
        assert case.leaving is not None
        try:
            return self.connector.send(case.leaving.as_call())
        except Failure as failure:
            return failure


def _run_out(there: _There) -> tuple[str, bool]:
    trial, stand_in = there.trial, there.stand_in
    stand_in.begins_anew(backorders=False)
    case = _weighed(trial, order(SHORT))
    stand_in.keeps(_skus(case), 0)
    answer = there.send(case)
    if not isinstance(answer, Failure):
        return "It is taken all the same.", False
    end, told = trial.refused(case, answer)
    if end == End.ELSEWHERE:
        # There it stays, also when there is stock here again.
        return told, True
    stand_in.keeps(_skus(case), 1000)
    # As a retry has it: weighed anew, under a key of its own.
    later = there.send(_weighed(trial, order(SHORT)))
    number = stand_in.number_of_orders()
    if isinstance(later, Failure) or number != 1:
        return f"{told} Tried again with stock, {_orders(number)} there.", False
    return f"{told} {_then(end)}, 1 order is there.", end in NOT_LOST


def _ship_later(there: _There) -> tuple[str, bool]:
    trial, stand_in = there.trial, there.stand_in
    stand_in.begins_anew()
    case = _weighed(trial, order(SHORT))
    stand_in.keeps(_skus(case), 0)
    answer = there.send(case)
    if isinstance(answer, Failure):
        return trial.refused(case, answer)[1], False
    identity = answer.external_id or ""
    waited = stand_in.is_waiting()
    stand_in.keeps(_skus(case), 1000)
    stand_in.ships(identity)
    shipped = order(SHORT)
    ship_all(shipped)
    again = _weighed(trial, shipped, case, identity)
    end, told = trial.end(again)
    if again.leaving is not None:
        result = there.send(again)
        if isinstance(result, Failure):
            end, told = trial.refused(again, result)
    number = stand_in.number_of_orders()
    head = "It is made, and waits there for the goods." if waited else "It is made."
    return f"{head} Told again when it has shipped: {_small(told)} {_orders(number)} there.", (
        end in NOT_TWICE and number == 1
    )


def _skus(case: Case) -> list[str]:
    """As the job writes them: what the warehouse is asked for."""
    items = case.body.get("items")
    named = [item.get("sku") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [sku for sku in dict.fromkeys(named) if isinstance(sku, str) and sku]


def _then(end: End) -> str:
    return "Retried once there is stock" if end == End.PERSON else "Once there is stock"


def _orders(number: int) -> str:
    return "1 order is" if number == 1 else f"{number} orders are"


def _small(told: str) -> str:
    return told[:1].lower() + told[1:]


# --- anywhere else --------------------------------------------------------------------------------------------------


def _understood(trial: Trial, case: Case) -> Tried:
    assert case.leaving is not None
    name = trial.job.destination.name
    failure = trial.connector.refusal(case.leaving.as_call(), REFUSED, SAID)
    if failure is None:
        told = f"Not tried: {name} takes whatever it is given, and does not look at stock."
        return Tried(OUT_OF_STOCK, ASKED_OR_WAITS, told, None)
    end, told = trial.refused(case, failure)
    told = f"If {name} refuses it as out of stock: {_small(told) if end != End.PERSON else told}"
    return Tried(OUT_OF_STOCK, ASKED_OR_WAITS, told, end in NOT_LOST)


def _told_again(trial: Trial, case: Case) -> Tried:
    shipped = order(SHORT)
    ship_all(shipped)
    end, told = trial.end(_weighed(trial, shipped, case))
    told = f"It is made as any other. Told again when it has shipped: {_small(told)}"
    return Tried(BACKORDER, ONCE, told, end in NOT_TWICE)
