"""Play the scenarios and print one line each; ends with 1 when anything confirmed was lost or sold twice.

python -m tests.standby [--short]      (starts itself again in a network namespace of its own)
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.standby.congress import Congress, Rush
from tests.standby.network import Loopback, Network

INSIDE = "TESTS_STANDBY_INSIDE"
Trouble = Callable[[Congress, Rush], None]


def killed(house: Congress, seen: Rush) -> None:
    """`kill -9` of the primary and all its processes; the standby is promoted a second later."""
    house.primary.kill()
    time.sleep(1)
    house.fail_over()
    seen.is_over()


def vanished(house: Congress, seen: Rush) -> None:
    """The primary's machine is off the network, and no connection is told; the standby is promoted two seconds later."""
    house.machines[0].cut_off()
    time.sleep(2)
    house.fail_over()
    seen.is_over()


def partitioned(house: Congress, seen: Rush) -> None:
    """One of the two hosts is off the network for eight seconds."""
    house.machines[3].cut_off()
    time.sleep(8)
    house.machines[3].join_again()
    seen.is_over()


SCENARIOS: list[tuple[str, Trouble, bool]] = [
    ("the primary is killed", killed, True),
    ("the primary vanishes", vanished, True),
    ("a host is cut off", partitioned, False),
]
"""What happens, and whether the standby is the primary afterwards."""


def play(
    name: str, trouble: Trouble, *, network: type[Network | Loopback], is_promoted: bool, seats: int, buyers: int
) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="plenaria-standby-") as folder:
        house = Congress(Path(folder), network(), seats=seats)
        try:
            seen = asyncio.run(house.rush(buyers, trouble, after=seats // 4))
            errors = house.errors()
            wrong = house.violations(house.standby if is_promoted else house.primary, seen, buyers=buyers)
        finally:
            house.close()
    told = {
        "scenario": name,
        "confirmed": len(seen.confirmed),
        "sold_out": len(seen.sold_out),
        "statuses": dict(seen.statuses),
        "unanswered": seen.unanswered,
        "first_confirmed_after_s": round(seen.first_after_s, 1),
        "errors_logged": errors[:3],
        "wrong": wrong,
    }
    print(json.dumps(told), flush=True)
    return wrong


def _are_namespaces_permitted() -> bool:
    return (
        os.geteuid() == 0
        and shutil.which("ip") is not None
        and not subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode
    )


def main(arguments: list[str]) -> int:
    if INSIDE not in os.environ and _are_namespaces_permitted():
        os.environ[INSIDE] = "1"  # for the process that begins here
        command = ["unshare", "--net", sys.executable, "-m", "tests.standby", *arguments]
        return subprocess.run(command, check=False).returncode
    short = "--short" in arguments
    seats, buyers = (60, 80) if short else (300, 400)
    if not (is_alone := INSIDE in os.environ):
        print(
            "no network namespaces here (root on Linux may make them): on loopback, and nobody is cut off", flush=True
        )
    scenarios = SCENARIOS if is_alone and not short else SCENARIOS[:1]
    wrong = [
        play(
            name,
            trouble,
            network=Network if is_alone else Loopback,
            is_promoted=is_promoted,
            seats=seats,
            buyers=buyers,
        )
        for name, trouble, is_promoted in scenarios
    ]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
