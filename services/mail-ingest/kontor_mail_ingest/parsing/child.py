"""The reading process: takes mails from standard input, answers on standard output, ends when the input does.

Run as `python -I -m kontor_mail_ingest.parsing.child MEMORY CPU MAILS`: bytes of address space, seconds of processor time
for one mail, and how many mails it reads before it gives place to a fresh one. It imports what reading needs and nothing
of the service, opens no file and knows no secret (its environment is empty).
"""

import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import BinaryIO

from kontor_mail_ingest.domain.messages import Unreadable, UnreadableReason
from kontor_mail_ingest.domain.mime import read_mail
from kontor_mail_ingest.parsing.wire import LENGTH, Answer, dump, frame

# A process that has grown so much gives its memory back by ending.
_MOST_RESIDENT = 96 * 1024 * 1024
_NICENESS = 10
_STATM = Path("/proc/self/statm")


def main() -> None:
    memory, cpu, mails = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    source = sys.stdin.buffer
    # Whatever prints must not disturb the frames.
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    limit_process(memory)
    send(target, Answer(None))
    for count in range(1, mails + 1):
        head = source.read(LENGTH)
        if len(head) < LENGTH:
            return
        raw = source.read(int.from_bytes(head, "big"))
        limit_processor_time(cpu)
        answer = answer_to(raw)
        limit_processor_time(0)
        last = answer.last or count == mails or resident_bytes() > _MOST_RESIDENT
        send(target, Answer(answer.result, answer.fault, last))
        if last:
            return


def answer_to(raw: bytes) -> Answer:
    """Read one mail; a failure of the reader itself becomes an answer too."""
    try:
        return Answer(read_mail(raw))
    except MemoryError:
        return Answer(Unreadable(UnreadableReason.MEMORY), last=True)
    except Exception as error:
        # The mail must be kept whatever happens, and the fault be found.
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Answer(Unreadable(UnreadableReason.FAILED), f"{type(error).__name__} in {place.name}, line {place.lineno}")


def limit_process(memory: int) -> None:
    """Memory, no core dumps (they would hold mails), no files to write."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True
    os.nice(_NICENESS)


def limit_processor_time(seconds: float) -> None:
    """From now on; beyond it the process is ended by SIGPROF. (RLIMIT_CPU counts whole seconds of the process's life.)"""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def resident_bytes() -> int:
    """Memory held now; 0 on systems without /proc. (`ru_maxrss` would tell what the parent held when it forked.)"""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def send(target: BinaryIO, answer: Answer) -> None:
    content = dump(answer)
    target.write(frame(content))
    target.write(content)
    target.flush()


if __name__ == "__main__":
    main()
