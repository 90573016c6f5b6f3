"""A pipeline is an ordered list of stages, each with the chance of winning that a deal has there."""

from dataclasses import dataclass

# Place of an account's default pipeline among its pipelines.
DEFAULT_PLACE = 0
_PROBABILITIES = (0, 25, 50, 75)
_NAMES = {
    "de": ("Vertrieb", ("Erstkontakt", "Bedarf geklärt", "Angebot", "Verhandlung")),
    "en": ("Sales", ("First contact", "Needs clarified", "Offer", "Negotiation")),
}


@dataclass(frozen=True)
class Stage:
    name: str
    # In percent.
    probability: int
    id: str = ""
    pipeline_id: str = ""


@dataclass(frozen=True)
class Pipeline:
    name: str
    place: int
    stages: tuple[Stage, ...]
    id: str = ""
    version: int = 0

    @property
    def is_default(self) -> bool:
        return self.place == DEFAULT_PLACE


def default_pipeline(locale: str) -> Pipeline:
    """What every account starts with, in its language; English where this release does not speak it."""
    name, stages = _NAMES.get(locale.partition("-")[0].lower(), _NAMES["en"])
    return Pipeline(
        name=name,
        place=DEFAULT_PLACE,
        stages=tuple(Stage(name=stage, probability=probability) for stage, probability in zip(stages, _PROBABILITIES, strict=True)),
    )
