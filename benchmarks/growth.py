"""How pages and files grow: processor time with 100, 1,000 and 2,000 of everything, and how long a large file holds others up.

    .venv/bin/python benchmarks/growth.py [--sizes 100 1000 2000] [--rows 50000]

In process, on SQLite, nothing kept from before. `held` is the longest that the event loop worked on one thing, answering nobody,
while a file with that many attendees was made (processor time of its thread).
Ratios within one run mean something elsewhere, milliseconds do not.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

PAGES = (
    "/api/v1/events/{slug}/sessions?limit=50",
    "/api/v1/events/{slug}/speakers?limit=50",
    "/api/v1/events/{slug}/orders?limit=50",
    "/{slug}/agenda/session-1",
    "/{slug}/organise",
    "/{slug}/organise/agenda/sessions",
    "/{slug}/organise/agenda/board",
    "/{slug}/organise/agenda/release",
    "/{slug}/organise/agenda/people",
    "/{slug}/organise/registration/orders",
    "/{slug}/organise/team",
)
FILES = ("csv", "xlsx", "json")


async def measure(sizes: list[int], rows: int) -> None:
    import pytest

    from plenaria.core.host.plugins import host
    from plenaria.core.storage.database import Database, migrate
    from plenaria.testing.databases import installed_apps, installed_tables
    from plenaria.testing.site import Site, make_event, running_site
    from tests.growth.filling import fill, orders
    from tests.growth.measuring import cost

    async def filled(site: Site, n: int) -> str:
        event = await make_event(f"congress-{n}", host())
        await fill(event, n)
        return event.slug

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        url = f"sqlite:///{folder}/growth.sqlite3?synchronous=OFF"
        database = Database(url)
        await database.open(installed_tables())
        await migrate(database, installed_apps())
        await database.close()
        async with running_site(url, Path(folder), patch) as site:
            slugs = [await filled(site, n) for n in sizes]
            owner = await site.signed_in("owner")
            await site.visitor().get("/")
            print(f"{'CPU ms':46}" + "".join(f"{n:>10}" for n in sizes))
            for page in PAGES:
                found = []
                for slug in slugs:
                    event = await _event(slug)
                    client = await site.signed_in("owner", event=event, email=f"{slug}@example.mx")
                    found.append(await cost(client, page.format(slug=slug)))
                print(f"{page.format(slug='E'):46}" + "".join(f"{each.ms:10.1f}" for each in found))
            await orders(site.event, rows)
            print(f"\n{rows} attendees{'seconds':>12}{'held, ms':>12}{'bytes':>14}")
            for ending in FILES:
                seconds, held, size = await _file(owner, f"/{site.event.slug}/organise/exports", ending)
                print(f"{ending:>15}{seconds:12.1f}{held * 1000:12.0f}{size:14}")


async def _event(slug: str):  # type: ignore[no-untyped-def]
    from plenaria.core.events.queries import event_by_slug

    return await event_by_slug(slug)


async def _file(client, path: str, ending: str) -> tuple[float, float, int]:  # type: ignore[no-untyped-def]
    """Seconds, the longest that the loop worked on something else meanwhile, bytes."""
    longest, done = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    started = time.perf_counter()
    answer = await client.get(f"{path}/registration.attendees?format={ending}")
    seconds = time.perf_counter() - started
    done.set()
    await watching
    assert answer.status_code == 200, answer.text
    return seconds, longest, len(answer.content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 2000])
    parser.add_argument("--rows", type=int, default=50_000)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.sizes, arguments.rows))


if __name__ == "__main__":
    main()
