"""What the pages of web forms say beside the form's own words."""

from collections.abc import Mapping

Texts = Mapping[str, str]

TEXTS: Mapping[str, Texts] = {
    "de": {
        "faults": "Bitte prüfen Sie Ihre Angaben:",
        "fault_prefix": "Fehler",
        "unsure": "Bitte sehen Sie Ihre Angaben noch einmal durch und senden Sie sie ab.",
        "required": "Pflichtfeld",
        "trap": "Bitte lassen Sie dieses Feld leer",
        "choose": "Bitte auswählen",
        "not_found_title": "Seite nicht gefunden",
        "not_found": "Dieses Formular gibt es nicht oder nicht mehr.",
        "link_title": "Link nicht gültig",
        "link": "Dieser Link ist nicht gültig oder abgelaufen.",
        "busy_title": "Bitte später noch einmal",
        "busy": "Im Moment kommen zu viele Angaben an. Bitte versuchen Sie es in ein paar Minuten noch einmal.",
        "large_title": "Zu viele Angaben",
        "large": "Das ist mehr, als dieses Formular annehmen kann.",
        "foreign_title": "Nicht möglich",
        "foreign": "Von dieser Seite aus kann das Formular nicht abgesendet werden.",
        "confirm": "Angaben bestätigen",
        "confirm_text": "Bitte bestätigen Sie, dass Sie uns diese Angaben geschickt haben.",
    },
    "en": {
        "faults": "Please check what you have entered:",
        "fault_prefix": "Error",
        "unsure": "Please look through what you have entered once more and send it.",
        "required": "required",
        "trap": "Please leave this field empty",
        "choose": "Please choose",
        "not_found_title": "Page not found",
        "not_found": "This form does not exist, or not any more.",
        "link_title": "Link not valid",
        "link": "This link is not valid, or has expired.",
        "busy_title": "Please try again later",
        "busy": "Too much is being sent at the moment. Please try again in a few minutes.",
        "large_title": "Too much",
        "large": "This is more than the form can take.",
        "foreign_title": "Not possible",
        "foreign": "The form cannot be sent from this page.",
        "confirm": "Confirm",
        "confirm_text": "Please confirm that you have sent us what you have entered.",
    },
}
