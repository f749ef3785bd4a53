"""When what the service stands on cannot serve: no refusal and no bug, answered with 503 and worth trying again."""

import logging
from typing import Final

RETRY_AFTER_S: Final = {
    "unreachable": 5,
    "timeout": 5,
    "pool": 2,
    "lock_wait": 2,
    "disk_full": 30,
    "storage": 30,
    "read_only": 5,
    "resources": 10,
    "deadlock": 1,
    "serialization": 1,
}
"""Every kind of trouble, and when it is worth trying again."""


class Unavailable(Exception):
    """The database cannot do its work now. The message is the kind alone: it holds nothing that somebody typed.

    `unreachable`: no connection, or one that broke; `timeout`: a statement took too long; `pool`: no free connection in time;
    `lock_wait`: somebody else held the row too long; `disk_full`; `storage`: reading or writing the disk failed;
    `read_only`: a standby, or a file that may not be written; `resources`: memory; `deadlock` and `serialization`: see `Victim`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after_s = RETRY_AFTER_S[kind]


class Victim(Unavailable):
    """The database ended this transaction so that another could go on. Nothing of it is stored; done again it may succeed."""


class Outage:
    """Says once in the log that work in the background waits for the database, and once that it goes on."""

    def __init__(self, logger: logging.Logger, work: str) -> None:
        self._logger = logger
        self._work = work
        self._kind = ""

    def begins(self, trouble: Unavailable) -> None:
        if trouble.kind != self._kind:
            self._logger.warning("waiting for the database", extra={"work": self._work, "kind": trouble.kind})
        self._kind = trouble.kind

    def is_over(self) -> None:
        if self._kind:
            self._logger.info("the database serves again", extra={"work": self._work})
        self._kind = ""
