"""Namespaces joined by a bridge. Everything stays inside: this process is in a namespace of its own (`unshare -n`)."""

import os
import subprocess
from dataclasses import dataclass

HUB = "10.77.0.254"
"""This process's address in its own namespace."""


@dataclass(frozen=True)
class Machine:
    """A namespace with one address."""

    name: str
    address: str

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.name)

    def cut_off(self) -> None:
        """No packet comes or goes any more, and nobody is told."""
        _ip("link", "set", f"v{self.name[-8:]}", "down")

    def join_again(self) -> None:
        _ip("link", "set", f"v{self.name[-8:]}", "up")


class Network:
    """Machines `10.77.0.1`, `.2`, … on one bridge."""

    def __init__(self) -> None:
        self._machines: list[Machine] = []
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "name", "hub", "type", "bridge")
        _ip("address", "add", f"{HUB}/24", "dev", "hub")
        _ip("link", "set", "hub", "up")

    def machine(self) -> Machine:
        number = len(self._machines) + 1
        made = Machine(f"plz{os.getpid() % 100000}x{number}", f"10.77.0.{number}")
        link = f"v{made.name[-8:]}"
        _ip("netns", "add", made.name)
        self._machines.append(made)
        _ip("link", "add", "name", link, "type", "veth", "peer", "name", "eth0", "netns", made.name)
        _ip("link", "set", "dev", link, "master", "hub", "up")
        for command in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{made.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            _ip("-n", made.name, *command)
        return made

    def remove(self) -> None:
        for each in self._machines:
            subprocess.run(["ip", "netns", "delete", each.name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
