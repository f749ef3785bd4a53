"""The child of `process`: `python -m plenaria.plugins.agenda.solver`, an `Order` in, `Message` lines out."""

import signal
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, BinaryIO

import msgspec

from . import repair, solve
from .problem import Answer, Contradiction, Progress, Proposal
from .process import Message, Order


class _Talk:
    """Writes whole lines, from whatever thread; a parent that does not listen any more ends this process."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, Lock()

    def send(self, message: Message) -> None:
        with self._lock:
            try:
                self._out.write(msgspec.json.encode(message) + b"\n")
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
        talk.send(_message(_answer(order, lambda progress: talk.send(Message(progress=progress)), stop)))
    except ImportError as error:
        talk.send(Message(missing=error.name or "ortools"))
    except Exception as error:
        talk.send(Message(failure=f"{type(error).__name__}: {error}"))


def _answer(order: Order, on_progress: Callable[[Progress], None], stop: Event) -> Answer:
    options: dict[str, Any] = {"limit_s": order.limit_s, "seed": order.seed, "workers": order.workers}
    options |= {"on_progress": on_progress, "should_stop": stop.is_set}
    if order.before is not None:
        return repair(order.problem, order.before, **options)
    return solve(order.problem, **options)


def _message(answer: Answer) -> Message:
    if isinstance(answer, Proposal):
        return Message(proposal=answer)
    return Message(contradiction=answer) if isinstance(answer, Contradiction) else Message(unsolved=answer)


if __name__ == "__main__":
    main()
