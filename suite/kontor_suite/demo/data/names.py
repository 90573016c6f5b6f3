"""First and last names as they are common in Germany today."""

WOMEN = (
    "Anna", "Birgit", "Carla", "Daniela", "Elif", "Franziska", "Gesine", "Hannah", "Ines", "Jana", "Katharina", "Lena", "Marie",
    "Nadine", "Olga", "Petra", "Renate", "Sabine", "Theresa", "Ulrike", "Vera", "Yasemin", "Astrid", "Beate", "Cornelia", "Dörte",
    "Eva", "Friederike", "Greta", "Heike", "Judith", "Kerstin", "Magdalena", "Sophie", "Zoë",
)  # fmt: skip

MEN = (
    "Alexander", "Bernd", "Christian", "David", "Emre", "Florian", "Georg", "Hendrik", "Ivo", "Jens", "Kai", "Lukas", "Markus",
    "Norbert", "Oliver", "Paul", "Rüdiger", "Stefan", "Thomas", "Uwe", "Volker", "Wolfgang", "Yusuf", "Andreas", "Björn", "Cem",
    "Dirk", "Erik", "Felix", "Götz", "Holger", "Jörg", "Konstantin", "Matthias", "Tobias",
)  # fmt: skip

LAST_NAMES = (
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Schäfer", "Koch",
    "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann",
    "Lange", "Krause", "Lehmann", "Köhler", "Maier", "Herrmann", "König", "Walter", "Huber", "Kaiser", "Fuchs", "Peters", "Lang",
    "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Vogel", "Friedrich", "Keller", "Günther", "Frank", "Berger", "Winkler", "Roth",
    "Beck", "Lorenz", "Baumann", "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Böhm", "Winter", "Kraus", "Schumacher",
    "Öztürk", "Yılmaz", "Demir", "Kowalski", "Nowak", "Nguyen", "Groß", "Haas", "Dietrich", "Ziegler", "Kuhn", "Pohl", "Engel",
    "Horn", "Busch", "Bergmann", "Voigt", "Sauer", "Arnold", "Pfeiffer", "von Ahrenfels", "Petersen", "Jansen", "Thiel", "Brandt",
    "Schreiber", "Stein", "Kühn", "Jäger", "Oßwald", "Brückner", "Lindner",
)  # fmt: skip
