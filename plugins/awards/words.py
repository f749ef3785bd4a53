"""The words of the awards: permissions, mails, and a sentence for each refusal. Msgids, translated where they are shown."""

from datetime import timedelta
from typing import Final

from plenaria.core.kernel.values import N_, MailText, Permission

PERMISSIONS: Final = (
    Permission("awards.manage", N_("Manage the award: nominations and jury"), ("organiser",)),
    Permission("awards.nominate", N_("Nominate, and see and change your own nominations"), everybody=True),
    Permission("awards.judge", N_("Judge nominations"), ("juror",)),
    Permission("awards.results", N_("See the award's results when all scores are sealed"), ("organiser",)),
    Permission("awards.results.early", N_("See the award's results before all scores are sealed")),
)

STATES: Final = {
    "draft": N_("Draft"),
    "submitted": N_("Submitted"),
    "withdrawn": N_("Withdrawn"),
    "not_admitted": N_("Not admitted"),
}

REFUSALS: Final = {
    "nominations_not_yet_open": N_("Nominations open on {opens_at}."),
    "nominations_closed": N_(
        "Nominations closed on {closes_at}. What you typed is kept on this page, but not submitted."
    ),
    "judging_not_yet_open": N_("Judging opens on {opens_at}."),
    "judging_closed": N_("Judging closed on {closes_at}."),
    "nomination_in_judging": N_(
        "A juror has begun to judge this nomination: it stands as it was submitted. "
        "To withdraw it, write to the organisers."
    ),
    "unknown_category": N_("There is no category “{category}”."),
    "category_gone": N_("The category “{category}” was removed from the award."),
    "too_many_drafts": N_("One person can start at most {most} nominations. Withdraw one that you no longer need."),
    "draft_changed": N_(
        "Somebody saved this nomination in the meantime, perhaps you in another window. "
        "What you typed is kept below; compare it with the saved version and save again."
    ),
    "unknown_question": N_("This form has no question “{question}”."),
    "answer_missing": N_("This answer is still missing."),
    "answer_too_long": N_("At most {most} characters; this has {length}."),
    "answer_has_lines": N_("Please answer in one line."),
    "answer_not_a_number": N_("Please write a number, as in 1,234.50."),
    "answer_out_of_range": N_("The number is outside the allowed range."),
    "answer_not_a_choice": N_("Please choose one of the answers."),
    "answer_not_an_address": N_("Please write a whole web address, as in https://example.org."),
    "candidate_kind_not_allowed": N_("Candidates of this kind cannot be nominated in this category."),
    "candidate_incomplete": N_("Please enter this about the candidate."),
    "attachment_missing": N_("A file is still missing here."),
    "too_many_attachments": N_("At most {most} files; there would be {count}."),
    "not_a_nominator": N_("Only the nominators can do this."),
    "not_the_owner": N_("Only the person who started the nomination can do this."),
    "nomination_withdrawn": N_("This nomination was withdrawn."),
    "nomination_not_admitted": N_("The organisers excluded this nomination from the competition."),
    "wrong_state": N_("The nomination's current state does not allow this."),
    "reason_missing": N_("Please give a reason."),
    "already_a_collaborator": N_("{email} works on this nomination already."),
    "too_many_collaborators": N_("At most {most} people can work on one nomination."),
    "bad_email": N_("Please write an e-mail address, as in name@company.mx."),
    "nomination_not_submitted": N_("Only submitted nominations are judged."),
    "juror_is_nominator": N_("Jurors cannot judge a nomination of their own."),
    "conflict_declared": N_("A conflict of interest was declared."),
    "conflict_not_declared": N_("Please state first whether you have a conflict of interest with this nomination."),
    "juror_recused": N_("You stepped back from this nomination."),
    "sheet_sealed": N_("This score sheet is sealed and can no longer be changed."),
    "scores_changed": N_(
        "These scores were changed in another window. What you chose is kept below; compare and save again."
    ),
    "unknown_criterion": N_("The rubric has no criterion “{criterion}”."),
    "score_off_scale": N_("{score} is not one of the scores that can be given: {allowed}."),
    "scored_and_abstained": N_("Either score it or abstain from it."),
    "criterion_undecided": N_("Please score this, or abstain from it."),
    "everything_abstained": N_("To abstain from every criterion, step back from the nomination instead."),
    "results_not_yet": N_("Results are shown once every score sheet is sealed: so far {sealed} of {assigned}."),
    "no_jurors": N_("There are no jurors yet. Invite some first."),
    "assignment_too_few_judges": N_(
        "{candidates}: {needed} jurors are needed, but only {available} may judge ({jurors}). "
        "Invite more jurors, or ask for fewer per nomination."
    ),
    "assignment_judges_full": N_(
        "{candidates} need {needed} score sheets together, but the jurors who may judge them ({jurors}) "
        "can take only {available}, because these may take no more: {full}. "
        "Raise the maximum per juror, invite more jurors, or ask for fewer per nomination."
    ),
    "assignment_least_too_high": N_(
        "{jurors} should judge {needed} nominations at least, but they may judge only {available}. "
        "Lower the minimum per juror, or ask for more jurors per nomination."
    ),
    "assignment_too_little_room": N_(
        "All nominations together need {needed} score sheets, but all jurors together may take only {available}. "
        "Raise the maximum per juror, invite more jurors, or ask for fewer per nomination."
    ),
    "assignment_leasts_above_needs": N_(
        "All jurors together should judge {needed} times at least, but all nominations together need only {available} score "
        "sheets. Lower the minimum per juror, or ask for more jurors per nomination."
    ),
    "category_has_nominations": N_("The category “{category}” has {count} nominations and cannot be removed."),
    "rubric_in_use": N_(
        "{count} score sheets are sealed: criteria, weights, scores and the tie rule cannot change any more. "
        "Their wording can."
    ),
}

ACTIONS: Final = {
    "award.declared": N_("Categories and rubric changed"),
    "nomination.started": N_("Nomination started"),
    "nomination.saved": N_("Draft of a nomination saved"),
    "nomination.file_added": N_("File added to a nomination"),
    "nomination.file_removed": N_("File removed from a nomination"),
    "nomination.submitted": N_("Nomination submitted"),
    "nomination.submission_refused": N_("Submission of a nomination refused"),
    "nomination.withdrawn": N_("Nomination withdrawn"),
    "nomination.admitted": N_("Nomination admitted again"),
    "nomination.not_admitted": N_("Nomination not admitted"),
    "nomination.collaborator_added": N_("Colleague invited to a nomination"),
    "nomination.collaborator_removed": N_("Colleague’s work on a nomination ended"),
    "jury.left": N_("Juror left the jury"),
    "jury.assigned_evenly": N_("Nominations assigned evenly"),
    "jury.told": N_("Jurors reminded by mail"),
    "jury.conflict_recorded": N_("Conflict of interest recorded"),
    "sheet.assigned": N_("Nomination assigned to a juror"),
    "sheet.unassigned": N_("Assignment removed"),
    "sheet.no_conflict": N_("Juror declared no conflict of interest"),
    "sheet.recused": N_("Juror stepped back"),
    "sheet.scored": N_("Scores saved"),
    "sheet.sealed": N_("Scores sealed"),
}

MAILS: Final = (
    MailText(
        key="awards.submitted",
        title=N_("Receipt of a nomination"),
        subject={
            "es": "Recibimos su postulación: {candidate}",
            "en": "We received your nomination: {candidate}",
        },
        body={
            "es": "Recibimos la postulación de **{candidate}** en **{event}**.\n\n"
            "- Folio: {code}\n- Recibida: {received}\n- Huella SHA-256 del formulario: `{form_digest}`\n\n"
            "El comprobante firmado va adjunto; consérvelo. Puede ver su postulación y, mientras la convocatoria siga "
            "abierta, corregirla y enviarla de nuevo.\n\n[Ver la postulación]({link})",
            "en": "We received the nomination of **{candidate}** at **{event}**.\n\n"
            "- Code: {code}\n- Received: {received}\n- SHA-256 of the form: `{form_digest}`\n\n"
            "The signed receipt is attached; please keep it. You can see your nomination and, while nominations are "
            "open, correct it and submit it again.\n\n[See the nomination]({link})",
        },
        sample={
            "event": "Congreso",
            "candidate": "Frenos del Bajío",
            "code": "kP3x9QvT1mWc7RaZ",
            "received": "10 de septiembre de 2025, 23:59:59, hora de la Ciudad de México, UTC−6",
            "form_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "link": "https://example.org/congreso-2025/awards/nominations/…",
        },
        valid_for=timedelta(days=30),
        urgent=True,
    ),
    MailText(
        key="awards.collaborator",
        title=N_("Invitation to work on a nomination"),
        subject={
            "es": "{inviter} le pide colaborar en una postulación",
            "en": "{inviter} asks you to work on a nomination",
        },
        body={
            "es": "{inviter} le invita a trabajar en la postulación de **{candidate}** en **{event}**.\n\n"
            "[Entrar]({link})\n\nEl enlace sirve una sola vez y durante {days} días. "
            "Después encuentra la postulación siempre en {page}",
            "en": "{inviter} invites you to work on the nomination of **{candidate}** at **{event}**.\n\n"
            "[Sign in]({link})\n\nThe link works once, for {days} days. "
            "Later you will always find the nomination at {page}",
        },
        sample={
            "inviter": "Ana Torres",
            "event": "Congreso",
            "candidate": "Frenos del Bajío",
            "days": "7",
            "link": "https://example.org/sign-in/…",
            "page": "https://example.org/congreso-2025/awards/nominations/…",
        },
    ),
    MailText(
        key="awards.collaborator_added",
        title=N_("Work on a nomination, for somebody who has an account"),
        subject={
            "es": "{inviter} le pide colaborar en una postulación",
            "en": "{inviter} asks you to work on a nomination",
        },
        body={
            "es": "{inviter} le invita a trabajar en la postulación de **{candidate}** en **{event}**.\n\n"
            "[Abrir la postulación]({link})\n\nEntre como siempre, con la dirección que recibió este correo.",
            "en": "{inviter} invites you to work on the nomination of **{candidate}** at **{event}**.\n\n"
            "[Open the nomination]({link})\n\nSign in as always, with the address that this mail was sent to.",
        },
        sample={
            "inviter": "Ana Torres",
            "event": "Congreso",
            "candidate": "Frenos del Bajío",
            "link": "https://example.org/sign-in?next=/congreso-2025/awards/nominations/…",
            "page": "https://example.org/congreso-2025/awards/nominations/…",
        },
    ),
    MailText(
        key="awards.juror_invited",
        title=N_("Invitation to the jury"),
        subject={"es": "Invitación al jurado de {event}", "en": "Invitation to the jury of {event}"},
        body={
            "es": "Le invitamos a formar parte del jurado de **{event}**.\n\n"
            "[Entrar]({link})\n\nEl enlace sirve una sola vez y durante {days} días. "
            "Sus postulaciones por evaluar están siempre en {page}",
            "en": "We invite you to the jury of **{event}**.\n\n"
            "[Sign in]({link})\n\nThe link works once, for {days} days. "
            "The nominations that you are to judge are always at {page}",
        },
        sample={
            "event": "Congreso",
            "days": "7",
            "link": "https://example.org/sign-in/…",
            "page": "https://example.org/congreso-2025/jury",
        },
    ),
    MailText(
        key="awards.juror_added",
        title=N_("Invitation to the jury, for somebody who has an account"),
        subject={"es": "Invitación al jurado de {event}", "en": "Invitation to the jury of {event}"},
        body={
            "es": "Le invitamos a formar parte del jurado de **{event}**.\n\n[Ver las postulaciones por evaluar]({link})\n\n"
            "Entre como siempre, con la dirección que recibió este correo.",
            "en": "We invite you to the jury of **{event}**.\n\n[See the nominations to judge]({link})\n\n"
            "Sign in as always, with the address that this mail was sent to.",
        },
        sample={
            "event": "Congreso",
            "link": "https://example.org/sign-in?next=/congreso-2025/jury",
            "page": "https://example.org/congreso-2025/jury",
        },
    ),
    MailText(
        key="awards.sheets_waiting",
        title=N_("Nominations waiting for a juror"),
        subject={"es": "{count} por evaluar en {event}", "en": "{count} to judge at {event}"},
        body={
            "es": "Postulaciones de **{event}** que esperan su evaluación: **{count}**. La evaluación cierra: {until}.\n\n"
            "[Evaluar]({link})",
            "en": "Nominations of **{event}** that wait for your scores: **{count}**. Judging closes: {until}.\n\n"
            "[Judge]({link})",
        },
        sample={
            "event": "Congreso",
            "count": "7",
            "until": "30 de septiembre de 2025, 18:00:00, hora de la Ciudad de México, UTC−6",
            "link": "https://example.org/sign-in?next=/congreso-2025/jury",
            "page": "https://example.org/congreso-2025/jury",
        },
    ),
)
