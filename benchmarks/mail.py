"""How many mails a worker hands over in a second, and what the same mails cost with a connection for each.

    python benchmarks/mail.py [N]

A sink on loopback, in a process of its own, that takes everything without delay; the embedded database; mails of words
alone, and with a PDF of 30 kB. Both ways in one run: only the ratio says something on another machine.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

from plenaria.core import mail
from plenaria.core.app.application import prepare
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Mail as MailSettings
from plenaria.core.kernel.settings import Settings
from plenaria.core.mail import smtp
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, migrate, transaction
from plenaria.core.storage.outbox.tables import OutboxLine

SINK = """
import asyncio, sys

class Sink(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest, self.in_data = transport, b"", False
        transport.write(b"220 sink\\r\\n")
    def data_received(self, data):
        self.rest += data
        while self.rest:
            if self.in_data:
                head, found, self.rest = self.rest.partition(b"\\r\\n.\\r\\n")
                if not found:
                    self.rest = head
                    return
                self.in_data = False
                self.transport.write(b"250 taken\\r\\n")
                continue
            line, found, self.rest = self.rest.partition(b"\\r\\n")
            if not found:
                self.rest = line
                return
            word = line[:4].upper()
            if word == b"EHLO":
                self.transport.write(b"250-sink\\r\\n250-8BITMIME\\r\\n250 SMTPUTF8\\r\\n")
            elif word == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go on\\r\\n")
            elif word == b"QUIT":
                self.transport.write(b"221 bye\\r\\n")
                self.transport.close()
            else:
                self.transport.write(b"250 OK\\r\\n")

async def main():
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


async def queue(number: int, kilobytes: int) -> None:
    """Mails to twenty domains."""
    now = clock.now()
    files = [mail.Attachment("boleto.pdf", "application/pdf", b"%PDF" + bytes(1000 * kilobytes))] if kilobytes else []
    mails = [
        outbox.QueuedMail(
            key="registration.confirmed",
            plugin="registration",
            mail=msgspec.to_builtins(
                mail.Mail(
                    to=f"{each}@domain{each % 20}.example",
                    subject="Sus boletos para el Congreso Internacional",
                    text="Hola, María:\n\nSu registro está confirmado.\n" * 10,
                    html="<p>Hola, María:</p><p>Su registro está confirmado.</p>" * 10,
                    language="es",
                    message_id=f"<{each}@bench>",
                    attachments=files,
                )
            ),
        )
        for each in range(number)
    ]
    async with transaction():
        await outbox.put_mails(mails, event_id=None, now=now)


async def deliver_all(number: int) -> tuple[float, float]:
    """Wall and CPU seconds until nothing waits."""
    started_s, cpu_s = time.perf_counter(), time.process_time()
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop))
    while await OutboxLine.exists().where(OutboxLine.done_at.is_null()):  # noqa: ASYNC110 - it asks the database
        await asyncio.sleep(0.1)
    seconds = time.perf_counter() - started_s, time.process_time() - cpu_s
    stop.set()
    await worker
    await OutboxLine.delete(force=True)
    return seconds


async def main(number: int) -> None:
    sink = subprocess.Popen(  # noqa: ASYNC220 - before anything is measured
        [sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    port = int(sink.stdout.readline())
    host = PluginHost.discover()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database=f"sqlite:///{folder}/bench.sqlite3",
            key_file=str(Path(folder) / "key.pem"),
            mail=MailSettings(host="127.0.0.1", port=port, security="none"),
        )
        prepare(settings, host)
        database = Database(settings.database)
        await database.open(host.tables())
        await migrate(database, host.apps())
        try:
            for kilobytes in (0, 30):
                await compare(number, kilobytes, settings)
        finally:
            await database.close()
            sink.terminate()


async def compare(number: int, kilobytes: int, settings: Settings) -> None:
    rates = {}
    for name, per_connection, connections in (("kept", 100, 4), ("one a mail", 1, 1), ("kept again", 100, 4)):
        smtp.MAILS_PER_CONNECTION = per_connection
        one_server = msgspec.structs.replace(settings.mail, connections=connections)
        mail.use(msgspec.structs.replace(settings, mail=one_server))
        await queue(number, kilobytes)
        wall_s, cpu_s = await deliver_all(number)
        rates[name] = number / wall_s
        print(f"{kilobytes:3} kB  {name:12} {number / wall_s:6.0f} mails/s  {1000 * cpu_s / number:5.2f} CPU ms each")
    print(f"        ratio {max(rates['kept'], rates['kept again']) / rates['one a mail']:.1f}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
