"""The child of `process`: `python -m plenaria.plugins.agenda.solver`, an `Order` in, `Told` lines out."""

import signal
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, BinaryIO

import msgspec

from . import repair, solve
from .problem import Answer, Contradiction, Progress, Proposal
from .process import Order, Told


class _Talk:
    """Writes whole lines, from whatever thread; a parent that does not listen any more ends this process."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, Lock()

    def tell(self, told: Told) -> None:
        with self._lock:
            try:
                self._out.write(msgspec.json.encode(told) + b"\n")
                self._out.flush()
            except OSError:
                _end_at_once()


def _end_at_once() -> None:
    """Without waiting for threads of the solver, which hear nothing while they search."""
    signal.raise_signal(signal.SIGTERM)


def _listen(stop: Event) -> None:
    """To the parent, until it asks to stop or is gone."""
    for line in sys.stdin.buffer:
        if line.strip() == b"stop":
            stop.set()
    _end_at_once()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches both; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    talk, stop = _Talk(sys.stdout.buffer), Event()
    Thread(target=_listen, args=(stop,), daemon=True).start()
    try:
        talk.tell(_told(_answer(order, lambda progress: talk.tell(Told(progress=progress)), stop)))
    except ImportError as error:
        talk.tell(Told(missing=error.name or "ortools"))
    except Exception as error:
        talk.tell(Told(failure=f"{type(error).__name__}: {error}"))


def _answer(order: Order, on_progress: Callable[[Progress], None], stop: Event) -> Answer:
    told: dict[str, Any] = {"limit_s": order.limit_s, "seed": order.seed, "workers": order.workers}
    told |= {"on_progress": on_progress, "should_stop": stop.is_set}
    if order.before is not None:
        return repair(order.problem, order.before, **told)
    return solve(order.problem, **told)


def _told(answer: Answer) -> Told:
    if isinstance(answer, Proposal):
        return Told(proposal=answer)
    return Told(contradiction=answer) if isinstance(answer, Contradiction) else Told(unsolved=answer)


if __name__ == "__main__":
    main()
