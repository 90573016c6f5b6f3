"""kontor.identity.v1.SessionService."""

from datetime import datetime

from google.protobuf.empty_pb2 import Empty

from kontor.identity.v1 import sessions_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import Unauthenticated
from kontor_chassis.paging import open_page
from kontor_chassis.principal import USER_ISSUER
from kontor_chassis.proto import to_timestamp
from kontor_chassis.rpc.dispatch import Call
from kontor_identity.domain.sessions import Session, expire_time
from kontor_identity.parts import parts_of
from kontor_identity.rpc.once import mark_of
from kontor_identity.usecases import authentication, sessions


async def create_session(request: pb.CreateSessionRequest, call: Call) -> pb.Session:
    wanted = sessions.SignIn(
        email=request.email,
        password=request.password,
        account=request.account,
        client=request.client,
        peer=request.peer,
        request_id=request.request_id,
        mark=mark_of(request),
    )
    made = await sessions.sign_in(call.context, wanted)
    message = _session_to(made.session, expire_time(made.session, sessions.lifetime_of(call.context)))
    message.token = made.token
    return message


def list_sessions(request: pb.ListSessionsRequest, session: ReadSession) -> pb.ListSessionsResponse:
    page = open_page(request, position=(str,))
    found = sessions.find(session, after=page.after[0] if page.after else None, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item[0].id,))
    return pb.ListSessionsResponse(sessions=[_session_to(item, expires) for item, expires in kept], next_page_token=next_page_token)


def delete_session(request: pb.DeleteSessionRequest, session: WriteSession) -> Empty:
    sessions.end(session, request.id)
    return Empty()


async def authenticate(request: pb.AuthenticateRequest, call: Call) -> pb.AuthenticateResponse:
    context = call.context

    def prove() -> tuple[authentication.Proof, str]:
        match request.WhichOneof("secret"):
            case "bearer_token":
                proof = authentication.prove_bearer(context, request.bearer_token)
            case "feed_secret":
                proof = authentication.prove_feed(context, request.feed_secret)
            case _:
                raise Unauthenticated("Sign in first.")
        return proof, context.keyring.sign(proof.principal, issuer=USER_ISSUER, lifetime=proof.lifetime.total_seconds())

    proof, principal = await context.database.read(prove)
    parts_of(context).last_used.note(proof.use, before=proof.last_used_time, now=proof.now)
    return pb.AuthenticateResponse(principal=principal, expire_time=to_timestamp(proof.now + proof.lifetime))


def _session_to(session: Session, expires: datetime) -> pb.Session:
    return pb.Session(
        id=session.id,
        user_id=session.user_id,
        create_time=to_timestamp(session.create_time),
        expire_time=to_timestamp(expires),
        last_used_time=to_timestamp(session.last_used_time),
        client=session.client,
    )
