"""Every SQL statement about pipelines and their stages."""

from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_sales.domain.pipelines import DEFAULT_PLACE, Pipeline, Stage
from kontor_sales.store.tables import PIPELINES as P
from kontor_sales.store.tables import STAGES as S

_STAGES = children(
    S.c.place,
    S.c.id,
    S.c.name,
    S.c.probability,
    where=sa.and_(S.c.account_id == P.c.account_id, S.c.pipeline_id == P.c.id),
)
_WHOLE = sa.select(P, _STAGES.label("stages"))


def get(session: ReadSession, pipeline_id: str) -> Pipeline | None:
    return _one(session, P.c.id == pipeline_id)


def default(session: ReadSession) -> Pipeline | None:
    return _one(session, P.c.place == DEFAULT_PLACE)


def page(session: ReadSession, *, after: int, limit: int) -> list[Pipeline]:
    """Pipelines whose place is greater than `after`."""
    statement = _WHOLE.where(P.c.account_id == session.account_id, P.c.place > after).order_by(P.c.place).limit(limit)
    return [_pipeline(row) for row in session.execute(statement)]


def stage(session: ReadSession, stage_id: str) -> Stage | None:
    row = session.execute(sa.select(S).where(S.c.account_id == session.account_id, S.c.id == stage_id)).one_or_none()
    return Stage(id=row.id, pipeline_id=row.pipeline_id, name=row.name, probability=row.probability) if row else None


def insert(session: WriteSession, pipeline: Pipeline) -> bool:
    """False where another pipeline has its place already; then nothing is written."""
    values = {"id": pipeline.id, "version": pipeline.version, "name": pipeline.name, "place": pipeline.place}
    if not insert_or_ignore(session.connection, P, {"account_id": session.account_id, **values}):
        return False
    rows = [
        {
            "account_id": session.account_id,
            "id": item.id,
            "pipeline_id": pipeline.id,
            "place": place,
            "name": item.name,
            "probability": item.probability,
        }
        for place, item in enumerate(pipeline.stages)
    ]
    session.execute(sa.insert(S), rows)
    return True


def rename(session: WriteSession, pipeline: Pipeline) -> None:
    """Write the names and the version; the stages stay what they are."""
    mine = (P.c.account_id == session.account_id, P.c.id == pipeline.id)
    session.execute(sa.update(P).where(*mine).values(name=pipeline.name, version=pipeline.version))
    for item in pipeline.stages:
        session.execute(sa.update(S).where(S.c.account_id == session.account_id, S.c.id == item.id).values(name=item.name))


def _one(session: ReadSession, condition: sa.ColumnElement[bool]) -> Pipeline | None:
    row = session.execute(_WHOLE.where(P.c.account_id == session.account_id, condition)).one_or_none()
    return _pipeline(row) if row else None


def _pipeline(row: sa.Row[Any]) -> Pipeline:
    stages = tuple(Stage(id=item[1], pipeline_id=row.id, name=item[2], probability=item[3]) for item in sorted(row.stages))
    return Pipeline(id=row.id, version=row.version, name=row.name, place=row.place, stages=stages)
