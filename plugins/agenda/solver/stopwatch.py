"""Seconds since a search began, by OR-Tools' own stopwatch: the room reads no clock of the machine."""

from collections.abc import Callable


class Stopwatch:
    """Runs from its making on. `is_over` answers whether the limit is reached or somebody wants to stop."""

    def __init__(self, limit_s: float, should_stop: Callable[[], bool] | None = None) -> None:
        from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]  # made by SWIG

        self.limit_s = limit_s
        self._timer = pywraplp.Solver.CreateSolver("GLOP")
        self._should_stop = should_stop
        self._was_stopped = False

    @property
    def seconds(self) -> float:
        return float(self._timer.wall_time()) / 1000.0

    @property
    def left_s(self) -> float:
        return max(0.0, self.limit_s - self.seconds)

    @property
    def was_stopped(self) -> bool:
        """Somebody wants to stop; once wanted it stays so."""
        if not self._was_stopped and self._should_stop is not None:
            self._was_stopped = self._should_stop()
        return self._was_stopped

    @property
    def is_over(self) -> bool:
        return self.was_stopped or self.left_s <= 0
