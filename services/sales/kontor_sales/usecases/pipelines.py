"""What can happen to a pipeline. The default one is made with the account, or when it is first needed, whichever comes first."""

from dataclasses import replace

from kontor_chassis.audit import created, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import is_id, new_id
from kontor_sales.domain.pipelines import Pipeline, default_pipeline
from kontor_sales.store import accounts, pipelines


def get(session: ReadSession, pipeline_id: str) -> Pipeline:
    """Raises NotFound."""
    pipeline = pipelines.get(session, pipeline_id) if is_id(pipeline_id) else None
    if pipeline is None:
        raise NotFound("The pipeline does not exist.")
    return pipeline


def find(session: ReadSession, *, after: int, limit: int) -> list[Pipeline]:
    """Pipelines in their order, the default one first. Empty where the account's default is not made yet."""
    return pipelines.page(session, after=after, limit=limit)


def default(session: WriteSession) -> Pipeline:
    """The default pipeline, made where it is missing."""
    present = pipelines.default(session)
    if present is not None:
        return present
    drafted = default_pipeline(accounts.get(session).locale)
    pipeline_id = new_id()
    stages = tuple(replace(stage, id=new_id(), pipeline_id=pipeline_id) for stage in drafted.stages)
    pipeline = replace(drafted, id=pipeline_id, version=1, stages=stages)
    if pipelines.insert(session, pipeline):
        created(session, f"pipelines/{pipeline.id}", {"name": pipeline.name, "stages": pipeline.stages})
        return pipeline
    # Another session has just made it. Its row is committed, or the insert would still wait.
    present = pipelines.default(session)
    assert present is not None
    return present


def translate(session: WriteSession, locale: str) -> None:
    """Give the default pipeline the names of another language, where nobody has touched it."""
    present = pipelines.default(session)
    wanted = default_pipeline(locale)
    if present is None or present.version > 1 or present.name == wanted.name:
        return
    renamed = zip(present.stages, wanted.stages, strict=True)
    stages = tuple(replace(stage, name=named.name) for stage, named in renamed)
    pipelines.rename(session, replace(present, name=wanted.name, version=present.version + 1, stages=stages))
    updated(session, f"pipelines/{present.id}", {"name": (present.name, wanted.name), "stages": (present.stages, stages)})
