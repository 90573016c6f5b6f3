"""Our facts, written to the outbox of the session in which they become true. One change is one fact."""

from google.protobuf.message import Message

from kontor.sales.events.v1 import events_pb2 as pb
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.proto import to_date
from kontor_sales.domain.deals import Deal
from kontor_sales.domain.projects import Project


def deal_created(session: WriteSession, deal: Deal) -> None:
    _of_deal(session, deal, pb.DealCreated(deal=_deal(deal)))


def deal_updated(session: WriteSession, deal: Deal, changed: list[str]) -> None:
    _of_deal(session, deal, pb.DealUpdated(deal=_deal(deal), changed_fields=changed))


def deal_moved(session: WriteSession, deal: Deal, *, from_stage_name: str) -> None:
    _of_deal(session, deal, pb.DealMoved(deal=_deal(deal), from_stage_name=from_stage_name))


def deal_won(session: WriteSession, deal: Deal) -> None:
    _of_deal(session, deal, pb.DealWon(deal=_deal(deal)))


def deal_lost(session: WriteSession, deal: Deal) -> None:
    _of_deal(session, deal, pb.DealLost(deal=_deal(deal), lost_reason=deal.lost_reason))


def deal_reopened(session: WriteSession, deal: Deal) -> None:
    _of_deal(session, deal, pb.DealReopened(deal=_deal(deal)))


def deal_deleted(session: WriteSession, deal: Deal) -> None:
    session.publish(pb.DealDeleted(id=deal.id), subject=f"deals/{deal.id}", sequence=deal.version + 1)


def project_created(session: WriteSession, project: Project) -> None:
    _of_project(session, project, pb.ProjectCreated(project=_project(project)))


def project_updated(session: WriteSession, project: Project, changed: list[str]) -> None:
    _of_project(session, project, pb.ProjectUpdated(project=_project(project), changed_fields=changed))


def project_deleted(session: WriteSession, project: Project) -> None:
    session.publish(pb.ProjectDeleted(id=project.id), subject=f"projects/{project.id}", sequence=project.version + 1)


def _of_deal(session: WriteSession, deal: Deal, body: Message) -> None:
    session.publish(body, subject=f"deals/{deal.id}", sequence=deal.version)


def _of_project(session: WriteSession, project: Project, body: Message) -> None:
    session.publish(body, subject=f"projects/{project.id}", sequence=project.version)


def _deal(deal: Deal) -> pb.DealFacts:
    return pb.DealFacts(
        id=deal.id,
        name=deal.name,
        state=deal.state,
        organisation_id=deal.organisation_id,
        person_ids=[person.person_id for person in deal.persons],
        responsible_user_id=deal.responsible_user_id,
        stage_id=deal.stage_id,
        stage_name=deal.stage_name,
        value=Money(minor_units=deal.value.minor_units, currency=deal.value.currency) if deal.value else None,
        closed_date=to_date(deal.closed_date),
        target_date=to_date(deal.target_date),
    )


def _project(project: Project) -> pb.ProjectFacts:
    return pb.ProjectFacts(
        id=project.id,
        name=project.name,
        state=project.state,
        organisation_ids=project.organisation_ids,
        person_ids=project.person_ids,
        responsible_user_id=project.responsible_user_id,
        deal_id=project.deal_id,
    )
