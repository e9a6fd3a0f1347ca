"""Roles choose a shipped script in every gender and number, and without false matches."""

from __future__ import annotations

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import script_for
from agent.scripts.word_forms import base_forms

LOCALES = ("en", "es", "fr", "de")
ROLES = {
    ("en", "warehouse_safety"): (
        "Picker, Pickers, Order Pickers (nights), packers, Warehouse Operatives, warehousemen,"
        " Warehousewoman, Storekeepers, loaders, Senior warehouse associate, Materials Handlers,"
        " Warehouse staff, Warehouse team leader, Loading bay operative, Shelf stackers, warehouse"
    ),
    (
        "en",
        "forklift",
    ): "Forklift drivers, FORKLIFT OPERATOR, Reach truck drivers, Fork-lift driver",
    ("en", "food_hygiene"): (
        "Cook, cooks, Head chefs, Sous-chef, waitress, Waitresses, waiters, Kitchen Porters,"
        " Bakers, kitchen staff, Commis Chef, Kitchen Manager, Barmaid"
    ),
    ("en", "patient_care"): (
        "Nurse, nurses, Staff Nurses, Midwives, carers, Care Assistants, Nursing staff,"
        " Healthcare assistants, Registered nurse, Night nurse (ICU)"
    ),
    (
        "en",
        "information_security",
    ): "Developers, Software Engineers, Systems Administrators, Server technicians",
    (
        "en",
        "office_onboarding",
    ): "Receptionists, Secretaries, accountants, Interns, Office managers",
    ("es", "warehouse_safety"): (
        "empaquetadora, empaquetador, Empaquetadoras, operaria de almacén, operarios de almacén,"
        " OPERARIO ALMACEN, operario/a de almacén, operarix de almacén, Mozas de almacén,"
        " mozo/a de almacén, preparadora de pedidos, Preparadores/as de pedidos, almacenistas,"
        " auxiliares de bodega, almacenera, técnica de almacén, peones de almacén,"
        " embaladoras, personal de bodega, despachadora de almacén"
    ),
    ("es", "forklift"): (
        "carretillera, carretilleros, carretillero(a), conductora de carretilla, operadoras de"
        " montacargas, conductores de carretillas elevadoras, montacarguistas"
    ),
    ("es", "food_hygiene"): (
        "cocinera, cocineros, camarera, camareros/as, meseras, ayudantes de cocina, panadera,"
        " Jefa de cocina, manipuladora de alimentos, pasteleros"
    ),
    ("es", "patient_care"): (
        "enfermera, enfermeros, enfermero/a, auxiliares de enfermería, celadora, cuidadoras,"
        " gerocultora, técnica en cuidados auxiliares de enfermería, matronas, camilleros"
    ),
    ("es", "information_security"): (
        "técnica de soporte, técnicos de soporte, programadora, desarrolladores, informática,"
        " ingeniera de software, administradora de sistemas, analistas de datos"
    ),
    ("es", "office_onboarding"): (
        "administrativa, secretarias, contadora, becarias, recepcionistas, auxiliar administrativa"
    ),
    ("fr", "warehouse_safety"): (
        "préparatrice de commandes, Préparateurs de commandes, préparateur/trice de commandes,"
        " agente logistique, agents logistiques, agent·e logistique, Agent(e) de quai, magasinière,"
        " magasiniers, manutentionnaires, emballeuse, employée d'entrepôt, employé·e·s d'entrepôt,"
        " opératrice logistique, préparateur de commandes (H/F), agent de tri, cheffe d'entrepôt"
    ),
    ("fr", "forklift"): "caristes, conductrice de chariot, conducteurs de chariots élévateurs",
    ("fr", "food_hygiene"): (
        "plongeuse, plongeur, plongeuses, cuisinière, cuisiniers, serveuse, serveurs, boulangère,"
        " commis de cuisine, cheffe de cuisine, cheffe de partie, pâtissières, employée de"
        " restauration, second de cuisine, bouchère, commise de cuisine"
    ),
    ("fr", "patient_care"): (
        "infirmière, infirmiers, infirmier(ère), aide-soignante, aides-soignants, aide-soignant·e,"
        " auxiliaires de vie, sages-femmes, brancardière, agente de service hospitalier"
    ),
    ("fr", "information_security"): (
        "développeuse, développeurs, technicienne informatique, administratrice système,"
        " informaticienne, technicien(ne) informatique"
    ),
    ("fr", "office_onboarding"): (
        "assistante administrative, employées de bureau, hôtesse d'accueil, hôte d'accueil,"
        " secrétaires, agente administrative"
    ),
    ("de", "warehouse_safety"): (
        "Kommissioniererin, Kommissioniererinnen, Kommissionierer*in, Kommissionierer (m/w/d),"
        " Lageristin, Lageristen, LageristIn, Lagerist:innen, Lagermitarbeiterin,"
        " Lagermitarbeitende, Packerinnen, Packern, Fachkräfte für Lagerlogistik, Lagerhelferin,"
        " Mitarbeiterin im Lager, Mitarbeiterin im Versand, Schichtleiterin Lager"
    ),
    (
        "de",
        "forklift",
    ): "Staplerfahrerin, Gabelstaplerfahrerinnen, Staplerfahrern, Staplerfahrer/-in",
    ("de", "food_hygiene"): (
        "Köchin, Köche, Köchinnen, Koch/Köchin, Kellnerinnen, Küchenhilfen, Spülkräfte,"
        " Bäckerin, Restaurantfachfrau, Servicekräfte, Konditorin, Beiköchin, Küchenleiterin"
    ),
    ("de", "patient_care"): (
        "Krankenpflegerin, Krankenpfleger, Pflegekräfte, Pflegekräften, Pflegefachfrau,"
        " Pflegefachperson, Pflegefachleute, Pflegende, Krankenschwestern, Altenpflegerinnen,"
        " Hebammen, Gesundheits- und Krankenpflegerin, Pflegehelfer*innen, Pflegeassistentin"
    ),
    ("de", "information_security"): "Entwicklerin, Softwareentwickler/in, Programmiererinnen",
    ("de", "office_onboarding"): (
        "Bürokauffrau, Bürokaufleute, Sachbearbeiterin, Sachbearbeitende, Praktikantinnen,"
        " Bürokräfte, Verwaltungsangestellte, Kauffrau für Büromanagement"
    ),
}
"""The roles that must match, by the trainee's locale and the script."""
OTHER_WORK = {
    "en": (
        "welder, electrician, Fruit picker, litter pickers, Veterinary nurse, Property developer,"
        " bus driver, teacher, cleaner, Kitchen fitter, safety, plumber, manager,"
        " packaging engineer"
    ),
    "es": (
        "soldadora, electricista, camarera de pisos, cuidadora de animales, técnica,"
        " conductor de autobús, profesora, limpiadora, enfermería veterinaria, jefa,"
        " montador de cocinas,"
        " desarrolladora de negocio, auxiliar de vuelo, jardinera"
    ),
    "fr": (
        "soudeuse, électricien, chef de projet, cheffe d'équipe, chef de chantier, plongeur"
        " sous-marin, cuisine, professeure, agent de sécurité, conductrice de bus, agente,"
        " développeuse commerciale, soignante animalière, monteur de cuisines, nettoyeuse"
    ),
    "de": (
        "Schweißerin, Elektriker, Chef, Chefin, Tierpflegerin, Raumpfleger, Busfahrer, Lehrkraft,"
        " Fahrer, Lagerfeuer, Küchenplanerin, Reinigungskraft, Hausmeisterin, Vertriebler, Kochtopf"
    ),
}
"""Roles that no script is written for, by the trainee's locale."""


def split(roles: str) -> list[str]:
    return [" ".join(role.split()) for role in roles.split(",")]


def chosen(role: str, locale: str) -> str:
    return script_for(JobMetadata(role=role, locale=locale)).name


def test_every_language_has_at_least_fifteen_roles() -> None:
    for locale in LOCALES:
        roles = [r for (tag, _), listed in ROLES.items() if tag == locale for r in split(listed)]
        assert len(roles) >= 40, locale
        assert len(split(OTHER_WORK[locale])) >= 14


@pytest.mark.parametrize(("locale", "script"), ROLES)
def test_role_chooses_its_script_in_every_gender_and_number(locale: str, script: str) -> None:
    roles = split(ROLES[locale, script])
    assert {role: chosen(role, locale) for role in roles} == dict.fromkeys(roles, script)


@pytest.mark.parametrize(("locale", "script"), ROLES)
def test_role_chooses_its_script_for_a_trainee_of_another_language(
    locale: str, script: str
) -> None:
    """The platform has one language, and its trainees have others."""
    roles = split(ROLES[locale, script])
    others = [other for other in LOCALES if other != locale]
    found = {role: {chosen(role, other) for other in others} for role in roles}
    assert {role: names for role, names in found.items() if names != {script}} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_role_without_a_script_gets_the_general_welcome(locale: str) -> None:
    roles = split(OTHER_WORK[locale])
    assert {role: chosen(role, locale) for role in roles} == dict.fromkeys(roles, "general_welcome")


def test_alias_in_the_language_of_the_trainee_is_preferred() -> None:
    """A "chef" cooks in English and Spanish, and is a manager in French and German."""
    found = {locale: chosen("Chef", locale) for locale in LOCALES}
    assert found == {
        "en": "food_hygiene",
        "es": "food_hygiene",
        "fr": "general_welcome",
        "de": "general_welcome",
    }


@pytest.mark.parametrize(
    ("locale", "forms"),
    [
        ("en", ["fisherman", "fishermen", "fisherwomen"]),
        ("en", ["baby", "babies"]),
        ("en", ["coach", "coaches"]),
        ("es", ["trabajador", "trabajadora", "trabajadores", "Trabajadoras", "trabajador/a"]),
        ("es", ["técnico", "tecnica", "Técnicos", "técnic@", "técnicx", "técnico(a)"]),
        ("fr", ["moniteur", "monitrice", "monitrices", "moniteur·rice"]),
        ("fr", ["gardien", "gardienne", "gardien·ne·s", "gardiennes"]),
        ("fr", ["conseiller", "conseillère", "Conseillers", "conseiller(ère)"]),
        ("fr", ["principal", "principale", "principaux"]),
        ("de", ["Arzt", "Ärztin", "Ärzte", "Ärztinnen", "Ärzten"]),
        ("de", ["Fachmann", "Fachfrau", "Fachleute", "Fachfrauen"]),
        ("de", ["Lehrkraft", "Lehrkräfte", "Lehrkräften"]),
        ("de", ["Mitarbeiter", "Mitarbeiterin", "Mitarbeitende", "Mitarbeiter:innen"]),
        ("pt", ["cozinheira", "Cozinheira"]),
    ],
)
def test_forms_of_one_word_have_the_same_base_form(locale: str, forms: list[str]) -> None:
    assert len({base_forms(form, locale) for form in forms}) == 1


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["boss", "bus", "nurse", "nursery", "cook", "cookie", "packer", "package"]),
        ("es", ["cocinero", "cocina", "carretilla", "carretillero", "enfermero", "enfermedad"]),
        ("fr", ["cuisine", "cuisinier", "serveur", "service", "chariot", "charité"]),
        ("de", ["Koch", "Küche", "Pfleger", "Pflege", "Fahrer", "Fahrt", "Lager", "Lagerist"]),
    ],
)
def test_different_words_have_different_base_forms(locale: str, words: list[str]) -> None:
    assert len({base_forms(word, locale) for word in words}) == len(words)
