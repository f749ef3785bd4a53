"""One transaction from BEGIN to COMMIT or ROLLBACK, the same for both engines.

Piccolo's own transactions keep their connection when COMMIT fails, ignore a failure inside a nested
transaction, and lend their connection to tasks started inside. These do none of that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, TypeVar

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database.errors import DatabaseProblem, ForeignTask, TransactionPoisoned
from plenaria.core.storage.database.trouble import translating

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Connection(Protocol):
    """A connection that is inside a transaction."""

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Any]: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...

    async def release(self) -> None:
        """Gives the connection back whatever state it is in; never raises."""


class _Mark(NamedTuple):
    callbacks: int
    poison: BaseException | None


class Transaction:
    """A running transaction; made by `TransactionScope`, handed out by `transaction()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._owner = asyncio.current_task()
        self._callbacks: list[Callable[[], object]] = []
        self._poison: BaseException | None = None
        self._savepoints = 0
        self.is_open = True

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Runs `callback` once COMMIT has succeeded, in the order of registration.

        A callback that raises is logged and changes nothing: what is committed stays committed. Callbacks
        registered inside a savepoint that was rolled back are forgotten with it.
        """
        self._callbacks.append(callback)

    def poison(self, failure: BaseException) -> None:
        """Makes sure that this transaction cannot commit any more, unless a savepoint undoes the failed part."""
        self._poison = self._poison or failure

    def require_own_task(self) -> None:
        if asyncio.current_task() is not self._owner:
            raise ForeignTask(
                "This task was started inside a transaction of another task and would use its connection. "
                "Await the query in the transaction's own task, or start the task with Transaction.after_commit. "
                "For a time limit use asyncio.timeout(); wait_for() starts a task."
            )

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Any]:
        """Runs one statement; any failure, a cancellation too, poisons the transaction (as on PostgreSQL)."""
        self.require_own_task()
        if self._poison is not None:
            self._raise_trouble()
            raise TransactionPoisoned(
                f"The transaction has already failed ({self._poison!r}); it takes no further statement."
            ) from self._poison
        try:
            with translating():
                return await self._connection.execute(sql, args)
        except BaseException as error:
            self.poison(error)
            raise

    async def end(self, failure: BaseException | None) -> None:
        """Commits, or rolls back after a failure; the connection is given back whatever happens."""
        self.is_open = False
        try:
            if failure is not None:
                await self._rollback_quietly()
            elif self._poison is not None:
                await self._rollback_quietly()
                self._raise_trouble()
                raise TransactionPoisoned(
                    f"A failure inside the transaction was swallowed ({self._poison!r}); nothing was stored."
                ) from self._poison
            else:
                with translating():
                    await self._connection.commit()
        finally:
            await self._connection.release()

    def _raise_trouble(self) -> None:
        """What somebody swallowed is still the database's trouble, and not the program's mistake."""
        if isinstance(self._poison, Unavailable):
            raise self._poison

    async def _rollback_quietly(self) -> None:
        try:
            await self._connection.rollback()
        except Exception as error:
            # The original failure matters more; release() replaces a connection that cannot roll back.
            log.warning("a transaction could not be rolled back; its connection is given up: %s", type(error).__name__)

    def run_callbacks(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                log.exception("A callback after commit failed")

    async def open_savepoint(self) -> tuple[str, _Mark]:
        self._savepoints += 1
        name = f"savepoint_{self._savepoints}"
        await self.execute(f"SAVEPOINT {name}")
        return name, _Mark(len(self._callbacks), self._poison)

    async def release_savepoint(self, name: str, mark: _Mark) -> None:
        if self._poison is not None:
            swallowed = self._poison
            await self.undo_savepoint(name, mark)
            raise TransactionPoisoned(
                f"A failure inside the savepoint was swallowed ({swallowed!r}); the savepoint is rolled back."
            ) from swallowed
        await self.execute(f"RELEASE SAVEPOINT {name}")

    async def undo_savepoint(self, name: str, mark: _Mark) -> None:
        try:
            await uninterrupted(self._back_to(name))
        except Exception as error:
            self.poison(error)
            raise
        del self._callbacks[mark.callbacks :]
        self._poison = mark.poison

    async def _back_to(self, name: str) -> None:
        await self._connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
        await self._connection.execute(f"RELEASE SAVEPOINT {name}")


class TransactionScope:
    """`async with` around a transaction: opens one, or joins the one that is already open in this task."""

    def __init__(self, engine: Any, begin: Callable[[], Awaitable[Connection]]) -> None:
        self._engine = engine
        self._begin = begin
        self._joined = False
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> Transaction:
        outer = open_transaction(self._engine)
        if outer is not None:
            outer.require_own_task()
            self._joined = True
            self._transaction = outer
            return outer
        self._transaction = Transaction(await self._begin())
        self._engine.current_transaction.set(self._transaction)
        return self._transaction

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._transaction is None:
            raise DatabaseProblem("The transaction was left without having been entered.")
        if self._joined:
            if failure is not None:
                self._transaction.poison(failure)
            return
        self._engine.current_transaction.set(None)
        interruption = await _finish(self._transaction.end(failure))
        if failure is None:
            self._transaction.run_callbacks()
        if interruption is not None:
            raise interruption


def open_transaction(engine: Any) -> Transaction | None:
    """The transaction that the running code is in; one that has ended does not count."""
    transaction: Transaction | None = engine.current_transaction.get()
    return transaction if transaction is not None and transaction.is_open else None


async def uninterrupted(work: Coroutine[Any, Any, Result]) -> Result:
    """Awaits `work` to its end even when the awaiting task is cancelled; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    interruption = await _settled(task)
    result = task.result()
    if interruption is not None:
        raise interruption
    return result


async def _finish(work: Coroutine[Any, Any, None]) -> asyncio.CancelledError | None:
    task = asyncio.ensure_future(work)
    interruption = await _settled(task)
    task.result()
    return interruption


async def _settled(task: "asyncio.Future[Any]") -> asyncio.CancelledError | None:
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    return interruption
