"""kontor.search.v1.SearchService."""

from google.protobuf.timestamp_pb2 import Timestamp

from kontor.search.v1 import search_pb2 as pb
from kontor_chassis.errors import invalid
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_chassis.rpc.dispatch import Call
from kontor_chassis.visibility import viewer_of
from kontor_search.domain.queries import MAX_DEPTH, MAX_QUERY, Query, tag_key
from kontor_search.index.port import Hit
from kontor_search.parts import parts
from kontor_search.usecases.rebuild import rebuild as rebuild_index
from kontor_search.usecases.records import in_present_terms

KINDS = ("person", "organisation", "deal", "project", "task", "note", "email")
_DEFAULT_SIZE = 20
_MAX_SIZE = 100


async def search(request: pb.SearchRequest, call: Call) -> pb.SearchResponse:
    """Raises InvalidArgument naming q, kind, page_size or page_token; Unavailable while the index is away."""
    if len(request.q) > MAX_QUERY:
        raise invalid("q", f"must have at most {MAX_QUERY} characters")
    for kind in request.kind:
        if kind not in KINDS:
            raise invalid("kind", f"must be one of {', '.join(KINDS)}")
    page = open_page(request, position=(int,), max_size=_MAX_SIZE)
    size = page.size if request.page_size else _DEFAULT_SIZE
    offset = page.after[0] if page.after else 0
    if not 0 <= offset <= MAX_DEPTH:
        raise invalid("page_token", "is not a token of this list")
    query = Query(
        text=request.q,
        kinds=frozenset(request.kind),
        tags=frozenset(tag_key(tag) for tag in request.tag),
        viewer=viewer_of(call.principal),
        limit=size + 1,
        offset=offset,
    )
    result = await parts(call.context).index.search(call.principal.account_id, query)
    more = len(result.hits) > size and offset + size < MAX_DEPTH
    hits = await in_present_terms(call.context, call.principal.account_id, result.hits[:size])
    return pb.SearchResponse(
        hits=[_hit_to(hit) for hit in hits],
        next_page_token=page.token((offset + size,)) if more else "",
        kind_counts=[pb.KindCount(kind=kind, count=result.kind_counts[kind]) for kind in KINDS if result.kind_counts.get(kind)],
    )


async def rebuild(request: pb.RebuildRequest, call: Call) -> pb.RebuildResponse:
    documents, accounts = await rebuild_index(parts(call.context).index, parts(call.context).owners)
    return pb.RebuildResponse(document_count=documents, account_count=accounts)


def _hit_to(hit: Hit) -> pb.Hit:
    update_time: Timestamp | None = to_timestamp(hit.update_time)
    return pb.Hit(ref=hit.ref, kind=hit.kind, title=hit.title, highlight=hit.highlight, subjects=hit.subjects, update_time=update_time)
