"""Runs the cases against a target."""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from kontor.search.v1 import search_pb2
from kontor_suite.operator import operator
from tests.bench import http_load, smtp_load
from tests.bench.cases import CASES
from tests.bench.measured import Measured
from tests.bench.results import Subject
from tests.bench.sampled import sampling
from tests.bench.targets import Target
from tests.bench.world import World
from tests.suite_clients import Person
from tests.suite_processes import OWNER_EMAIL, Installation

SMTP_CONNECTIONS = 20
_ROOT = Path(__file__).parents[2]
_ALONE_SECONDS = 0.4
_TRIES = 40
_POLL_SECONDS = 0.005
_PATIENCE_SECONDS = 60.0
_REBUILD_SECONDS = 3600.0


@dataclass(frozen=True)
class Plan:
    people: int
    cases: Collection[str]
    seconds: float
    connections: int
    # Where the load generator finds the world.
    folder: Path
    # Where processes leave what they sampled; None: they do not.
    sample: Path | None = None
    # The folders below it, one per running process.
    samples: Sequence[Path] = ()


def measure_cases(subject: Subject, target: Target, world: World, plan: Plan, *, bare: bool) -> None:
    """Every case over HTTP, with many connections and with one; waits in between until the work that it left is done."""
    if "timeline" in plan.cases:
        world = replace(world, timeline_tokens=_timeline_tokens(target, world))
    path = _saved(world, plan)
    for case in CASES:
        if case.name not in plan.cases or (bare and not case.bare):
            continue
        job = _alone(case.name, target, path, seconds=max(1.0, plan.seconds * _ALONE_SECONDS))
        subject.alone[case.name] = _run("tests.bench.http_load", job)
        target.settle()
        many = replace(job, connections=plan.connections, warm_up=1.5, seconds=plan.seconds)
        with sampling(() if bare else plan.samples, case.name):
            subject.cases[case.name] = _run("tests.bench.http_load", many)
        _tell(case.title, subject.cases[case.name])
        target.settle()


def measure_update(target: Target, world: World, plan: Plan) -> Measured:
    """Changes of one person after the other, with one connection."""
    return _run("tests.bench.http_load", _alone("update", target, _saved(world, plan), seconds=plan.seconds))


def _saved(world: World, plan: Plan) -> Path:
    path = plan.folder / f"world-{secrets.token_hex(4)}.json"
    world.save(path)
    return path


def _alone(case: str, target: Target, world: Path, *, seconds: float) -> http_load.Job:
    """One request after the other."""
    return http_load.Job(
        case=case,
        host=target.host,
        port=target.port,
        token=target.token,
        world=str(world),
        connections=1,
        warm_up=0.5,
        seconds=seconds,
        watch=target.watch,
    )


def measure_mail(subject: Subject, target: Target, world: World, plan: Plan) -> None:
    """Mails as fast as they are taken, then single ones until they stand on their timeline."""
    assert target.owner is not None
    dropbox = target.owner.dropbox()
    people = [(person_id, address) for person_id, address in world.emails.items() if person_id != world.busy_person_id]
    if "mail" in plan.cases:
        subject.mail_on_timeline = asyncio.run(_mails_on_timeline(target, target.owner, dropbox, people[:_TRIES]))
        _say(f"a mail is on the timeline after {_ordered(subject.mail_on_timeline)}")
    if "smtp" in plan.cases:
        subject.cases["smtp"] = measure_smtp(target, plan, recipient=dropbox, to=[address for _, address in people])
        subject.mail_backlog_seconds = target.settle()


def measure_smtp(target: Target, plan: Plan, *, recipient: str, to: Sequence[str]) -> Measured:
    job = smtp_load.Job(
        host=target.host,
        port=target.smtp_port,
        sender=OWNER_EMAIL,
        recipient=recipient,
        to=to,
        connections=SMTP_CONNECTIONS,
        warm_up=1.0,
        seconds=plan.seconds,
        watch=target.watch,
    )
    with sampling(plan.samples, "smtp"):
        found = _run("tests.bench.smtp_load", job)
    _tell("mail of 10 KB accepted", found)
    return found


def measure_finding(subject: Subject, target: Target) -> None:
    """From the answer to a new person until a search finds them."""
    assert target.owner is not None
    for _ in range(_TRIES):
        name = f"Fund{secrets.token_hex(5)}"
        target.owner.post("/v1/persons", {"last_name": name})
        began = time.perf_counter()
        _until_found(target.owner, name, began)
        subject.found_by_search.append(time.perf_counter() - began)
    _say(f"a new person is found after {_ordered(subject.found_by_search)}")


def rebuild_index(subject: Subject, installation: Installation) -> None:
    """As `kontor reindex` does."""

    async def work() -> search_pb2.RebuildResponse:
        async with operator(installation.settings, "search") as us:
            request, answer = search_pb2.RebuildRequest(), search_pb2.RebuildResponse
            return await us.call("search", "SearchService/Rebuild", request, answer, scopes=["search.admin"], seconds=_REBUILD_SECONDS)

    began = time.perf_counter()
    subject.reindexed_documents = asyncio.run(work()).document_count
    subject.reindex_seconds = time.perf_counter() - began
    _say(f"reindexed {subject.reindexed_documents} documents in {subject.reindex_seconds:.1f} s")


def _run(module: str, job: Any) -> Measured:
    ran = subprocess.run(
        [sys.executable, "-m", module], input=json.dumps(asdict(job)), cwd=_ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    found = Measured(**json.loads(ran.stdout)) if ran.returncode == 0 else None
    if found is None or not found.requests:
        raise RuntimeError(f"{module} measured nothing: {found} {ran.stderr}")
    return found


def _timeline_tokens(target: Target, world: World) -> list[str]:
    tokens: list[str] = []
    headers = {"Authorization": f"Bearer {target.token}"}
    with httpx.Client(base_url=f"http://{target.host}:{target.port}", headers=headers, timeout=30) as client:
        query = {"subject": f"persons/{world.busy_person_id}", "page_size": "50"}
        while True:
            page = client.get("/v1/timeline", params=query | ({"page_token": tokens[-1]} if tokens else {})).raise_for_status().json()
            if not page["next_page_token"]:
                return tokens
            tokens.append(page["next_page_token"])


async def _mails_on_timeline(target: Target, owner: Person, dropbox: str, people: Collection[tuple[str, str]]) -> list[float]:
    client = await smtp_load.SmtpClient.open(target.host, target.smtp_port)
    waits = []
    for person_id, address in people:
        content = smtp_load.mail(sender=OWNER_EMAIL, to=address, message_id=secrets.token_hex(8))
        await client.send(sender=OWNER_EMAIL, recipient=dropbox, content=content)
        began = time.perf_counter()
        while not owner.get("/v1/timeline", subject=f"persons/{person_id}", page_size=1, kind="email")["entries"]:
            await asyncio.sleep(_POLL_SECONDS)
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise TimeoutError(f"the mail to {address} did not turn up")
        waits.append(time.perf_counter() - began)
    client.close()
    return waits


def _until_found(owner: Person, name: str, began: float) -> None:
    while not owner.get("/v1/search", q=name)["hits"]:
        time.sleep(_POLL_SECONDS)
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise TimeoutError(f"{name} was not found")


def _ordered(waits: list[float]) -> str:
    ordered = sorted(waits)
    return f"{ordered[len(ordered) // 2] * 1000:.0f} ms (p50), {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms (p95)"


def _tell(title: str, found: Measured) -> None:
    processor = ", ".join(f"{name} {used:.2f}" for name, used in found.processor.items() if used >= 0.005)
    errors = f"  ERRORS {found.errors}" if found.errors else ""
    _say(
        f"{title:<36} {found.per_second:8.0f}/s  p50 {found.p50:6.1f}  p95 {found.p95:6.1f}  p99 {found.p99:6.1f} ms  ({processor}){errors}"
    )


def _say(line: str) -> None:
    print(f"  {line}", flush=True)
