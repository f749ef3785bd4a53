"""The words of refusals: the core's own and those of plugins, in the reader's language."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from plenaria.core.forms import Problem
from plenaria.core.kernel import i18n, shown
from plenaria.core.kernel.values import N_, EventView, Money, Refusal

CORE_REFUSALS: Final = {
    "plugin_failed": N_("The plugin “{plugin}” did not answer, so nothing was changed. Please try again later."),
    "unknown_event": N_("There is no such event."),
    "unknown_plugin": N_("There is no plugin called “{plugin}”."),
    "slug_taken": N_("The address “{slug}” is taken. Choose another one."),
    "copy_too_far": N_("Choose a first day between {first} and {last}."),
    "cross_site_request": N_("This form was sent from another site, so nothing was done."),
    "wrong_host": N_("This site has another address."),
    "second_factor_pending": N_("You are not signed in yet: type the code of your second factor first."),
    "confirmation_needed": N_("This needs you to confirm first that it is you, in a signed-in browser."),
    "second_factor_needed": N_(
        "Organisers sign in with a second factor here. Under “My account” you set up a passkey or codes, or show your passkey."
    ),
    "too_many_requests": N_("Too many attempts. Please wait {seconds} seconds and try again."),
    "link_used_or_expired": N_("This link was used already or has expired. Ask for a new one."),
    "wrong_credentials": N_("The address, the password or the code is wrong."),
    "account_blocked": N_("This account is to be erased. Ask for a sign-in link by e-mail to take that back."),
    "not_your_address": N_("That is not the address of this account."),
    "erasure_pending": N_("The erasure was asked for already."),
    "second_factor_is_on": N_("A second factor is on already. Switch it off before you set up another one."),
    "wrong_code": N_("That code is not right, or was used already."),
    "attempt_over": N_("This was begun in another browser, was ended already or took too long. Please begin again."),
    "stronger_sign_in_needed": N_("Show your passkey or the code of your second factor first, then try again."),
    "provider_unreachable": N_("{name} does not answer right now. Try again later, or sign in with a link by e-mail."),
    "provider_not_believed": N_("What {name} answered could not be checked, so nobody was signed in. Try again."),
    "provider_denied": N_("{name} did not confirm who you are, so nobody was signed in."),
    "provider_sent_no_address": N_("{name} sent no e-mail address. Sign in with a link by e-mail, then link it here."),
    "identity_taken": N_("That account at {name} belongs to another account here already."),
    "passkey_not_valid": N_("This passkey is not known here, or its answer could not be checked."),
    "passkey_is_a_copy": N_("This passkey was refused: it seems to be a copy. Sign in another way and remove it."),
    "passkey_taken": N_("This passkey is known here already."),
    "too_many_passkeys": N_("An account has at most {most} passkeys. Remove one first."),
    "password_too_short": N_("A password needs at least {minimum} characters."),
    "last_owner": N_("An event needs at least one owner. Make somebody else the owner first: {events}."),
    "not_in_team": N_("This person does not hold that role here."),
    "unknown_role": N_("There is no role called “{role}”."),
    "only_owners_grant_owner": N_("Only an owner can make somebody an owner."),
    "only_owners_set_team": N_("Only an owner can replace the whole team."),
    "unknown_scope": N_("There is no permission called “{scope}”, or you do not hold it."),
    "file_too_large": N_("“{name}” is {size_mb} MB; at most {limit_mb} MB are accepted."),
    "file_empty": N_("“{name}” is empty."),
    "file_not_accepted": N_("“{name}” is not one of the kinds accepted here: {accepted}."),
    "file_not_what_it_says": N_("The content of “{name}” does not match its name: it is {found}."),
    "file_loads_from_elsewhere": N_(
        "“{name}” loads something from elsewhere when it is opened ({target}). Embed it in the file and send it again."
    ),
    "changed_meanwhile": N_("Somebody changed this meanwhile. What you typed is kept below; compare and save again."),
    "idempotency_key_reused": N_("This Idempotency-Key was used for another request."),
    "idempotency_key_missing": N_("This request needs an Idempotency-Key header."),
    "idempotency_key_malformed": N_("An Idempotency-Key has at most {most} visible characters."),
    "malformed_json": N_("The body is not JSON in UTF-8."),
    "body_missing": N_("This request needs a JSON body."),
    "body_too_large": N_("The body is larger than this address accepts."),
    "body_too_slow": N_("What you sent did not arrive in time. Send it again over a better connection."),
    "not_a_form": N_("What was sent is not a form. Open the page again and use its buttons."),
    "not_json": N_("The body must be sent as application/json."),
    "bad_token": N_("This access token is unknown, has expired or was revoked."),
    "bad_parameter": N_("“{name}” is not acceptable here: {reason}"),
    "unknown_parameter": N_("There is no parameter called “{name}” here."),
    "misspelt_parameter": N_("There is no parameter called “{name}” here. Did you mean “{meant}”?"),
    "repeated_parameter": N_("“{name}” may stand only once."),
    "repeated_key": N_("“{name}” stands twice in one object of the body."),
    "bad_request": N_("The request could not be read."),
    "control_characters": N_("The address contains a character that cannot be shown."),
    "not_signed_in": N_("Sign in first, or send an access token."),
    "not_permitted": N_("You do not hold the permission that this needs."),
    "nothing_here": N_("There is nothing at this address."),
    "method_not_allowed": N_("This address does not accept that method."),
    "internal_error": N_("Something went wrong on our side. The error was recorded; please try again later."),
    "busy": N_("The service cannot answer just now. Please try again in {retry_after_s} seconds."),
    "perhaps_saved": N_("What you sent may have been saved all the same: look before you send it again."),
    "unknown_placeholder": N_("The text uses “{name}”, which this mail does not have. It has: {known}."),
    "link_in_subject": N_("“{name}” is a link. It cannot stand in the subject: subjects are shown on locked screens."),
    "link_not_alone": N_(
        "“{name}” is a link of the reader’s own and must stand alone, with spaces around it, or "
        "as the whole address of a link: [words](address)."
    ),
    "placeholder_in_address": N_("“{name}” cannot be part of an address: whoever keeps that site could read it."),
    "link_not_whole": N_("“{name}” is no whole address. Write it with https://."),
    "image_in_mail": N_("A mail has no images: they would tell others who opens it, and when. Write words instead."),
    "html_in_mail": N_(
        "HTML tags would be shown as they are typed. Write Markdown: **bold**, [words](address), - list."
    ),
    "not_found": N_("There is nothing here with that name."),
}

_words: dict[str, str] = dict(CORE_REFUSALS)


def use_words(contributed: Iterable[Mapping[str, str]]) -> None:
    """Make these the plugins' words for their refusal codes; the core's own cannot be replaced."""
    _words.clear()
    for words in (CORE_REFUSALS, *contributed):
        for code, message in words.items():
            _words.setdefault(code, message)


def all_words() -> dict[str, str]:
    """The msgid of every refusal that this installation knows, by its code."""
    return dict(sorted(_words.items()))


def sentence(refusal: Refusal, event: EventView | None = None) -> str:
    """The refusal in the current language; instants in the event's zone with its offset."""
    message = _words.get(refusal.code)
    if message is None:
        return i18n.gettext("This was refused ({code}).").format(code=refusal.code)
    return i18n.fill(i18n.gettext(message), {name: _fact(value, event) for name, value in refusal.facts.items()})


def as_problems(refusals: Iterable[Refusal], event: EventView | None = None) -> list[Problem]:
    """Refusals for `form_for(…, problems=…)`: each stands at the field that its pointer names, else above the form."""
    return [Problem(each.pointer, each.code, {"sentence": sentence(each, event)}, "{sentence}") for each in refusals]


def _fact(value: Any, event: EventView | None) -> str:
    if isinstance(value, datetime):
        return shown.instant(value, event.zone if event else "UTC")
    if isinstance(value, Money):
        return shown.money(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_fact(item, event) for item in value)
    if isinstance(value, dict):
        return shown.localized(value)
    return str(value)


def is_worded(code: str) -> bool:
    return code in _words
