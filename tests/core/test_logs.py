"""Logs hold what an operator needs and nothing of a person: shown on a sign-in, and on errors that quote addresses."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from plenaria.core.kernel import logs
from plenaria.core.kernel.settings import Misconfigured
from plenaria.core.storage.database import UniqueViolated
from plenaria.core.web.access import REQUESTS
from tests.site import Site

ADDRESS = "ana.quijano@example.mx"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process logs in production."""
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(development=False)
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # the test's own browser
    yield text
    root.handlers[:], root.level = handlers, level


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


# -- the door ------------------------------------------------------------------------------------------------------


async def test_the_log_of_a_sign_in_holds_neither_address_nor_secret(site: Site, written: io.StringIO) -> None:
    visitor = site.visitor()

    asked = await visitor.post("/sign-in", data={"email": ADDRESS})
    await site.deliver()
    mail = (await site.mails())[-1]
    secret = mail["text"].partition("/sign-in/")[2].split()[0].rstrip(").>")
    looked = await visitor.get(f"/sign-in/{secret}")
    entered = await visitor.post(f"/sign-in/{secret}")
    mine = await visitor.get("/me")

    assert [asked.status_code < 400, looked.status_code, entered.status_code, mine.status_code] == [True, 200, 303, 200]
    told = [(line["method"], line["route"], line["status"]) for line in lines(written) if line["message"] == "request"]
    assert told == [
        ("POST", "/sign-in", asked.status_code),
        ("GET", "/sign-in/{secret}", 200),
        ("POST", "/sign-in/{secret}", 303),
        ("GET", "/me", 200),
    ]
    session = visitor.cookies["plenaria_session"]
    assert mail["to"] == ADDRESS
    assert [leak for leak in (ADDRESS, secret, session) if leak in written.getvalue()] == []


async def test_a_request_keeps_a_sane_id_and_loses_any_other(site: Site, written: io.StringIO) -> None:
    visitor = site.visitor()

    kept = await visitor.get("/", headers={"X-Request-ID": "proxy-4711-abc"})
    too_short = await visitor.get("/", headers={"X-Request-ID": "x"})
    injected = await visitor.get("/", headers={"X-Request-ID": 'abcdefgh"} {"level": "x'})

    made = [too_short.headers["x-request-id"], injected.headers["x-request-id"]]
    assert kept.headers["x-request-id"] == "proxy-4711-abc"
    assert all(len(each) == 16 for each in made)
    assert [line["request_id"] for line in lines(written)] == ["proxy-4711-abc", *made]


async def test_the_page_of_an_error_shows_the_number_under_which_it_is_logged(site: Site) -> None:
    page = await site.visitor().get("/no-such-event", headers={"X-Request-ID": "proxy-4711-abc"})

    assert page.status_code == 404
    assert "<code>proxy-4711-abc</code>" in page.text


async def test_an_unknown_address_is_told_without_its_path(site: Site, written: io.StringIO) -> None:
    await site.visitor().get(f"/no/such/{ADDRESS}")

    (line,) = lines(written)
    assert (line["message"], line["status"]) == ("request", 404)
    assert "route" not in line
    assert ADDRESS not in written.getvalue()


async def test_requests_are_counted_by_route_and_status_and_probes_are_not_logged(
    site: Site, written: io.StringIO
) -> None:
    labels = ("GET", "/{event_slug}", "200")
    before = REQUESTS.labels(*labels)._value.get()

    await site.visitor().get(f"/{site.event.slug}")
    await site.visitor().get("/healthz")
    metrics = (await site.visitor().get("/metrics")).text

    assert REQUESTS.labels(*labels)._value.get() == before + 1
    assert 'plenaria_http_request_duration_seconds_count{method="GET",route="/healthz"}' in metrics
    assert site.event.slug not in metrics
    assert [line.get("route") for line in lines(written)] == ["/{event_slug}"]


# -- the form ------------------------------------------------------------------------------------------------------


def test_a_line_has_time_level_logger_message_and_what_was_given(written: io.StringIO) -> None:
    logging.getLogger("plenaria.test").warning("a sentence", extra={"plugin": "agenda", "attempts": 3})

    (line,) = lines(written)
    time = line.pop("time")
    assert time.endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "plenaria.test",
        "message": "a sentence",
        "plugin": "agenda",
        "attempts": 3,
    }


def fail_with(error: Exception) -> None:
    try:
        raise error
    except Exception:
        logging.getLogger("plenaria.test").exception("it failed")


def test_an_exception_is_told_by_type_and_frames_without_the_values_in_it(written: io.StringIO) -> None:
    fail_with(UniqueViolated(f"Key (email)=({ADDRESS}) already exists", columns=("email",)))
    fail_with(ValueError(f"cannot parse {ADDRESS}"))

    first, second = lines(written)
    assert first["exception"]["type"] == "plenaria.core.storage.database.errors.UniqueViolated"
    assert first["exception"]["frames"][-1].endswith(" fail_with")
    assert second["exception"]["type"] == "ValueError"
    assert ADDRESS not in written.getvalue()


def test_what_only_the_house_or_the_system_can_have_said_is_told(written: io.StringIO) -> None:
    fail_with(ConnectionRefusedError(111, "Connection refused"))
    fail_with(Misconfigured("key.pem: no Ed25519 key"))

    told = [line["exception"]["message"] for line in lines(written)]
    assert told == ["[Errno 111] Connection refused", "key.pem: no Ed25519 key"]


def test_a_cause_is_told_like_the_exception_itself(written: io.StringIO) -> None:
    try:
        try:
            raise KeyError(ADDRESS)
        except KeyError as inner:
            raise ConnectionError("no answer") from inner
    except ConnectionError:
        logging.getLogger("plenaria.test").exception("it failed")

    (line,) = lines(written)
    assert line["exception"]["cause"]["type"] == "KeyError"
    assert ADDRESS not in written.getvalue()


def test_text_with_line_breaks_stays_one_line(written: io.StringIO) -> None:
    logging.getLogger("plenaria.test").error("first\nsecond", extra={"name_": "x\ny"})

    assert len(written.getvalue().splitlines()) == 1


def test_in_development_a_line_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(development=True)

    logging.getLogger("plenaria.test").warning("a sentence", extra={"plugin": "agenda"})

    root.handlers[:], root.level = handlers, level
    assert "a sentence  plugin=agenda" in text.getvalue()
