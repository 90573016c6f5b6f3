"""Mails that the sample company's owner sends. `{salutation}` opens the mail, `{company}` is the reader's organisation."""

# Subject and text.
MAILS = (
    ("Unser Gespräch von heute",
     "vielen Dank für das freundliche Gespräch. Wie besprochen fasse ich kurz zusammen: Sie prüfen bis Ende der Woche die Liste der "
     "Arbeitsplätze, ich schicke Ihnen danach ein überarbeitetes Angebot."),
    ("Angebot Softwarewartungsvertrag",
     "anbei erhalten Sie unser Angebot für den Softwarewartungsvertrag. Die Reaktionszeit beträgt vier Stunden, auf Wunsch auch samstags. "
     "Für Rückfragen bin ich jederzeit erreichbar."),
    ("Terminvorschläge Vorführung",
     "gern zeigen wir Ihnen die Lagerverwaltung bei {company} vor Ort. Uns passen Dienstag ab 10 Uhr oder Donnerstag am Nachmittag. "
     "Wir bringen zwei Scanner zum Ausprobieren mit."),
    ("Protokoll der Abstimmung",
     "hier das Protokoll von gestern. Offen sind noch die Schnittstelle zur Buchhaltung und die Frage, wer bei {company} die Stammdaten "
     "pflegt. Bitte geben Sie mir bis Mittwoch Bescheid, falls etwas fehlt."),
    ("Rückfrage zu Ihrer Bestellung",
     "für die Bestellung fehlt uns noch die Lieferanschrift. Soll die Ware an die Zentrale oder direkt ins Lager gehen?"),
    ("Referenzen aus Ihrer Branche",
     "wie gewünscht nenne ich Ihnen drei Kunden ähnlicher Größe, die gern Auskunft geben. Ich habe Sie dort angekündigt."),
    ("Schulungsunterlagen",
     "anbei die Unterlagen für die Schulung. Bitte verteilen Sie sie vorab an alle Teilnehmenden; ein Ausdruck ist nicht nötig."),
    ("Einladung zu unserer Hausmesse",
     "im Herbst öffnen wir wieder unsere Türen und zeigen, was in diesem Jahr neu ist. Über eine Zusage von {company} freuen wir uns sehr. "
     "Für Verpflegung und Parkplätze ist gesorgt."),
    ("Wartungsfenster am Wochenende",
     "am Samstag zwischen 20 und 23 Uhr spielen wir die neue Fassung ein. In dieser Zeit ist das System nicht erreichbar."),
    ("Ihre Frage zur Rechnung",
     "Sie haben recht, die Position war doppelt aufgeführt. Die korrigierte Rechnung geht heute noch an Ihre Buchhaltung."),
)  # fmt: skip

REPLIES = (
    "danke für Ihre schnelle Rückmeldung. Dann machen wir es so; ich trage den Termin ein.",
    "das ist kein Problem, wir verschieben um eine Woche. Die Bestätigung folgt.",
    "die gewünschten Zahlen habe ich unten ergänzt. Melden Sie sich gern, wenn noch etwas unklar ist.",
)

CLOSING = "Mit freundlichen Grüßen\n{sender}\n\nMuster Systemhaus GmbH\nLindenallee 7, 50823 Köln\nTelefon 0221 4710 100\n"

# People who are in no address book, so that their mail waits in the tray.
STRANGERS = (
    ("Annette Sommer", "annette.sommer@neukunde-sommer.example"),
    ("Bodo Winterfeldt", "b.winterfeldt@winterfeldt-bau.example"),
    ("Messebüro", "anfragen@messebuero-nord.example"),
    ("Clara Morgenroth", "clara@morgenroth-design.example"),
    ("", "einkauf@unbekannt-handel.example"),
    ("Detlef Abendstern", "abendstern@sternwarte-verein.example"),
)

ATTACHMENT_NAME = "Angebot Softwarewartung.txt"
ATTACHMENT_TEXT = "Angebot Softwarewartung\n\nPosition 1: Wartung, zwölf Monate\nPosition 2: Rufbereitschaft am Samstag, auf Wunsch\n"
