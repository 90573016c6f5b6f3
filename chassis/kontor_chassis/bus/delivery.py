"""What both adapters do alike with a batch: ask the handler, and tell the consumer's troubles from the message's."""

import asyncio
from collections.abc import Sequence

import structlog

from kontor_chassis.bus.port import BatchHandler, Envelope
from kontor_chassis.errors import Unavailable

log = structlog.get_logger(__name__)

# Enough to recognise an error by; it also has to fit into a message header beside the others.
_ERROR_LENGTH = 1000
_LONGEST_REST = 5.0


async def hand_over(batch: Sequence[Envelope], handler: BatchHandler, *, queue: str) -> list[Exception | None]:
    """The handler's answer for each message of the batch. Never raises, but for cancellation."""
    try:
        return await _ask(batch, handler, queue=queue)
    except Unavailable as error:
        return [error] * len(batch)
    except Exception as error:
        if len(batch) == 1:
            return [error]
        log.warning("batch_handler_raised", queue=queue, messages=len(batch), error=error_text(error))
        return await _each_alone(batch, handler, queue=queue)


async def _ask(batch: Sequence[Envelope], handler: BatchHandler, *, queue: str) -> list[Exception | None]:
    try:
        answers = list(await handler(batch))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Something that the handler waited for was cancelled, not the handler.
        raise RuntimeError("a call of the handler was cancelled") from error
    if len(answers) != len(batch):
        raise TypeError(f"the handler of {queue} gave {len(answers)} answers for {len(batch)} messages")
    return answers


async def _each_alone(batch: Sequence[Envelope], handler: BatchHandler, *, queue: str) -> list[Exception | None]:
    answers: list[Exception | None] = []
    for message in batch:
        [answer] = await hand_over([message], handler, queue=queue)
        answers.append(answer)
        if isinstance(answer, Unavailable):
            # The next ones would fare no better, and their order is kept this way.
            return answers + [answer] * (len(batch) - len(answers))
    return answers


def error_text(error: Exception) -> str:
    """Class and message, cut, and free of what UTF-8 cannot carry."""
    return f"{type(error).__name__}: {error}"[:_ERROR_LENGTH].encode(errors="replace").decode()


class Rest:
    """The pauses of a queue whose consumer answers Unavailable: 0.2 s, doubled each time up to 5 s, reset by a success."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._times = 0

    async def after(self, answers: Sequence[Exception | None], *, stopping: asyncio.Event) -> None:
        """Wait where a message was answered with Unavailable, but not once `stopping` is set."""
        reasons = [answer for answer in answers if isinstance(answer, Unavailable)]
        if not reasons:
            self._times = 0
            return
        pause = min(_LONGEST_REST, 0.2 * 2**self._times)
        self._times = min(self._times + 1, 10)
        log.warning("queue_rests", queue=self._queue, seconds=pause, error=error_text(reasons[0]))
        await wait_for_event(stopping, timeout=pause)


async def wait_for_event(event: asyncio.Event, *, timeout: float) -> bool:
    """Wait for the event, but not longer than `timeout` seconds; answers whether it is set."""
    try:
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
