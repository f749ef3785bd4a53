"""For whom a calendar or feed is written: language, address of this installation, names of the roles."""

from plenaria.core import mail
from plenaria.core.kernel.i18n import gettext, using
from plenaria.plugins.agenda import interchange, rules


def reader_of(language: str) -> interchange.Reader:
    """A reader of feeds in that language."""
    with using(language):
        roles = {code: gettext(title) for code, title in rules.ROLES.items()}
    return interchange.Reader(language=language, address=mail.address(), roles=roles)
