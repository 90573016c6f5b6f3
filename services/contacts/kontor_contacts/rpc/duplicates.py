"""kontor.contacts.v1.DuplicateService, and candidates in the answers of others."""

from collections.abc import Iterable, Mapping
from typing import Any

from kontor.contacts.v1 import duplicates_pb2 as pb
from kontor.contacts.v1 import operations_pb2
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.rpc.operations import operation_to
from kontor_contacts.store.duplicates import Pair
from kontor_contacts.usecases import duplicates, operations
from kontor_contacts.usecases.duplicates import WARN, Candidate

ON_DUPLICATE = Words(pb.OnDuplicate, default=WARN)
_REASONS = Words(pb.DuplicateReason)
_NOUNS = ("persons", "organisations")


def list_duplicates(request: pb.ListDuplicatesRequest, session: ReadSession) -> pb.ListDuplicatesResponse:
    noun = request.noun or _NOUNS[0]
    if noun not in _NOUNS:
        raise invalid("noun", f"is one of {', '.join(_NOUNS)}")
    page = open_page(request, position=(int, str))
    pairs, names = duplicates.find(session, noun, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(pairs, lambda pair: (pair.score, pair.id))
    return pb.ListDuplicatesResponse(duplicates=[_pair_to(pair, names) for pair in kept], next_page_token=next_page_token)


def scan_duplicates(request: pb.ScanDuplicatesRequest, session: WriteSession) -> operations_pb2.Operation:
    return operation_to(operations.scan_duplicates(session))


def dismiss_duplicate(request: pb.DismissDuplicateRequest, session: WriteSession) -> pb.Duplicate:
    pair = duplicates.dismiss(session, request.id)
    return _pair_to(pair, duplicates.names_of(session, pair.noun, [pair]))


def candidates_to(candidates: Iterable[Candidate]) -> list[pb.DuplicateCandidate]:
    return [
        pb.DuplicateCandidate(id=item.id, ref=item.ref, name=item.name, score=item.match.score, reasons=_reasons(item.match.reasons))
        for item in candidates
    ]


def _pair_to(pair: Pair, names: Mapping[str, str]) -> pb.Duplicate:
    left, right = (pb.DuplicateRecord(ref=f"{pair.noun}/{id_}", name=names.get(id_, "")) for id_ in (pair.left_id, pair.right_id))
    return pb.Duplicate(
        id=pair.id,
        left=left,
        right=right,
        score=pair.score,
        reasons=_reasons(pair.reasons),
        dismissed=pair.dismissed,
        create_time=to_timestamp(pair.create_time),
    )


def _reasons(words: Iterable[str]) -> list[Any]:
    return [_REASONS.number(word) for word in words]
