"""The calendar of a zone as a table: for a terminal, for a document, for a lawyer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.lez.book import LawBook
from pipeline.lez.calendar import Stretch, rows
from pipeline.lez.sentences import Language

__all__ = ["HEAD", "Line", "lines", "markdown"]

HEAD: dict[Language, tuple[str, str, str, str]] = {
    "en": ("vehicles", "Euro", "what holds", "it rests on"),
    "fr": ("véhicules", "Euro", "ce qui vaut", "fondement"),
    "nl": ("voertuigen", "Euro", "wat geldt", "gebaseerd op"),
}
SAID: dict[Language, dict[str, str]] = {
    "en": {
        **{"allowed": "allowed", "outside": "not covered", "unread": "text not read", "banned": "barred"},
        **{"none": "tolerated", "warning": "warnings", "fine": "fines", "own_warning": "own warning, then fines"},
        **{"from": "from", "unverified": "not verified", "none_standard": "none"},
    },
    "fr": {
        **{"allowed": "autorisé", "outside": "non concerné", "unread": "texte non lu", "banned": "interdit"},
        **{
            "none": "toléré",
            "warning": "avertissements",
            "fine": "amendes",
            "own_warning": "avertissement, puis amendes",
        },
        **{"from": "dès le", "unverified": "non vérifié", "none_standard": "sans"},
    },
    "nl": {
        **{
            "allowed": "toegelaten",
            "outside": "niet van toepassing",
            "unread": "tekst niet gelezen",
            "banned": "verboden",
        },
        **{"none": "gedoogd", "warning": "waarschuwingen", "fine": "boetes", "own_warning": "waarschuwing, dan boetes"},
        **{"from": "vanaf", "unverified": "niet geverifieerd", "none_standard": "geen"},
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    vehicles: str
    standards: str
    holds: str
    rests_on: str


def lines(law: LawBook, known: date, language: Language = "en") -> Iterator[Line]:
    """The whole calendar as known on a day."""
    for row in rows(law, known):
        yield Line(
            vehicles=str(getattr(law.subjects[row.subject].names, language)),
            standards=", ".join(SAID[language]["none_standard"] if one == "0" else one for one in row.standards),
            holds="; ".join(_told(one, language) for one in row.stretches),
            rests_on="; ".join(dict.fromkeys(one.source for one in row.stretches)),
        )


def _told(one: Stretch, language: Language) -> str:
    said = SAID[language]
    what = said[one.access] + (f" ({said[one.action]})" if one.access == "banned" else "")
    mark = "" if one.verified else f" [{said['unverified']}]"
    return f"{said['from']} {one.valid.first} {what}{mark}"


def markdown(law: LawBook, known: date, language: Language = "en") -> str:
    """The table for a document."""
    head = HEAD[language]
    body = [
        f"| {line.vehicles} | {line.standards} | {line.holds} | {line.rests_on} |"
        for line in lines(law, known, language)
    ]
    return "\n".join([f"| {' | '.join(head)} |", "| --- | --- | --- | --- |", *body])
