"""The mail server: connections that are kept for many mails, its answers, and how many mails a minute it takes."""

import asyncio
import time
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

import aiosmtplib

from plenaria.core.kernel.settings import Mail as ServerSettings
from plenaria.core.mail.installation import server
from plenaria.core.storage.outbox import Rejected

MAILS_PER_CONNECTION: Final = 100
"""Then a new one is opened: servers bound it too, and would close it in the middle of a mail."""
FAREWELL_WITHIN_S: Final = 1.0
NOT_ABOUT_THE_MAIL: Final = frozenset({503, 530, 534, 535, 538})
"""Final answers that speak of how we sign in: another try may succeed once the settings are mended."""
TOO_LARGE: Final = 552
"""Also the answer to a sender whose mail is larger than the server takes."""


class _Connection:
    """A connection to the server, and how many mails it has taken."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.loop = asyncio.get_running_loop()
        self.mails = 0
        self.client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password or None,
            start_tls=settings.security == "starttls",
            use_tls=settings.security == "tls",
            timeout=settings.timeout_s,
        )

    def may_take_more(self) -> bool:
        return self.client.is_connected and self.mails < MAILS_PER_CONNECTION

    def fits(self, settings: ServerSettings) -> bool:
        """Made for this server and this event loop, and still open."""
        return self.settings is settings and self.loop is asyncio.get_running_loop() and self.client.is_connected

    async def farewell(self) -> None:
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL_WITHIN_S):
                await self.client.quit()
        self.client.close()


_idle: list[_Connection] = []


async def hand_to_server(message: EmailMessage, *, to: str) -> None:
    """Give a message to the server, over a connection that is there already or a new one.

    Raises `outbox.Rejected` with the server's words where another try is useless, and what went wrong otherwise.
    """
    connection = await _connected()
    try:
        await connection.client.send_message(message, sender=parseaddr(server().sender)[1], recipients=[to])
    except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
        await _keep(connection)  # the library has reset it: it takes the next mail
        if answer := _final_answer(error):
            raise Rejected(answer) from error
        raise
    except (
        ValueError,
        aiosmtplib.SMTPNotSupported,
    ) as error:  # an address that no mail can be sent to, before anything was
        await _keep(connection)
        raise Rejected(str(error)) from error
    except BaseException:
        connection.client.close()  # at once: the library would wait for a hanging server's farewell
        raise
    connection.mails += 1
    await _keep(connection)


async def _connected() -> _Connection:
    settings = server()
    while _idle:
        kept = _idle.pop()
        if kept.fits(settings):
            return kept
        with suppress(RuntimeError):  # of an event loop that is gone
            kept.client.close()
    connection = _Connection(settings)
    try:
        await connection.client.connect()
    except BaseException:
        connection.client.close()
        raise
    return connection


async def _keep(connection: _Connection) -> None:
    if connection.may_take_more():
        _idle.append(connection)
    else:
        await connection.farewell()


async def rest() -> None:
    """Close what is open and idle: nothing is due."""
    leaving = [_idle.pop() for _ in range(len(_idle))]
    await asyncio.gather(*(each.farewell() for each in leaving if each.fits(each.settings)))


def _final_answer(error: aiosmtplib.SMTPException) -> str:
    """The server's words where they are final and speak of this mail: of its receiver, content or size. Else ""."""
    answer = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    about_it = isinstance(answer, (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused))
    if not isinstance(answer, aiosmtplib.SMTPResponseException) or not (about_it or answer.code == TOO_LARGE):
        return ""
    is_final = 500 <= answer.code < 600 and answer.code not in NOT_ABOUT_THE_MAIL
    return f"{answer.code} {' '.join(answer.message.split())}" if is_final else ""


class Pace:
    """So many mails a minute, evenly spread. Urgent ones are counted, and do not wait."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def ready_in_s(self, urgent: bool) -> float:
        """Seconds until the next mail may go; where it answers 0 that mail is counted."""
        if not (per_minute := server().rate_per_minute):
            return 0.0
        now_s = time.monotonic()
        if not urgent and self._next_s > now_s:
            return self._next_s - now_s
        self._next_s = max(self._next_s, now_s) + 60 / per_minute
        return 0.0


PACE: Final = Pace()


def at_once() -> int:
    """How many mails of one stream are under way at once: urgent ones and the others each have so many connections."""
    return server().connections


def in_lane(domain: str) -> int:
    """A domain that answers slowly takes half of the connections at most."""
    return max(1, (server().connections + 1) // 2)
