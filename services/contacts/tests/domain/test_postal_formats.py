import pytest

from kontor_contacts.domain.contact_points import PostalAddress
from kontor_contacts.domain.postal_formats import formatted


@pytest.mark.parametrize(
    ("address", "block"),
    [
        (PostalAddress("Domstr. 1", "50667", "Köln", country="DE"), "Domstr. 1\n50667 Köln"),
        (PostalAddress("Domstr. 1", "50667", "Köln"), "Domstr. 1\n50667 Köln"),
        (PostalAddress("", "50667", "Köln", country="DE"), "50667 Köln"),
        (PostalAddress("Domstr. 1", "", "", country="DE"), "Domstr. 1"),
        (PostalAddress("Ring 2", "1010", "Wien", country="AT"), "Ring 2\n1010 Wien\nÖSTERREICH"),
        (PostalAddress("1 Main St", "10001", "New York", "NY", "US"), "1 Main St\nNew York, NY 10001\nVEREINIGTE STAATEN"),
        (PostalAddress("1 Main St", "", "New York", "", "US"), "1 Main St\nNew York\nVEREINIGTE STAATEN"),
        (PostalAddress("10 Downing St", "SW1A 2AA", "London", country="GB"), "10 Downing St\nLondon\nSW1A 2AA\nVEREINIGTES KÖNIGREICH"),
        (PostalAddress("1-2-3", "100-0001", "Chiyoda", "Tokyo", "JP"), "〒100-0001\nTokyo\n1-2-3\nJAPAN"),
        (PostalAddress("Plaza 100%n%C", "", "Lima", country="PE"), "Plaza 100%n%C\nLima\nPERU"),
    ],
)
def test_an_address_is_written_in_the_order_of_its_country(address: PostalAddress, block: str) -> None:
    """B3."""
    assert formatted(address, sender_country="DE", language="de") == block


def test_the_country_is_named_in_the_language_of_the_sender() -> None:
    address = PostalAddress("Domstr. 1", "50667", "Köln", country="DE")
    assert formatted(address, sender_country="AT", language="en") == "Domstr. 1\n50667 Köln\nGERMANY"


def test_postcodes_carry_their_country_abroad_only() -> None:
    address = PostalAddress("Gasse 1", "8001", "Zürich", country="CH")
    assert formatted(address, sender_country="CH", language="de") == "Gasse 1\n8001 Zürich"
    assert formatted(address, sender_country="DE", language="de") == "Gasse 1\nCH-8001 Zürich\nSCHWEIZ"


def test_every_country_has_a_format() -> None:
    for country in ("XK", "TA", "AC", "ZZ"):
        assert "Stadt" in formatted(PostalAddress("Weg 1", "1", "Stadt", country=country), sender_country="DE", language="de")
