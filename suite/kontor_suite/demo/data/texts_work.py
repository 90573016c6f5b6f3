"""What people at the sample company have to do, and what they write down. `{name}` is a person's name with its salutation, `{company}`
an organisation's, `{thing}` what is sold or worked on."""

# Kind of the task, title, note.
TASKS_AT_PERSON = (
    ("call", "{name} zurückrufen", "Hatte eine Frage zur letzten Rechnung."),
    ("call", "Bei {name} wegen Termin nachfassen", ""),
    ("email", "Unterlagen an {name} schicken", "Preisliste und Referenzen, die neue Fassung."),
    ("meeting", "Gespräch mit {name} vorbereiten", "Wer ist noch dabei? Besprechungsraum buchen."),
    ("letter", "Geburtstagskarte an {name}", ""),
    ("visit", "{name} vor Ort besuchen", "Parkplatz im Hof anmelden."),
)
TASKS_AT_ORGANISATION = (
    ("call", "Zufriedenheit bei {company} abfragen", "Einmal im Halbjahr, zuletzt war alles in Ordnung."),
    ("preparation", "Jahresgespräch mit {company} vorbereiten", "Umsatz, offene Punkte und Wünsche zusammenstellen."),
    ("visit", "Besuch bei {company}", ""),
    ("task", "Adresse von {company} prüfen", "Brief kam zurück."),
)
TASKS_AT_DEAL = (
    ("offer", "Angebot {thing} überarbeiten", "Schulung als eigene Position ausweisen."),
    ("call", "Nachfassen: {thing}", "Entscheidung war für diese Woche angekündigt."),
    ("email", "Leistungsbeschreibung {thing} nachreichen", ""),
    ("preparation", "Vorführung {thing} vorbereiten", "Mit den Daten des Kunden, nicht mit Beispielen."),
)
TASKS_AT_PROJECT = (
    ("task", "Abnahme {thing} vereinbaren", ""),
    ("meeting", "Abstimmung {thing}", "Offene Punkte durchgehen, Protokoll am selben Tag."),
    ("preparation", "Schulungsunterlagen {thing} drucken", ""),
)
TASKS_OF_NOTHING = (
    ("task", "Reisekosten abrechnen", ""),
    ("task", "Urlaubsvertretung regeln", "Wer übernimmt die Rufbereitschaft?"),
    ("preparation", "Messestand planen", "Angebote für den Aufbau liegen in der Ablage."),
)

NOTES_AT_PERSON = (
    "Angerufen: {name} ist diese Woche auf Messe und meldet sich am Montag.",
    "Gutes Gespräch. {name} entscheidet nicht allein, die Geschäftsführung ist ab 10.000 Euro dabei.",
    "{name} bevorzugt Anrufe am Vormittag, E-Mails werden oft erst nach Tagen gelesen.",
    "Hat nach einem Softwarewartungsvertrag gefragt, weil der bisherige Dienstleister schlecht erreichbar ist.",
    "War auf unserer Hausmesse und interessiert sich für die Lagerverwaltung. Wollte Referenzen aus der Branche.",
    "{name} wechselt voraussichtlich im nächsten Quartal die Abteilung; Nachfolge ist noch offen.",
    "Beschwerde wegen der langen Reaktionszeit am Freitag. Entschuldigt und Gutschrift über einen Monat zugesagt.",
    "Kurz telefoniert, alles läuft. Die Inventur war erstmals ohne Differenzen.",
)
NOTES_AT_ORGANISATION = (
    "{company} baut an und braucht ab Frühjahr etwa zwanzig weitere Arbeitsplätze.",
    "Zahlungsziel auf Wunsch auf 30 Tage geändert, mit der Buchhaltung abgestimmt.",
    "Neue Anschrift der Niederlassung erfragt, kommt schriftlich.",
    "Sucht jemanden für die IT-Leitung; bis dahin läuft alles über die Geschäftsführung.",
    "Rahmenvertrag läuft zum Jahresende aus, Verlängerung bis Oktober ansprechen.",
)
NOTES_AT_DEAL = (
    "Vorführung lief gut. Offen blieb die Frage nach der Schnittstelle zur Buchhaltung.",
    "Preis besprochen: Nachlass von fünf Prozent bei Laufzeit über zwei Jahre möglich.",
    "Der Wettbewerb hat ein zweites Angebot abgegeben, Einzelheiten unbekannt.",
    "Entscheidung verschoben, die Sitzung des Beirats ist erst in zwei Wochen.",
    "Betriebsrat ist eingebunden und hat keine Einwände.",
)
NOTES_AT_PROJECT = (
    "Datenübernahme zur Probe gelaufen: 212 Artikel ohne Lagerplatz, Liste ging an den Kunden.",
    "Termin für die Umstellung steht: Wochenende, Beginn Freitag 18 Uhr.",
    "Erste Schulungsgruppe fertig, Rückmeldungen durchweg gut. Mehr Übungen gewünscht.",
    "Verzug von einer Woche, weil die Scanner noch nicht geliefert sind.",
)

BACKGROUNDS = (
    "Kennt sich mit der alten Warenwirtschaft sehr gut aus.",
    "Langjähriger Kontakt, hat uns schon zweimal weiterempfohlen.",
    "Segelt gern, im August immer zwei Wochen nicht erreichbar.",
    "Entscheidet schnell, mag aber keine langen Unterlagen.",
    "Hat früher selbst programmiert und fragt genau nach.",
    "Spricht auch Türkisch und Englisch.",
    "Arbeitet montags und freitags von zu Hause.",
)
COMPANY_BACKGROUNDS = (
    "Familienbetrieb in dritter Generation, etwa 120 Beschäftigte.",
    "Kam über eine Empfehlung zu uns. Zweiter Standort im Aufbau.",
    "Kauft zentral ein; Angebote immer auch an den Einkauf schicken.",
    "Nutzt noch das alte System, Wartung dafür endet nächstes Jahr.",
    "Legt Wert auf persönliche Ansprechpartner und kurze Wege.",
)
