"""Invoice data for a Mexican CFDI 4.0: RFC, legal name, regime, postal code, use.

Sources: SAT, Anexo 20 version 4.0, catalogues c_RegimenFiscal and c_UsoCFDI.
"""

import re
from collections.abc import Iterator
from typing import Final, Protocol

from stdnum.exceptions import ValidationError
from stdnum.mx import rfc as rfc_number

from plenaria.core.kernel.values import Refusal

PUBLIC_RFC: Final = "XAXX010101000"
"""The general public in Mexico."""
FOREIGN_RFC: Final = "XEXX010101000"
"""Buyers from abroad, who have no RFC."""

COMPANY_LENGTH: Final = 12

REGIMES: Final = {
    "601": "601 General de Ley Personas Morales",
    "603": "603 Personas Morales con Fines no Lucrativos",
    "605": "605 Sueldos y Salarios e Ingresos Asimilados a Salarios",
    "606": "606 Arrendamiento",
    "607": "607 Enajenación o Adquisición de Bienes",
    "608": "608 Demás ingresos",
    "610": "610 Residentes en el Extranjero sin Establecimiento Permanente en México",
    "611": "611 Ingresos por Dividendos (socios y accionistas)",
    "612": "612 Personas Físicas con Actividades Empresariales y Profesionales",
    "614": "614 Ingresos por intereses",
    "615": "615 Ingresos por obtención de premios",
    "616": "616 Sin obligaciones fiscales",
    "620": "620 Sociedades Cooperativas de Producción que optan por diferir sus ingresos",
    "621": "621 Incorporación Fiscal",
    "622": "622 Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras",
    "623": "623 Opcional para Grupos de Sociedades",
    "624": "624 Coordinados",
    "625": "625 Actividades Empresariales con ingresos a través de Plataformas Tecnológicas",
    "626": "626 Régimen Simplificado de Confianza",
}
"""The tax office's own words: they are not translated."""

_OF_COMPANIES: Final = {"601", "603", "610", "620", "622", "623", "624", "626"}
_OF_PERSONS: Final = {"605", "606", "607", "608", "610", "611", "612", "614", "615", "616", "621", "625", "626"}
_OF_BUSINESS: Final = {"601", "603", "606", "612", "620", "621", "622", "623", "624", "625", "626"}

USES: Final = {
    "G03": "G03 Gastos en general",
    "G01": "G01 Adquisición de mercancías",
    "S01": "S01 Sin efectos fiscales",
    "G02": "G02 Devoluciones, descuentos o bonificaciones",
    "CP01": "CP01 Pagos",
}
"""The uses that a ticket to a congress can have."""

_REGIMES_OF_USE: Final = {
    "G01": _OF_BUSINESS,
    "G02": _OF_BUSINESS | {"616"},
    "G03": _OF_BUSINESS,
    "S01": set(REGIMES),
    "CP01": set(REGIMES),
}

_COMPANY_FORMS: Final = re.compile(
    r"[\s,]+(S\.?\s?A\.?(\s?P\.?\s?I\.?|\s?B\.?|\s?S\.?)?|S\.?\s?C\.?|A\.?\s?C\.?|S\.?\s+DE\s+R\.?\s?L\.?)"
    r"(\s+DE\s+C\.?\s?V\.?)?\.?$"
)


class Invoice(Protocol):
    """The invoice data that is decided on."""

    @property
    def rfc(self) -> str: ...
    @property
    def legal_name(self) -> str: ...
    @property
    def regime(self) -> str: ...
    @property
    def use(self) -> str: ...


def clean_rfc(text: str) -> str:
    return str(rfc_number.compact(text))


def is_rfc(text: str, *, check_digit: bool) -> bool:
    """Whether it is an RFC. The two generics are, though their check digits do not agree."""
    number = clean_rfc(text)
    if number in (PUBLIC_RFC, FOREIGN_RFC):
        return True
    if len(number) not in (COMPANY_LENGTH, COMPANY_LENGTH + 1):
        return False
    try:
        rfc_number.validate(number, validate_check_digits=check_digit)
    except ValidationError:
        return False
    return True


def invoice_refusals(invoice: Invoice, *, check_digit: bool, pointer: str = "/invoice") -> Iterator[Refusal]:
    """Why the tax office would not take this data: every reason, each at its field."""
    if not is_rfc(invoice.rfc, check_digit=check_digit):
        yield Refusal("rfc_invalid", {"rfc": invoice.rfc}, f"{pointer}/rfc")
    else:
        yield from _regime_refusals(invoice, pointer)
    if found := _COMPANY_FORMS.search(invoice.legal_name.upper()):
        name = invoice.legal_name[: found.start()].strip(" ,")
        yield Refusal("legal_name_with_company_form", {"name": name}, f"{pointer}/legal_name")
    if invoice.use in USES and invoice.regime in REGIMES and invoice.regime not in _REGIMES_OF_USE[invoice.use]:
        allowed = [use for use in USES if invoice.regime in _REGIMES_OF_USE[use]]
        facts = {"use": invoice.use, "regime": invoice.regime, "allowed": allowed}
        yield Refusal("use_not_for_regime", facts, f"{pointer}/use")


def _regime_refusals(invoice: Invoice, pointer: str) -> Iterator[Refusal]:
    number = clean_rfc(invoice.rfc)
    if number in (PUBLIC_RFC, FOREIGN_RFC):
        if (invoice.regime, invoice.use) != ("616", "S01"):
            yield Refusal("generic_rfc_needs_616_s01", {"rfc": number}, f"{pointer}/regime")
        return
    allowed = _OF_COMPANIES if len(number) == COMPANY_LENGTH else _OF_PERSONS
    if invoice.regime in REGIMES and invoice.regime not in allowed:
        yield Refusal("regime_not_for_rfc", {"regime": invoice.regime, "rfc": number}, f"{pointer}/regime")
