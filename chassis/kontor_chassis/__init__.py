"""The service chassis: what every service of Kontor is built on."""
