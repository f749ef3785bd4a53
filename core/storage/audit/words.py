"""Words for what the audit log records: the log keeps a code, readers read a sentence in their language."""

from collections.abc import Iterable, Mapping
from typing import Final

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import N_

CORE_ACTIONS: Final = {
    "event.created": N_("Event created"),
    "event.copied": N_("Event copied from an earlier one"),
    "event.changed": N_("Details of the event changed"),
    "event.declared": N_("Event set from its file"),
    "plugin.switched": N_("Plugin switched on or off"),
    "plugin.configured": N_("Plugin settings changed"),
    "plugin.forgotten": N_("Plugin’s data deleted"),
    "mail.reworded": N_("Mail reworded"),
    "mail.tested": N_("Mail sent to oneself as a test"),
    "mail.restored": N_("Original wording of a mail restored"),
    "mail.released": N_("Mail that was kept back released"),
    "mail.discarded": N_("Mail that was kept back discarded"),
    "team.granted": N_("Role assigned"),
    "team.revoked": N_("Role removed"),
    "token.made": N_("Access token created"),
    "token.revoked": N_("Access token revoked"),
    "person.erasure_asked": N_("Erasure of a person’s data asked for"),
    "person.erasure_taken_back": N_("Erasure of a person’s data taken back"),
    "person.erased": N_("A person’s data erased"),
    "person.signed_in": N_("Signed in"),
    "person.sign_in_failed": N_("Failed sign-in"),
    "person.password_changed": N_("Password changed"),
    "person.second_factor_on": N_("Second factor switched on"),
    "person.second_factor_off": N_("Second factor switched off"),
    "person.identity_linked": N_("Sign-in with a provider added"),
    "person.identity_unlinked": N_("Sign-in with a provider removed"),
    "person.passkey_added": N_("Passkey added"),
    "person.passkey_renamed": N_("Passkey renamed"),
    "person.passkey_removed": N_("Passkey removed"),
    "person.factors_reset": N_("Second factor and passkeys removed after a loss"),
    "person.passkey_refused": N_("Passkey refused: its counter went back"),
    "key.in_use": N_("Another signing key in use"),
}

_words: dict[str, str] = dict(CORE_ACTIONS)


def use_words(contributed: Iterable[Mapping[str, str]]) -> None:
    """Make these the plugins' words for their actions; the core's own cannot be replaced."""
    _words.clear()
    for words in (CORE_ACTIONS, *contributed):
        for action, message in words.items():
            _words.setdefault(action, message)


def label(action: str) -> str:
    """The action in the current language; its code where nobody gave it words, as after a plugin was uninstalled."""
    return gettext(_words[action]) if action in _words else action


def everything() -> dict[str, str]:
    """Every action that has words: its code → msgid."""
    return dict(_words)
