"""kontor.sales.v1.PipelineService."""

from kontor.sales.v1 import pipelines_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.rpc.dispatch import Call
from kontor_sales.domain.pipelines import Pipeline
from kontor_sales.usecases import pipelines


def get_pipeline(request: pb.GetPipelineRequest, session: ReadSession) -> pb.Pipeline:
    return _pipeline_to(pipelines.get(session, request.id))


async def list_pipelines(request: pb.ListPipelinesRequest, call: Call) -> pb.ListPipelinesResponse:
    """Reads; only where the account has no pipeline yet, it writes the default one first."""
    database = call.context.database
    response = await database.read(_list, request, call)
    if response.pipelines or request.page_token:
        return response
    await database.write(_make_default, call)
    return await database.read(_list, request, call)


def _list(request: pb.ListPipelinesRequest, call: Call) -> pb.ListPipelinesResponse:
    page = open_page(request, position=(int,))
    with call.context.sessions.read(call.principal) as session:
        found = pipelines.find(session, after=page.after[0] if page.after else -1, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.place,))
    return pb.ListPipelinesResponse(pipelines=[_pipeline_to(item) for item in kept], next_page_token=next_page_token)


def _make_default(call: Call) -> None:
    with call.context.sessions.write(call.principal, means="automation") as session:
        pipelines.default(session)


def _pipeline_to(pipeline: Pipeline) -> pb.Pipeline:
    return pb.Pipeline(
        id=pipeline.id,
        etag=etag_of(pipeline.version),
        name=pipeline.name,
        is_default=pipeline.is_default,
        stages=[pb.Stage(id=stage.id, name=stage.name, probability=stage.probability) for stage in pipeline.stages],
    )
