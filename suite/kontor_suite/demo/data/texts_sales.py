"""What the sample company, a software house for firms of middle size, sells and works on."""

# Name, what it is about, value in whole units of the currency from … to, how the value is meant, how many of them.
OFFERS = (
    ("Softwarewartungsvertrag", "Wartung und Fehlerbehebung, Reaktionszeit vier Stunden, Laufzeit ein Jahr.", 400, 1900, "monthly", 12),
    ("Einführung Warenwirtschaft", "Einführung mit Datenübernahme aus dem alten System und Schulung.", 18000, 64000, "total", 1),
    ("Schulung Auftragsbearbeitung", "Schulungstage vor Ort, höchstens acht Teilnehmende je Gruppe.", 950, 1400, "daily", 4),
    ("Lagerverwaltung mit Scannern", "Anbindung mobiler Scanner, Etikettendruck, Inventur ohne Stillstand.", 9000, 38000, "total", 1),
    ("Umzug der Server ins Rechenzentrum", "Planung, Umzug an einem Wochenende, vier Wochen Begleitung danach.", 7000, 26000, "total", 1),
    ("Beratung Digitalisierung", "Bestandsaufnahme in drei Abteilungen mit Vorschlägen und Kostenrahmen.", 110, 145, "hourly", 80),
    ("Webshop-Anbindung", "Artikel, Preise und Bestände alle fünf Minuten abgleichen, Bestellungen übernehmen.", 6000, 22000, "total", 1),
    ("Betriebsdatenerfassung", "Terminals in der Fertigung, Auswertung je Auftrag und Maschine.", 12000, 48000, "total", 1),
    ("Telefonanlage in der Cloud", "Sechzig Nebenstellen, Rufnummernmitnahme, Anrufe direkt aus dem Adressbuch.", 300, 900, "monthly", 24),
    ("Dokumentenarchiv", "Revisionssichere Ablage von Belegen und Verträgen mit Suche.", 5000, 19000, "total", 1),
    ("Sicherheitsprüfung des Netzes", "Prüfung von außen und innen, Bericht mit Rangfolge der Maßnahmen.", 3500, 9800, "total", 1),
    ("Auswertungen für die Geschäftsführung", "Monatsbericht und Übersichten, täglich frische Zahlen.", 2800, 11000, "total", 1),
)  # fmt: skip

LOST_REASONS = (
    "Zu teuer, der Wettbewerb lag ein Fünftel darunter",
    "Vorhaben auf nächstes Jahr verschoben",
    "Entscheidung für eine Eigenentwicklung",
    "Ansprechpartner hat das Unternehmen verlassen",
    "Keine Rückmeldung nach drei Versuchen",
    "Funktion für Chargenverfolgung fehlte",
)

DEAL_TAGS = ("Bestandskunde", "Neukunde", "Rahmenvertrag", "Ausschreibung", "Messekontakt", "dringend")
DEAL_ROLES = ("Entscheidung", "Fachseite", "Einkauf", "Technik")

PROJECTS = (
    ("Einführung Warenwirtschaft", "Ablösung des alten Systems in drei Stufen, Stammdaten zuerst.", ("Einführung",)),
    ("Umzug Rechenzentrum", "Umzug aller Server an einem Wochenende, danach Abnahme mit dem Kunden.", ("Infrastruktur",)),
    ("Schulungsreihe Auftragsbearbeitung", "Vier Gruppen, je zwei Tage, Unterlagen gehen vorab an alle.", ("Schulung",)),
    ("Scanner im Lager", "Erst Wareneingang, dann Kommissionierung; Inventur als Probe.", ("Einführung", "Lager")),
    ("Webshop-Anbindung", "Schnittstelle und Testlauf über zwei Wochen, Umschaltung außerhalb der Saison.", ("Schnittstelle",)),
    ("Archiv für Eingangsrechnungen", "Belege ab dem laufenden Jahr, Altbestand nur bei Bedarf.", ("Einführung",)),
    ("Neue Telefonanlage", "Rufnummernmitnahme beantragen, Endgeräte verteilen, Einweisung je Etage.", ("Infrastruktur",)),
    ("Betriebsdatenerfassung Halle 2", "Terminals an zwölf Maschinen, Auswertung mit der Fertigungsleitung abstimmen.", ("Einführung",)),
    ("Sicherheitsprüfung", "Prüfung von außen, danach von innen, Bericht und Nachprüfung.", ("Beratung",)),
    ("Berichtswesen Geschäftsführung", "Kennzahlen festlegen, dann die Übersichten bauen.", ("Auswertung",)),
    ("Hausmesse im Herbst", "Einladungen, Vorträge, Standplan; Zusagen im Adressbuch festhalten.", ("intern",)),
    ("Überarbeitung der Preisliste", "Wartung und Schulung neu rechnen, gültig ab dem nächsten Quartal.", ("intern",)),
)
