"""What is remembered of requests: how many there were, and what was answered."""

from piccolo.columns import Integer, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table


class RateCount(Table, tablename="core_rate_count"):
    """How often a key was seen in a span of time; the key holds the start of the span."""

    id: Serial
    key = Varchar(length=200, unique=True)
    seen = Integer(default=0)
    expires_at = Timestamptz(default=None)


class IdempotentAnswer(Table, tablename="core_idempotent_answer"):
    """The answer already given to an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)."""

    id: Serial
    key = Varchar(length=300, unique=True)
    request_hash = Varchar(length=64)
    status = Integer(default=0)
    body = Text(default="")
    created_at = Timestamptz(default=None)
