"""What mails take from the installation's settings: its address, the server, the sender."""

from plenaria.core.kernel.settings import Mail as ServerSettings
from plenaria.core.kernel.settings import Settings

_settings = Settings()


def use(settings: Settings) -> None:
    """Send with this installation's settings."""
    global _settings  # noqa: PLW0603 - one installation a process, set once at start
    _settings = settings


def address() -> str:
    """How the outside world calls this installation; links in mails start with it."""
    return _settings.address


def title() -> str:
    """The installation's name."""
    return _settings.title


def has_server() -> bool:
    """Whether mail can be handed to a server; otherwise it is kept back."""
    return bool(_settings.mail.host)


def server() -> ServerSettings:
    """How mail is handed over, and what it says it comes from."""
    return _settings.mail


def site_title() -> str:
    """What the installation is called."""
    return _settings.title
