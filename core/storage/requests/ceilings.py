"""How many failures are borne, by whom: pure."""

from msgspec import Struct


class Ceilings(Struct, frozen=True):
    """How many failures an hour are borne before the next attempt is refused.

    `together`: of one client at one account; whoever guesses stops here, and hurts only themselves. `client`: of one client
    at any account, far higher, for a whole congress may share one address. `account`: at one account from everywhere,
    far higher too, so that nobody shuts its owner out; it bounds guesses from many places.
    """

    together: int
    client: int
    account: int


def counters(ceilings: Ceilings, *, account: str, client: str) -> tuple[tuple[str, int], ...]:
    """`(whose, most)`, the narrowest first: one that is full refuses, and the wider ones do not count what was refused."""
    return (
        (f"{account} from {client}", ceilings.together),
        (f"client {client}", ceilings.client),
        (f"account {account}", ceilings.account),
    )
