"""What an officer reads on the radio when a case is handed over: danger first, the plate spelled, where it was last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.plates.shapes import displayed
from schemas.case import Case

__all__ = ["Handover", "Language", "handover", "spelled"]

Language = Literal["en", "fr", "nl"]
BRUSSELS = ZoneInfo("Europe/Brussels")
ALPHABET = (
    *("Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima"),
    *("Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey"),
    *("X-ray", "Yankee", "Zulu"),
)
"""Of NATO and the ICAO: the radio's, in every language."""
NATO = {word[0]: word for word in ALPHABET}
DIGITS: Mapping[Language, tuple[str, ...]] = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "nl": ("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
}
SAID: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "danger": "DANGER: occupants may be armed or violent.",
        "not_sure": "The plate is not certain: compare the vehicle before anybody is stopped.",
        "plate": "Plate {plate}, I spell: {spelled}.",
        "vehicle": "Vehicle: {vehicle}.",
        "wanted": "Wanted: {kinds}. {reason}",
        "seen": "Last seen at {time}, {ago} ago, at {place}.",
        "old": "That was not just now: the vehicle is not there any more.",
        "unseen": "It was not seen yet.",
        "next": "Probably next at {place}, {share} per cent, around {time}.",
        "assigned": "Assigned to {who}.",
        "case": "Case {case}. State: {state}.",
        "minutes": "{n} minutes",
        "minute": "one minute",
        "hours": "{n} hours",
        "hour": "one hour",
        "moments": "less than a minute",
    },
    "fr": {
        "danger": "DANGER : occupants peut-être armés ou violents.",
        "not_sure": "La plaque n'est pas certaine : comparez le véhicule avant toute interception.",
        "plate": "Plaque {plate}, j'épelle : {spelled}.",
        "vehicle": "Véhicule : {vehicle}.",
        "wanted": "Signalement : {kinds}. {reason}",
        "seen": "Vu pour la dernière fois à {time}, il y a {ago}, à hauteur de {place}.",
        "old": "Ce n'était pas à l'instant : le véhicule ne s'y trouve plus.",
        "unseen": "Il n'a pas encore été vu.",
        "next": "Probablement ensuite à {place}, {share} pour cent, vers {time}.",
        "assigned": "Attribué à {who}.",
        "case": "Dossier {case}. État : {state}.",
        "minutes": "{n} minutes",
        "minute": "une minute",
        "hours": "{n} heures",
        "hour": "une heure",
        "moments": "moins d'une minute",
    },
    "nl": {
        "danger": "GEVAAR: inzittenden mogelijk gewapend of gewelddadig.",
        "not_sure": "De nummerplaat is niet zeker: vergelijk het voertuig voor iemand wordt onderschept.",
        "plate": "Nummerplaat {plate}, ik spel: {spelled}.",
        "vehicle": "Voertuig: {vehicle}.",
        "wanted": "Geseind: {kinds}. {reason}",
        "seen": "Laatst gezien om {time}, {ago} geleden, ter hoogte van {place}.",
        "old": "Dat was niet daarnet: het voertuig is daar niet meer.",
        "unseen": "Het werd nog niet gezien.",
        "next": "Wellicht daarna aan {place}, {share} procent, rond {time}.",
        "assigned": "Toegewezen aan {who}.",
        "case": "Dossier {case}. Toestand: {state}.",
        "minutes": "{n} minuten",
        "minute": "één minuut",
        "hours": "{n} uur",
        "hour": "één uur",
        "moments": "minder dan een minuut",
    },
}
INSTRUCTIONS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "stop": "Stop the vehicle.",
        "stop_with_backup": "Stop only with backup.",
        "observe_only": "Observe only. Do not stop.",
        "report": "Report where it is.",
        "check_papers": "Check the papers.",
    },
    "fr": {
        "stop": "Intercepter le véhicule.",
        "stop_with_backup": "Intercepter uniquement avec renfort.",
        "observe_only": "Observer seulement. Ne pas intercepter.",
        "report": "Signaler où il se trouve.",
        "check_papers": "Contrôler les documents.",
    },
    "nl": {
        "stop": "Voertuig onderscheppen.",
        "stop_with_backup": "Alleen met versterking onderscheppen.",
        "observe_only": "Alleen observeren. Niet onderscheppen.",
        "report": "Melden waar het is.",
        "check_papers": "Papieren controleren.",
    },
}
KINDS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "fr": {
        "stolen_vehicle": "véhicule volé",
        "stolen_plate": "plaque volée",
        "wanted_person": "personne recherchée",
        "missing_person": "personne disparue",
        "no_insurance": "non assuré",
        "no_inspection": "sans contrôle technique",
        "surveillance": "contrôle discret",
        "clone_watch": "plaque dédoublée",
        "": "plaque vue à deux endroits",
    },
    "nl": {
        "stolen_vehicle": "gestolen voertuig",
        "stolen_plate": "gestolen nummerplaat",
        "wanted_person": "gezochte persoon",
        "missing_person": "vermiste persoon",
        "no_insurance": "niet verzekerd",
        "no_inspection": "niet gekeurd",
        "surveillance": "discrete controle",
        "clone_watch": "gekloonde nummerplaat",
        "": "nummerplaat op twee plaatsen",
    },
}
STATES: Mapping[Language, Mapping[str, str]] = {
    "en": {"acknowledged": "taken", "pursuing": "in pursuit"},
    "fr": {
        "new": "nouveau",
        "acknowledged": "pris en charge",
        "pursuing": "poursuite en cours",
        "closed": "clôturé",
        "false": "faux",
    },
    "nl": {
        "new": "nieuw",
        "acknowledged": "opgenomen",
        "pursuing": "achtervolging",
        "closed": "afgesloten",
        "false": "vals",
    },
}


@dataclass(frozen=True, slots=True)
class Handover:
    """A case at a moment, with what it does not say itself."""

    case: Case
    now: datetime
    camera_names: Mapping[str, str]
    vehicle: str = ""
    """Make, model, colour, as its entries describe it."""


def handover(given: Handover, language: Language) -> list[str]:
    """Sentences, in the order in which they are read. Times are those of Brussels."""
    return list(_sentences(given, language))


def spelled(plate: str, language: Language) -> str:
    """The plate by the alphabet of NATO, which the radio uses in every language; digits in words."""
    return ", ".join(
        NATO.get(char) or DIGITS[language][int(char)] for char in plate if char in NATO or char.isdecimal()
    )


def _sentences(given: Handover, language: Language) -> Iterator[str]:
    case, said = given.case, SAID[language]
    if case.dangerous:
        yield said["danger"]
    if case.instruction:
        yield INSTRUCTIONS[language][case.instruction]
    if case.alert_class == "confirm":
        yield said["not_sure"]
    yield said["plate"].format(plate=displayed(case.plate), spelled=spelled(case.plate, language))
    if given.vehicle:
        yield said["vehicle"].format(vehicle=given.vehicle.rstrip("."))
    yield said["wanted"].format(kinds=_kinds(case, language), reason=case.reason).strip()
    yield from _where(given, language)
    if case.assigned_to:
        yield said["assigned"].format(who=case.assigned_to)
    yield said["case"].format(case=str(case.case_id)[:8], state=STATES[language].get(case.state, case.state))


def _where(given: Handover, language: Language) -> Iterator[str]:
    case, said = given.case, SAID[language]
    if case.last_seen_at is None or case.last_camera_id is None:
        yield said["unseen"]
        return
    place = given.camera_names.get(case.last_camera_id) or case.last_camera_id
    ago = _ago((given.now - case.last_seen_at).total_seconds(), language)
    yield said["seen"].format(time=_clock(case.last_seen_at), ago=ago, place=place)
    if case.old_only:
        yield said["old"]
    elif case.next_cameras:
        yield _next(given, language)


def _next(given: Handover, language: Language) -> str:
    likely, seen = given.case.next_cameras[0], given.case.last_seen_at
    assert seen is not None
    place = given.camera_names.get(likely.camera_id) or likely.camera_id
    at = datetime.fromtimestamp(seen.timestamp() + (likely.p50_s or 0.0), BRUSSELS)
    return SAID[language]["next"].format(place=place, share=round(likely.probability * 100), time=_clock(at))


def _kinds(case: Case, language: Language) -> str:
    known = KINDS[language]
    plain = [known.get(kind, kind.replace("_", " ")) for kind in case.list_kinds]
    return ", ".join(plain) or known.get("", "one plate at two places")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(BRUSSELS):%H:%M}"


def _ago(seconds: float, language: Language) -> str:
    said, minutes = SAID[language], int(seconds // 60)
    if minutes < 1:
        return said["moments"]
    if minutes < 60:
        return said["minute"] if minutes == 1 else said["minutes"].format(n=minutes)
    hours = minutes // 60
    return said["hour"] if hours == 1 else said["hours"].format(n=hours)
