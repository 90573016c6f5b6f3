"""The organisations that the sample company deals with. All are invented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Company:
    name: str
    # The label before `.example`.
    domain: str
    industry: str
    kind: str = "company"
    # As colleagues call it; empty: by its first word.
    called: str = ""

    @property
    def short_name(self) -> str:
        return self.called or self.name.split()[0]


# First the ones that most people are at.
COMPANIES = (
    Company("Adlerhof Maschinenbau GmbH", "adlerhof-maschinenbau", "Maschinenbau"),
    Company("Brüggemann & Söhne Logistik GmbH & Co. KG", "brueggemann-logistik", "Logistik"),
    Company("Nordlicht Energieberatung GmbH", "nordlicht-energie", "Energie"),
    Company("Weißfeld Pharma AG", "weissfeld-pharma", "Pharma"),
    Company("Kastanienhof Hotelbetriebe GmbH", "kastanienhof-hotels", "Gastgewerbe"),
    Company("Silberbach Software GmbH", "silberbach-software", "Software"),
    Company("Öhlmann Elektrotechnik GmbH", "oehlmann-elektro", "Elektrotechnik"),
    Company("Tannwald Möbelwerke GmbH", "tannwald-moebel", "Möbel"),
    Company("Hansequartier Immobilien AG", "hansequartier", "Immobilien"),
    Company("Rheinblick Versicherungsmakler GmbH", "rheinblick-makler", "Versicherungen"),
    Company("Feinkost Gärtner OHG", "feinkost-gaertner", "Lebensmittel", called="Gärtner"),
    Company("Lichtwerk Medien GmbH", "lichtwerk-medien", "Medien"),
    Company("Steuerkanzlei Dr. Wendlandt & Partner", "kanzlei-wendlandt", "Steuerberatung", called="Kanzlei Wendlandt"),
    Company("Bauhütte Falkenried GmbH", "bauhuette-falkenried", "Bau", called="Falkenried"),
    Company("Morgentau Naturkosmetik GmbH", "morgentau-kosmetik", "Kosmetik"),
    Company("Quellwerk Getränke GmbH", "quellwerk", "Lebensmittel"),
    Company("Sonnenberg Solartechnik GmbH", "sonnenberg-solar", "Energie"),
    Company("Druckhaus Marienthal GmbH", "druckhaus-marienthal", "Druck", called="Marienthal"),
    Company("Velomanufaktur Havelring GmbH", "velo-havelring", "Fahrzeuge", called="Havelring"),
    Company("Medizintechnik Osterfeld GmbH", "osterfeld-medizintechnik", "Medizintechnik", called="Osterfeld"),
    Company("Textilwerke Spreetal GmbH", "textil-spreetal", "Textil", called="Spreetal"),
    Company("Buchhandlung am Gänseplatz", "buch-gaenseplatz", "Handel", called="Gänseplatz"),
    Company("Alpenglüh Sportreisen GmbH", "alpenglueh-reisen", "Reisen"),
    Company("Wasserwerke Mittelheide", "wasserwerke-mittelheide", "Versorgung", "authority", called="Mittelheide"),
    Company("Stadtverwaltung Neu-Ahlbeck", "neu-ahlbeck", "Verwaltung", "authority", called="Neu-Ahlbeck"),
    Company("Landesamt für Wegebau Nordmark", "wegebau-nordmark", "Verwaltung", "authority", called="Wegebau Nordmark"),
    Company("Förderverein Stadtgarten e. V.", "stadtgarten-verein", "Vereine", "association", called="Stadtgarten"),
    Company("Turn- und Sportverein Eichkamp 1907 e. V.", "tsv-eichkamp", "Vereine", "association", called="TSV Eichkamp"),
    Company("Verband der Kleinbrauereien e. V.", "kleinbrauereien", "Verbände", "association", called="Kleinbrauereien"),
    Company("Ahrenfels Beteiligungen SE", "ahrenfels-holding", "Beteiligungen", "holding"),
    Company("Zahnarztpraxis am Kurpark", "praxis-am-kurpark", "Gesundheit", called="Praxis am Kurpark"),
    Company("Klinikum Birkenau gGmbH", "klinikum-birkenau", "Gesundheit", called="Klinikum Birkenau"),
    Company("Gymnasium am Weinberg", "gymnasium-weinberg", "Bildung", "authority", called="Gymnasium Weinberg"),
    Company("Architekturbüro Thorwald & Lenz", "thorwald-lenz", "Architektur", called="Thorwald & Lenz"),
    Company("Gießerei Hammertal GmbH", "giesserei-hammertal", "Metall", called="Hammertal"),
    Company("Käserei Almblick eG", "kaeserei-almblick", "Lebensmittel", called="Almblick"),
    Company("Kübler Fördertechnik GmbH", "kuebler-foerdertechnik", "Maschinenbau"),
    Company("Papierfabrik Grünau AG", "papier-gruenau", "Papier", called="Grünau"),
    Company("IT-Systemhaus Querfeld GmbH", "querfeld-it", "Software", called="Querfeld"),
    Company("Windpark Süderdeich GmbH & Co. KG", "windpark-suederdeich", "Energie", called="Süderdeich"),
    Company("Spedition Ostwall GmbH", "spedition-ostwall", "Logistik", called="Ostwall"),
    Company("Goldkorn Bäckereien GmbH", "goldkorn", "Lebensmittel"),
    Company("Reederei Jörgensen & Cie.", "reederei-joergensen", "Schifffahrt", called="Jörgensen"),
    Company("Glasmanufaktur Eulental", "glas-eulental", "Glas", called="Eulental"),
    Company("Hörakustik Klangraum GmbH", "klangraum-akustik", "Gesundheit", called="Klangraum"),
    Company("Wohnungsgenossenschaft Fliederweg eG", "wg-fliederweg", "Immobilien", called="Fliederweg"),
    Company("Blumengroßhandel Tulpenberg KG", "tulpenberg", "Handel", called="Tulpenberg"),
    Company("Kranbau Vierlinden GmbH", "kranbau-vierlinden", "Maschinenbau", called="Vierlinden"),
    Company("Übersetzungsbüro Wortreich", "wortreich", "Dienstleistung", called="Wortreich"),
    Company("Filmproduktion Nebelmond GmbH", "nebelmond", "Medien", called="Nebelmond"),
    Company("Redaktion Wirtschaft im Norden", "wirtschaft-im-norden", "Presse", called="Wirtschaft im Norden"),
    Company("Sicherheitsdienst Burgwacht GmbH", "burgwacht", "Dienstleistung", called="Burgwacht"),
    Company("Landmaschinen Rübezahl GmbH", "landmaschinen-ruebezahl", "Landtechnik", called="Rübezahl"),
    Company("Uhrenatelier Pfeilkraut", "pfeilkraut-uhren", "Handwerk", called="Pfeilkraut"),
    Company("Tischlerei Holzwurm & Tochter", "holzwurm-tochter", "Handwerk", called="Holzwurm & Tochter"),
    Company("Weingut Sommerhang", "weingut-sommerhang", "Landwirtschaft", called="Sommerhang"),
    Company("Catering Löffelweise GmbH", "loeffelweise", "Gastgewerbe", called="Löffelweise"),
    Company("Museum für Hafengeschichte", "hafenmuseum", "Kultur", "other", called="Hafenmuseum"),
    Company("Familie Krüger-Demir", "krueger-demir", "", "household", called="Krüger-Demir"),
    Company("Hausgemeinschaft Rosenstraße", "rosenstrasse", "", "household"),
)

ROLES = (
    "Geschäftsführung", "Leitung Einkauf", "Einkauf", "Leitung IT", "Assistenz der Geschäftsführung", "Projektleitung", "Vertrieb",
    "Buchhaltung", "Leitung Produktion", "Marketing", "Personal", "Technik", "Qualitätssicherung", "Leitung Vertrieb",
)  # fmt: skip

DEPARTMENTS = ("", "Zentrale", "Einkauf", "IT", "Produktion", "Verwaltung", "Vertrieb", "Technik", "")

# What an organisation is to the sample company; the first ones are the most frequent.
ORGANISATION_TAGS = ("Kunde", "Kunde", "Kunde", "Interessent", "Interessent", "Lieferant", "Partner", "Presse")
PERSON_TAGS = ("Entscheider", "Newsletter", "Weihnachtskarte", "Messe Hannover", "Empfehlung", "Technik", "VIP", "Stammtisch")
