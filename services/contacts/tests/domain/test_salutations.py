import pytest

from kontor_contacts.domain.salutations import Addressee, letter_salutation


@pytest.mark.parametrize(
    ("person", "language", "formal", "informal"),
    [
        (Addressee("Anna", "Öztürk", "Dr.", "female"), "de", "Sehr geehrte Frau Dr. Öztürk", "Liebe Anna"),
        (Addressee("Jörg", "Groß", "", "male"), "de-AT", "Sehr geehrter Herr Groß", "Lieber Jörg"),
        (Addressee("", "Groß", "", "male"), "de", "Sehr geehrter Herr Groß", "Lieber Herr Groß"),
        (Addressee("Eva", "Klar", "Prof. Dr. Dr. h. c.", "female"), "de", "Sehr geehrte Frau Prof. Klar", "Liebe Eva"),
        (Addressee("Eva", "Klar", "Dipl.-Ing.", "female"), "de", "Sehr geehrte Frau Klar", "Liebe Eva"),
        (Addressee("Kim", "Roth", "Dr.", "diverse"), "de", "Guten Tag Dr. Kim Roth", "Hallo Kim"),
        (Addressee("Kim", "Roth"), "de", "Guten Tag Kim Roth", "Hallo Kim"),
        (Addressee("", "Roth"), "de", "Guten Tag Roth", "Hallo Roth"),
        (Addressee("Anna", "Öztürk", "", "female"), "en", "Dear Ms Öztürk", "Dear Anna"),
        (Addressee("Anna", "Öztürk", "Dr.", "female"), "en-GB", "Dear Dr Öztürk", "Dear Anna"),
        (Addressee("Anna", "Öztürk", "Ph.D.", ""), "en", "Dear Dr Öztürk", "Dear Anna"),
        (Addressee("Kim", "Roth"), "en", "Dear Kim Roth", "Dear Kim"),
        (Addressee("", "Roth", "", "male"), "en", "Dear Mr Roth", "Dear Mr Roth"),
        (Addressee("Luc", "Petit", "", "male"), "fr", "Dear Mr Petit", "Dear Luc"),
    ],
)
def test_a_letter_begins_as_gender_title_and_language_ask(person: Addressee, language: str, formal: str, informal: str) -> None:
    """B18."""
    found = letter_salutation(person, language=language)
    assert (found.formal, found.informal) == (formal, informal)
