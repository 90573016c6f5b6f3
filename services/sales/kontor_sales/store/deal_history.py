"""What a deal's forecast rested on, from when on, and by whom."""

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_sales.domain.deals import Deal
from kontor_sales.store.deals import worth
from kontor_sales.store.tables import DEAL_HISTORY


def append(session: WriteSession, deal: Deal) -> None:
    """Keep the deal as it is from this version on."""
    session.execute(
        sa.insert(DEAL_HISTORY).values(
            account_id=session.account_id,
            deal_id=deal.id,
            version=deal.version,
            time=session.now,
            actor_user_id=session.user_id,
            probability=deal.probability,
            **worth(deal),
        )
    )
