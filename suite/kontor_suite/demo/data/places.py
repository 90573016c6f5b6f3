"""Towns with a postcode, streets, and the phone numbers that belong to nobody."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Town:
    name: str
    postcode: str
    # Beginning of the thousand numbers that are free for fiction there; empty: there are none, so people there have mobile ones.
    phones: str = ""


TOWNS = (
    Town("Berlin", "10405", "030 23125"),
    Town("Hamburg", "22765", "040 66969"),
    Town("München", "81667", "089 99998"),
    Town("Köln", "50823", "0221 4710"),
    Town("Frankfurt am Main", "60487", "069 90009"),
    Town("Berlin", "12043", "030 23125"),
    Town("Hamburg", "20095", "040 66969"),
    Town("München", "80331", "089 99998"),
    Town("Köln", "50667", "0221 4710"),
    Town("Frankfurt am Main", "60311", "069 90009"),
    Town("Leipzig", "04109"),
    Town("Bremen", "28195"),
    Town("Nürnberg", "90402"),
    Town("Münster", "48143"),
    Town("Göttingen", "37073"),
    Town("Freiburg im Breisgau", "79098"),
    Town("Bielefeld", "33602"),
    Town("Rostock", "18055"),
    Town("Erfurt", "99084"),
    Town("Regensburg", "93047"),
)

# Beginnings of a hundred mobile numbers each.
MOBILE_PHONES = ("0171 39200", "0176 040690")

STREETS = (
    "Lindenallee", "Gartenstraße", "Bahnhofstraße", "Am Alten Hafen", "Mühlenweg", "Schillerstraße", "Werkstraße", "Kastanienweg",
    "Große Bleiche", "Ringstraße", "Goethestraße", "Industriestraße", "Am Markt", "Birkenweg", "Lessingstraße", "Zum Güterbahnhof",
    "Rosenstraße", "Brückenstraße", "Hopfengasse", "An der Weide", "Kirchgasse", "Bürgermeister-Kühn-Straße",
)  # fmt: skip
