"""Taking back what is not true any more: the inbox says so, and a push that has not left never leaves."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, literal, update

from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.notifications.models import Delivery, Message
from app.notifications.types import DeliveryState, SuppressionReason

CORRECTED = "已更正："
WHY = "情况有变化，下面这条提醒不再适用，请以最新的结果为准。"


def retract(messages: Collection[UUID]) -> None:
    """Mark messages as corrected and settle their unsent pushes, in the caller's transaction.

    What was pushed stays pushed; the text remains below the correction, so that nobody wonders.
    """
    if not messages:
        return
    session.execute(
        update(Message)
        .where(Message.id == one_of_ids(messages), ~Message.title.startswith(CORRECTED))
        .values(
            title=func.concat(literal(CORRECTED), Message.title),
            body=func.concat(literal(f"{WHY}\n"), Message.body),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(
            Delivery.message_id == one_of_ids(messages),
            Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
        )
        .values(
            state=DeliveryState.SUPPRESSED,
            reason=SuppressionReason.OUTDATED,
            settled_at=clock.now(),
            leased_until=None,
        )
        .execution_options(synchronize_session=False)
    )
