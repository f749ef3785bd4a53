"""Who owns which names: a plugin's names begin with its own, and nobody names what is another's."""

from collections.abc import Iterable

from plenaria.core.host.plugins import OURS, Plugin, Unfit


class Owners:
    """The names that are taken, by kind. Plugins claim theirs in the host's order of precedence."""

    def __init__(self) -> None:
        self._owner: dict[tuple[str, str], str] = {}

    def take(self, owner: str, kind: str, names: Iterable[str]) -> None:
        """Note names without looking at how they are written; whoever has one already keeps it."""
        for name in names:
            self._owner.setdefault((kind, name), owner)

    def owner_of(self, kind: str, name: str) -> str | None:
        return self._owner.get((kind, name))

    def claim(self, plugin: Plugin, kind: str, names: Iterable[str], *, after: str = ".") -> None:
        """Take names for a plugin. Raises `Unfit` for one that is another's or does not begin with the plugin's name."""
        own = plugin.name + after
        for name in names:
            owner = self._owner.setdefault((kind, name), plugin.name)
            if owner != plugin.name:
                raise Unfit(f"{kind} {name!r} belongs to {owner}; begin yours with {own!r}")
            if not name.startswith(own):
                raise Unfit(f"{kind} {name!r} is not the plugin's own; begin it with {own!r}")

    def claim_older(self, plugin: Plugin, kind: str, names: Iterable[str], *, after: str = ".") -> None:
        """`claim`, for kinds of names that the built-in plugins had before they had to begin with the plugin's: API clients and
        the record of changes hold them, so those stay."""
        if plugin.distribution != OURS:
            self.claim(plugin, kind, names, after=after)
            return
        for name in names:
            if (owner := self._owner.setdefault((kind, name), plugin.name)) != plugin.name:
                raise Unfit(f"{kind} {name!r} belongs to {owner}; begin yours with {plugin.name + after!r}")

    def release(self, plugin: str) -> None:
        """Forget what a plugin took that was left out after all."""
        self._owner = {name: owner for name, owner in self._owner.items() if owner != plugin}
