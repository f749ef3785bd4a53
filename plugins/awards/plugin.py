"""The hooks of the awards plugin; each hands over to another module."""

from collections.abc import Mapping, Sequence
from types import ModuleType

from litestar.types import ControllerRouterHandler

from plenaria.plugin import (
    N_,
    AddSample,
    CheckReadiness,
    DashboardPanel,
    Declared,
    Export,
    Link,
    MailText,
    Panel,
    Permission,
    PersonalData,
    PluginCard,
    RecordSubject,
    Retention,
    hookimpl,
)
from plenaria.plugins.awards import api, hookspecs, queries, services, web, words
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings
from plenaria.plugins.awards.web.figures import figures_panel, what_is_missing


@hookimpl
def register_plugin() -> PluginCard:
    return PluginCard(
        N_("Awards"),
        N_("Nominations with a signed receipt, a jury with a rubric, results in which ties share a place."),
    )


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


@hookimpl
def register_settings() -> type[AwardsSettings]:
    return AwardsSettings


@hookimpl
def register_declared() -> Declared:
    return Declared(struct=AwardsSection, read=queries.section_of, apply=services.apply_section)


@hookimpl
def register_routes() -> Sequence[ControllerRouterHandler]:
    return [*web.ROUTES, *api.ROUTES]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return words.PERMISSIONS


@hookimpl
def register_navigation() -> Sequence[Link]:
    return [
        Link(N_("Awards"), "/{event}/awards", order=40),
        Link(N_("Jury"), "/{event}/jury", order=45, permission="awards.judge"),
    ]


@hookimpl
def register_console() -> Sequence[Link]:
    section = N_("Awards")
    return [
        Link(N_("Award overview"), "/{event}/organise/awards/overview", 0, "awards.manage", section),
        Link(N_("Nominations"), "/{event}/organise/awards/nominations", 1, "awards.manage", section),
        Link(N_("Jury and assignments"), "/{event}/organise/awards/jury", 2, "awards.manage", section),
        Link(N_("Results"), "/{event}/organise/awards/results", 3, "awards.results", section),
        Link(N_("Categories and rubric"), "/{event}/organise/awards/rubric", 4, "awards.manage", section),
    ]


@hookimpl
def register_mail() -> Sequence[MailText]:
    return words.MAILS


@hookimpl
def register_refusals() -> Mapping[str, str]:
    return words.REFUSALS


@hookimpl
def register_actions() -> Mapping[str, str]:
    return words.ACTIONS


@hookimpl
def register_record_subjects() -> Mapping[str, RecordSubject]:
    home = "/{event}/organise/awards"
    return {
        "nomination": RecordSubject(N_("Nomination"), f"{home}/nominations/{{id}}", "awards.manage"),
        "award": RecordSubject(N_("Award"), f"{home}/rubric", "awards.manage"),
    }


@hookimpl
def register_retention() -> Sequence[Retention]:
    return services.RETENTION


@hookimpl
def register_event_panels() -> Sequence[Panel]:
    return [Panel("awards/_event_panel.html", queries.event_panel, order=60)]


@hookimpl
def register_dashboard() -> Sequence[DashboardPanel]:
    return [DashboardPanel("awards/_figures.html", figures_panel, order=30, permission="awards.manage")]


@hookimpl
def register_exports() -> Sequence[Export]:
    return [Export("awards.results", N_("Results"), "awards.results", services.result_sheet)]


@hookimpl
def register_readiness() -> CheckReadiness:
    return what_is_missing


@hookimpl
def register_personal_data() -> PersonalData:
    return PersonalData(queries.personal_data, preview=services.preview, erase=services.erase)


@hookimpl
def register_my_panels() -> Sequence[Panel]:
    return [Panel("awards/_my_panel.html", queries.my_panel, order=40)]


@hookimpl
def register_sample() -> AddSample:
    return services.add_sample
