"""What is to happen after a commit: facts for plugins, and mail. Written in the service's own transaction.

A worker claims due lines, delivers each by itself, and tries again with growing pauses. Delivery is at least once: a
listener must bear hearing a fact twice. Urgent mail, other mail and facts are three streams that never wait for each other;
inside one, each plugin's facts and each domain's mails go in a lane of their own, so that one which fails or hangs does not
keep the others waiting. A line past its `not_after` is dropped, with a note.
"""

from plenaria.core.storage.outbox.carriers import Carrier, Deliver, KeptBack, Rejected, use
from plenaria.core.storage.outbox.claiming import LEASE_S, Line
from plenaria.core.storage.outbox.delivering import PAUSES_S, deliver_due, run
from plenaria.core.storage.outbox.keeping_back import KEEP_BACK_EVERYTHING, KeptBackLines, discard, kept_back, release
from plenaria.core.storage.outbox.views import (
    FailedMail,
    LineView,
    Undelivered,
    failed_mails,
    forget_settled,
    line,
    lines,
    try_again,
    undelivered,
)
from plenaria.core.storage.outbox.waking import wake_after_commit
from plenaria.core.storage.outbox.writing import QueuedMail, lines_of, put_mails, tell, tell_each

__all__ = [
    "KEEP_BACK_EVERYTHING",
    "LEASE_S",
    "PAUSES_S",
    "Carrier",
    "Deliver",
    "FailedMail",
    "KeptBack",
    "KeptBackLines",
    "Line",
    "LineView",
    "QueuedMail",
    "Rejected",
    "Undelivered",
    "deliver_due",
    "discard",
    "failed_mails",
    "forget_settled",
    "kept_back",
    "line",
    "lines",
    "lines_of",
    "put_mails",
    "release",
    "run",
    "tell",
    "tell_each",
    "try_again",
    "undelivered",
    "use",
    "wake_after_commit",
]
