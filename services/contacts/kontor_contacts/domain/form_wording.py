"""What web forms say to strangers where their maker has written nothing, in the languages that forms speak."""

from collections.abc import Mapping

LANGUAGES = ("de", "en")

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "title": "Kontakt",
        "button": "Absenden",
        "thanks": "Vielen Dank! Ihre Nachricht ist bei uns angekommen.",
        "mailed": "Fast fertig: Wir haben Ihnen eine E-Mail geschickt. Bitte folgen Sie dem Link darin, um Ihre Angaben zu bestätigen.",
        "salutation": "Anrede",
        "academic_title": "Titel",
        "first_name": "Vorname",
        "last_name": "Nachname",
        "email": "E-Mail-Adresse",
        "phone": "Telefon",
        "organisation": "Unternehmen",
        "street": "Straße und Hausnummer",
        "postcode": "Postleitzahl",
        "city": "Ort",
        "message": "Nachricht",
        "missing": "{label}: Bitte ausfüllen.",
        "missing_consent": "Bitte stimmen Sie zu.",
        "too_long": "{label}: höchstens {most} Zeichen.",
        "too_many": "{label}: zu viele Angaben.",
        "wrong_email": "{label}: Das ist keine gültige E-Mail-Adresse.",
        "wrong_number": "{label}: Bitte eine Zahl eingeben.",
        "wrong_date": "{label}: Bitte ein Datum eingeben, zum Beispiel 31.01.2026.",
        "wrong_choice": "{label}: Bitte eine der Möglichkeiten auswählen.",
        "wrong_link": "{label}: Das ist keine gültige Internetadresse.",
        "wrong": "{label}: Die Angabe ist nicht gültig.",
        "mail_subject": "Bitte bestätigen Sie Ihre Angaben: {title}",
        "mail_text": (
            "Guten Tag,\n\n"
            "diese E-Mail-Adresse wurde in unser Formular „{title}“ eingetragen. Wenn Sie das waren, bestätigen Sie es bitte hier:\n\n"
            "{link}\n\n"
            "Der Link gilt {days} Tage. Wenn Sie nichts eingetragen haben, brauchen Sie nichts zu tun: Ohne Bestätigung wird die Angabe "
            "gelöscht.\n"
        ),
    },
    "en": {
        "title": "Contact",
        "button": "Send",
        "thanks": "Thank you! We have received your message.",
        "mailed": "Almost done: we have sent you an e-mail. Please follow the link in it to confirm what you have entered.",
        "salutation": "Form of address",
        "academic_title": "Title",
        "first_name": "First name",
        "last_name": "Last name",
        "email": "E-mail address",
        "phone": "Phone",
        "organisation": "Organisation",
        "street": "Street and number",
        "postcode": "Postcode",
        "city": "City",
        "message": "Message",
        "missing": "{label}: please fill this in.",
        "missing_consent": "Please give your consent.",
        "too_long": "{label}: at most {most} characters.",
        "too_many": "{label}: too many entries.",
        "wrong_email": "{label}: this is not a valid e-mail address.",
        "wrong_number": "{label}: please enter a number.",
        "wrong_date": "{label}: please enter a date, such as 2026-01-31.",
        "wrong_choice": "{label}: please choose one of the options.",
        "wrong_link": "{label}: this is not a valid web address.",
        "wrong": "{label}: this entry is not valid.",
        "mail_subject": "Please confirm what you have entered: {title}",
        "mail_text": (
            "Hello,\n\n"
            "this e-mail address was entered in our form “{title}”. If it was you, please confirm that here:\n\n"
            "{link}\n\n"
            "The link is valid for {days} days. If you have not entered anything, there is nothing to do: without confirmation the entry "
            "is deleted.\n"
        ),
    },
}


def spoken(language: str) -> str:
    """The language of ours that is nearest to a BCP 47 code."""
    return "en" if language.lower().partition("-")[0] == "en" else "de"


def text(name: str, language: str, **values: object) -> str:
    """Our text of this name; `values` are put in as they are, whatever braces they hold."""
    return _TEXTS[language][name].format_map(values)
