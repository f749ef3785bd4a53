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
        urgent=True,
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
        key="core.account_notice",
        title=N_("A change of what opens an account"),
        subject={"es": "{site}: cambio en su cuenta", "en": "{site}: a change of your account"},
        body={
            "es": "**{what}**\n\n{at}\n\n{advice}\n\nSi no fue usted, entre en {site_link} con un "
            "enlace nuevo, ponga otra contraseña y termine las sesiones que no reconozca en {account_link}. "
            "Después avise a los organizadores.",
            "en": "**{what}**\n\n{at}\n\n{advice}\n\nIf it was not you, sign in at {site_link} "
            "with a new link, set another password and end the sessions that you do not know at {account_link}. "
            "Then tell the organisers.",
        },
        sample={
            "site": "Plenaria",
            "what": "…",
            "at": "10 de septiembre de 2025, 23:59:59, UTC",
            "advice": "…",
            "account_link": "https://example.org/me/account",
            "site_link": "https://example.org/sign-in",
        },
    ),
    MailText(
        key="core.confirm_identity",
        urgent=True,
        title=N_("Confirmation of a sign-in with a provider"),
        subject={
            "es": "Confirme que entra a {site} con {name}",
            "en": "Confirm that you sign in to {site} with {name}",
        },
        body={
            "es": "Alguien quiere entrar a **{site}** con {name} y dijo que esta es su dirección. Si fue usted, abra este enlace "
            "en el mismo navegador; sirve una sola vez y durante {minutes} minutos:\n\n{link}\n\n"
            "Si no fue usted, no haga nada.",
            "en": "Somebody wants to sign in to **{site}** with {name} and said that this is their address. If it was you, open "
            "this link in the same browser; it works once, for {minutes} minutes:\n\n{link}\n\n"
            "If it was not you, do nothing.",
        },
        sample={
            "site": "Plenaria",
            "name": "Google",
            "minutes": "15",
            "link": "https://example.org/sign-in/confirm/…",
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


OF_NO_EVENT: Final = ("core.sign_in", "core.account_notice", "core.confirm_identity")


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
