"""The plugin's mail and the words of its refusals."""

from plenaria.plugin import N_, MailText

REFUSALS = {
    "shuttle_departure_outside_event": N_("Buses run from {first} to {last}, the days around the event."),
    "shuttle_departure_exists": N_("A bus from “{leaves_from}” at that time is in the timetable already."),
}

DEPARTURE_ADDED = MailText(
    key="shuttle.departure_added",
    title=N_("A departure was added"),
    subject={"es": "Nueva salida de autobús: {leaves_at}", "en": "A bus was added: {leaves_at}"},
    body={
        "es": "El horario de autobuses de **{event}** tiene una salida más:\n\n{leaves_at}, desde {leaves_from}.\n\n"
        "[Ver el horario]({link})",
        "en": "The timetable of **{event}** has one more bus:\n\n{leaves_at}, from {leaves_from}.\n\n[See the timetable]({link})",
    },
    sample={
        "event": "Congreso",
        "leaves_at": "1 de octubre de 2025, 07:30:00, hora de la Ciudad de México, UTC−6",
        "leaves_from": "Hotel Reforma",
        "link": "https://example.org/congreso/shuttle",
    },
)
