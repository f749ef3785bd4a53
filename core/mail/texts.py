"""The texts of mails: the core's own and those of the plugins."""

from typing import Final

from plenaria.core.host import plugins
from plenaria.core.kernel.values import N_, EventView, MailText

CORE_MAIL: Final = (
    MailText(
        key="core.sign_in",
        title=N_("Sign-in link"),
        subject={"es": "Su enlace para entrar a {site}", "en": "Your link to sign in to {site}"},
        body={
            "es": "Con este enlace entra a **{site}**. Sirve una sola vez y durante {minutes} minutos.\n\n[Entrar]({link})\n\n"
            "Si usted no lo pidió, no haga nada: sin este correo nadie puede entrar en su nombre.",
            "en": "This link signs you in to **{site}**. It works once, for {minutes} minutes.\n\n[Sign in]({link})\n\n"
            "If you did not ask for it, do nothing: without this mail nobody can sign in as you.",
        },
        sample={"site": "Plenaria", "minutes": "15", "link": "https://example.org/sign-in/…"},
    ),
    MailText(
        key="core.invitation",
        title=N_("Invitation to the team"),
        subject={"es": "Invitación al equipo de {event}", "en": "Invitation to the team of {event}"},
        body={
            "es": "Le damos la bienvenida al equipo de **{event}**, con la función: {role}.\n\n[Entrar]({link})\n\n"
            "El enlace sirve una sola vez y durante {days} días. Después puede pedir otro en {site_link}",
            "en": "Welcome to the team of **{event}** as: {role}.\n\n[Sign in]({link})\n\n"
            "The link works once, for {days} days. Later you can ask for another one at {site_link}",
        },
        sample={
            "event": "Congreso",
            "role": "Programa",
            "days": "7",
            "link": "https://example.org/sign-in/…",
            "site_link": "https://example.org/sign-in",
        },
    ),
    MailText(
        key="core.role_given",
        title=N_("A role for somebody who has an account"),
        subject={"es": "Su función en {event}: {role}", "en": "Your role at {event}: {role}"},
        body={
            "es": "Ahora forma parte del equipo de **{event}**, con la función: {role}.\n\n[Entrar]({link})\n\n"
            "Entre como siempre, con la dirección que recibió este correo.",
            "en": "You are now in the team of **{event}** as: {role}.\n\n[Sign in]({link})\n\n"
            "Sign in as always, with the address that this mail was sent to.",
        },
        sample={"event": "Congreso", "role": "Programa", "link": "https://example.org/sign-in?next=/congreso/organise"},
    ),
)


OF_NO_EVENT: Final = ("core.sign_in",)


def texts() -> dict[str, tuple[str, MailText]]:
    """Every mail of the core and the plugins: key → (plugin, text)."""
    found = {text.key: ("core", text) for text in CORE_MAIL}
    for plugin, contributed in plugins.host().collect("register_mail"):
        found.update({text.key: (plugin, text) for text in contributed})
    return found


def texts_of(event: EventView) -> dict[str, tuple[str, MailText]]:
    """The mails that the event may word itself: about it, of the core and of the plugins that are on."""
    of = ("core", *event.plugins)
    return {key: found for key, found in texts().items() if found[0] in of and key not in OF_NO_EVENT}
