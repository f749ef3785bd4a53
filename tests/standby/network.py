"""Namespaces joined by a bridge. Everything stays inside: this process is in a namespace of its own (`unshare -n`)."""

import os
import subprocess
from dataclasses import dataclass

from tests.servers import free_port


@dataclass(frozen=True)
class Machine:
    """Something with an address: a namespace, or a port on loopback."""

    name: str
    address: str
    port: int
    within: tuple[str, ...] = ()
    """What a command line begins with to run there."""

    def cut_off(self) -> None:
        """No packet comes or goes any more, and nobody is told."""
        _ip("link", "set", f"v{self.name[-8:]}", "down")

    def join_again(self) -> None:
        _ip("link", "set", f"v{self.name[-8:]}", "up")


class Loopback:
    """Machines that are ports of this one: where namespaces are not permitted. None of them can be cut off."""

    client = "127.0.0.1"

    def machine(self) -> Machine:
        return Machine("loopback", "127.0.0.1", free_port())

    def remove(self) -> None:
        """Nothing to remove."""


class Network:
    """Machines `10.77.0.1`, `.2`, … on one bridge."""

    client = "10.77.0.254"
    """This process's address in its own namespace."""

    def __init__(self) -> None:
        self._machines: list[Machine] = []
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "name", "hub", "type", "bridge")
        _ip("address", "add", f"{self.client}/24", "dev", "hub")
        _ip("link", "set", "hub", "up")

    def machine(self) -> Machine:
        number = len(self._machines) + 1
        name = f"plz{os.getpid() % 100000}x{number}"
        made = Machine(name, f"10.77.0.{number}", 5432, ("ip", "netns", "exec", name))
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
        _ip("link", "delete", "dev", "hub")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
