"""Registration's words: refusals (msgids with facts) and the mails in both languages."""

from typing import Final

from plenaria.core.kernel.values import N_, MailText

REFUSALS: Final = {
    "sales_not_yet_open": N_("“{name}” is not on sale yet: sales open on {opens_at}."),
    "sales_closed": N_("“{name}” is no longer on sale: sales closed on {closes_at}."),
    "sold_out": N_("Not enough seats for “{name}”: {left} left, {wanted} requested."),
    "too_many_tickets": N_("One order can have at most {most} of “{name}”; you chose {wanted}."),
    "no_attendees": N_("Choose at least one ticket."),
    "unknown_ticket_type": N_("There is no ticket “{ticket_type}” on sale here."),
    "notice_not_accepted": N_("Please read the privacy notice and accept it; without it we may not keep your data."),
    "notice_changed": N_(
        "The privacy notice has changed since you opened this page (version {current}). Please read and accept it again."
    ),
    "unknown_purpose": N_("There is no voluntary purpose called “{purpose}” here."),
    "rfc_invalid": N_("“{rfc}” is not a valid RFC. Compare it with your tax certificate, letter by letter."),
    "regime_not_for_rfc": N_(
        "Tax regime {regime} is not valid for RFC {rfc}: individuals and companies have different regimes."
    ),
    "generic_rfc_needs_616_s01": N_("With the generic RFC {rfc}, the tax regime must be 616 and the use S01."),
    "legal_name_with_company_form": N_("The SAT requires the legal name without the company type: “{name}”."),
    "use_not_for_regime": N_("Use {use} is not allowed with tax regime {regime}. Allowed: {allowed}."),
    "price_changed": N_("The price has changed meanwhile. Please look at it again, and order if you agree."),
    "price_below_zero": N_(
        "The discounts are larger than the price, so the order was not placed. Please write to the organisers."
    ),
    "form_already_sent": N_("This form was already sent and created order {order}. To order more, start again."),
    "already_paid": N_("This order is paid already."),
    "order_cancelled": N_("This order was cancelled."),
    "order_expired": N_("This order has expired because it was not paid in time. Its seats are free again."),
    "confirmed_too_late": N_(
        "The address was not confirmed in time, so the seats are free again. Please register again."
    ),
    "name_with_address": N_("“{name}” looks like a web address. Please write the name alone."),
    "too_many_mails": N_(
        "We have written to {email} several times within the hour. Sign in with that address and order again, "
        "or wait {minutes} minutes."
    ),
    "paid_in_the_future": N_("The day of the payment is in the future."),
    "already_cancelled": N_("This order is already cancelled."),
    "cancellation_by_organisers_only": N_("Only the organisers can cancel this order. Please write to them."),
    "cancellation_closed": N_("Orders could be cancelled until {closes_at}."),
    "already_inside": N_("An attendee of this order has already checked in."),
    "ticket_type_in_use": N_("“{name}” cannot be removed: there are orders for it. Take it off sale instead."),
    "ticket_type_code_taken": N_("There is already a ticket type called “{code}”."),
    "size_below_taken": N_("{taken} seats of “{name}” are taken, so there cannot be fewer than that."),
    "seats_are_free": N_("“{name}” is not sold out (seats left: {left}): you can register at once."),
    "ticket_not_inside": N_("This ticket is not checked in."),
}

ACTIONS: Final = {
    "ticket_type.created": N_("Ticket type added"),
    "ticket_type.changed": N_("Ticket type changed"),
    "ticket_type.removed": N_("Ticket type removed"),
    "order.placed": N_("Order placed"),
    "order.address_confirmed": N_("Buyer's address confirmed"),
    "order.paid": N_("Order marked as paid"),
    "order.cancelled": N_("Order cancelled"),
    "order.expired": N_("Unpaid or unconfirmed order expired"),
    "ticket.checked_in": N_("Checked in at the door"),
    "ticket.check_in_undone": N_("Check-in undone"),
    "waiting_list.joined": N_("Joined the waiting list"),
    "waiting_list.changed": N_("Place on the waiting list changed"),
}

MAIL: Final = (
    MailText(
        key="registration.confirm",
        urgent=True,
        title=N_("Confirm the address"),
        subject={
            "es": "Confirme su pedido {order} para {event}",
            "en": "Please confirm your order {order} for {event}",
        },
        body={
            "es": "Hola, {name}:\n\nRecibimos su pedido **{order}** para **{event}**. Para saber que esta dirección es suya, "
            "abra su pedido y presione “Confirmar mi pedido”: {link}\n\nLe apartamos los lugares hasta el {due}. Si no pidió "
            "nada, no haga nada: el pedido vence solo y no le escribiremos más.",
            "en": "Hello, {name},\n\nwe received your order **{order}** for **{event}**. To show that this address is yours, "
            "open your order and press “Confirm my order”: {link}\n\nWe hold the seats until {due}. If you ordered nothing, "
            "do nothing: the order ends by itself and we will not write again.",
        },
        sample={
            "name": "María Elena Ríos",
            "order": "M3TD-9KQ2",
            "event": "Congreso 2025",
            "due": "1 de septiembre de 2025, 12:30:00, hora de la Ciudad de México, UTC−6",
            "link": "https://example.org/congreso-2025/orders/…",
        },
    ),
    MailText(
        key="registration.placed",
        title=N_("How to pay"),
        subject={
            "es": "Su pedido {order} para {event}: cómo pagar",
            "en": "Your order {order} for {event}: how to pay",
        },
        body={
            "es": "Hola, {name}:\n\nRecibimos su pedido **{order}** para **{event}**: {seats} boletos, **{total}**.\n\n"
            "Le apartamos los lugares hasta el {due}. Para confirmarlos, haga una transferencia SPEI:\n\n{payment}\n\n"
            "Cuando registremos su pago le enviaremos los boletos.\n\n[Ver su pedido]({link})",
            "en": "Hello, {name},\n\nwe received your order **{order}** for **{event}**: {seats} tickets, **{total}**.\n\n"
            "We hold the seats for you until {due}. To confirm them, make a SPEI bank transfer:\n\n{payment}\n\n"
            "As soon as we record your payment we send you the tickets.\n\n[See your order]({link})",
        },
        sample={
            "name": "María Elena Ríos",
            "order": "M3TD-9KQ2",
            "event": "Congreso 2025",
            "seats": "2",
            "total": "$17,400.00 MXN",
            "due": "8 de septiembre de 2025, 12:00:00, hora de la Ciudad de México, UTC−6",
            "payment": "- CLABE: 002010077777777771\n- Referencia: 0000422",
            "link": "https://example.org/congreso-2025/orders/…",
        },
        until_event_ends=True,
        urgent=True,
    ),
    MailText(
        key="registration.confirmed",
        title=N_("Confirmation with the tickets"),
        subject={"es": "Sus boletos para {event}", "en": "Your tickets for {event}"},
        body={
            "es": "Hola, {name}:\n\nSu registro a **{event}** está confirmado. Lo esperamos: {dates}, {place}.\n\n"
            "{tickets}\n\nAdjuntamos los boletos en PDF y la fecha para su calendario. En la entrada basta con mostrar el "
            "código QR, impreso o en el teléfono.\n\n[Ver el pedido {order}]({link})",
            "en": "Hello, {name},\n\nyour registration for **{event}** is confirmed. See you there: {dates}, {place}.\n\n"
            "{tickets}\n\nThe tickets are attached as a PDF, with an entry for your calendar. At the door it is enough to "
            "show the QR code, on paper or on a phone.\n\n[See order {order}]({link})",
        },
        sample={
            "name": "María Elena Ríos",
            "order": "M3TD-9KQ2",
            "event": "Congreso 2025",
            "dates": "1–2 de octubre de 2025",
            "place": "Centro de Convenciones, Ciudad de México",
            "tickets": "- María Elena Ríos: Socio",
            "link": "https://example.org/congreso-2025/orders/…",
        },
        until_event_ends=True,
        urgent=True,
    ),
    MailText(
        key="registration.ticket",
        title=N_("Ticket for an attendee registered by another person"),
        subject={"es": "Su boleto para {event}", "en": "Your ticket for {event}"},
        body={
            "es": "Hola, {name}:\n\n{buyer} hizo su registro a **{event}**: {dates}, {place}.\n\nAdjuntamos su boleto en PDF "
            "y la fecha para su calendario. En la entrada basta con mostrar el código QR, impreso o en el teléfono.",
            "en": "Hello, {name},\n\n{buyer} registered you for **{event}**: {dates}, {place}.\n\nYour ticket is attached as a "
            "PDF, with an entry for your calendar. At the door it is enough to show the QR code, on paper or on a phone.",
        },
        sample={
            "name": "Jorge Iturbide",
            "buyer": "María Elena Ríos",
            "event": "Congreso 2025",
            "dates": "1–2 de octubre de 2025",
            "place": "Centro de Convenciones, Ciudad de México",
        },
        until_event_ends=True,
    ),
    MailText(
        key="registration.cancelled",
        title=N_("Order cancelled"),
        subject={
            "es": "Su pedido {order} para {event} fue cancelado",
            "en": "Your order {order} for {event} was cancelled",
        },
        body={
            "es": "Hola, {name}:\n\nEl pedido **{order}** para **{event}** fue cancelado y sus boletos ya no son válidos.\n\n"
            "{reason}\n\nSi fue un error, escriba a los organizadores respondiendo a este correo.",
            "en": "Hello, {name},\n\norder **{order}** for **{event}** was cancelled; its tickets are no longer valid.\n\n"
            "{reason}\n\nIf that was a mistake, write to the organisers.",
        },
        sample={
            "name": "María Elena Ríos",
            "order": "M3TD-9KQ2",
            "event": "Congreso 2025",
            "reason": "A petición suya.",
        },
        until_event_ends=True,
    ),
    MailText(
        key="registration.expired",
        title=N_("Order expired"),
        subject={"es": "Su pedido {order} para {event} venció", "en": "Your order {order} for {event} has expired"},
        body={
            "es": "Hola, {name}:\n\nNo recibimos el pago del pedido **{order}** para **{event}** a tiempo, así que liberamos los "
            "lugares. Si ya pagó, envíenos su comprobante. Si todavía quiere asistir, regístrese de nuevo.\n\n"
            "[Registrarme de nuevo]({link})",
            "en": "Hello, {name},\n\nwe did not receive the payment for order **{order}** for **{event}** in time, so its seats "
            "are free again. If you have paid, send us the proof. If you still want to come, register again.\n\n"
            "[Register again]({link})",
        },
        sample={
            "name": "María Elena Ríos",
            "order": "M3TD-9KQ2",
            "event": "Congreso 2025",
            "link": "https://example.org/congreso-2025/register",
        },
    ),
    MailText(
        key="registration.waiting",
        title=N_("On the waiting list"),
        subject={"es": "Está en la lista de espera de {event}", "en": "You are on the waiting list of {event}"},
        body={
            "es": "Hola, {name}:\n\nLo anotamos en la lista de espera de **{event}** ({ticket}). Si se libera un lugar, los "
            "organizadores le escriben.",
            "en": "Hello, {name},\n\nyou are on the waiting list of **{event}** ({ticket}). If a seat becomes free, the "
            "organisers write to you.",
        },
        sample={"name": "María Elena Ríos", "event": "Congreso 2025", "ticket": "Socio"},
        until_event_ends=True,
    ),
)
