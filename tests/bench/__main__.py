"""`make bench`, or `python -m tests.bench --help`: measures, and judges nothing but against the goals in limits.py."""

import argparse
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests import backends
from tests.backend_servers import temporary_folder
from tests.bench import report
from tests.bench.background import measure_bulk, measure_scan
from tests.bench.cases import CASES
from tests.bench.loading import load
from tests.bench.measuring import Plan, measure_cases, measure_finding, measure_mail, measure_smtp, rebuild_index
from tests.bench.postfix import postfix_target
from tests.bench.processes import proportional_bytes
from tests.bench.results import Results, Subject, machine
from tests.bench.targets import backend_pids, bare_target, suite_target
from tests.bench.world import World
from tests.suite_processes import KONTOR, Installation, embedded, split

PROFILES = ("embedded", "split", "bare")
CASE_NAMES = (*(case.name for case in CASES), "mail", "smtp", "found", "memory", "bulk", "scan")
_IDLE_SECONDS = 10
_LOADED = ("identity", "contacts", "tasks", "mail-ingest")


def main() -> None:
    options = _options()
    results = Results(options.people, options.seconds, options.connections, machine())
    try:
        with temporary_folder() as folder:
            plan = Plan(options.people, options.cases, options.seconds, options.connections, folder, options.sample)
            _run(results, plan, options.profiles)
    finally:
        # Also what was measured before something went wrong.
        print("\n" + "\n".join(report.tables(results)))
        if options.json:
            results.save(options.json)
    if options.save:
        report.keep(results)


def _run(results: Results, plan: Plan, profiles: list[str]) -> None:
    if "embedded" in profiles or "split" not in profiles:
        _embedded(results, plan, profiles)
    if "split" in profiles:
        _split(results, plan, profiles)
    if "smtp" in plan.cases:
        _postfix(results, plan)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--profiles", type=names, default=list(PROFILES), help="of " + ",".join(PROFILES))
    parser.add_argument("--cases", type=names, default=list(CASE_NAMES), help="of " + ",".join(CASE_NAMES))
    parser.add_argument("--seconds", type=float, default=10.0, help="per case, after its warm-up")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    parser.add_argument("--sample", type=Path, help="let Kontor's processes sample their stacks into this folder; slows them down")
    parser.add_argument("--save", action="store_true", help="keep the results, and bring docs/performance.md up to date")
    options = parser.parse_args()
    for given, known in ((options.profiles, PROFILES), (options.cases, CASE_NAMES)):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


def _embedded(results: Results, plan: Plan, profiles: list[str]) -> None:
    installation = embedded(plan.folder / "embedded")
    print("embedded: one process, SQLite", flush=True)
    subject = Subject()
    subject.first_start = _start(installation)
    installation.stop()
    world = _load(subject, installation, plan)
    copies = {name: str(_copy_file(installation, name, plan.folder)) for name in ("contacts", "tasks") if "bare" in profiles}
    if "embedded" in profiles:
        results.subjects["embedded"] = subject
        _measure_suite(subject, installation, world, plan, {})
    if "bare" in profiles:
        _measure_bare(results, "sqlite", world, plan, copies, {})


def _split(results: Results, plan: Plan, profiles: list[str]) -> None:
    with ExitStack() as stack:
        try:
            postgres, rabbit = stack.enter_context(backends.postgres()), stack.enter_context(backends.rabbitmq())
        except backends.BackendMissing as error:
            results.missing.append(str(error))
            return
        try:
            search: backends.Meilisearch | None = stack.enter_context(backends.meilisearch())
        except backends.BackendMissing as error:
            results.missing.append(f"{error}; the split profile ran on the embedded index")
            search = None
        print("split: a process per service, PostgreSQL, RabbitMQ, " + ("Meilisearch" if search else "the embedded index"), flush=True)
        pids = backend_pids(PostgreSQL=postgres.server, RabbitMQ=rabbit.server, Meilisearch=search.server if search else None)
        installation = split(plan.folder / "split", postgres=postgres, bus_url=rabbit.url, search=search)
        subject = Subject()
        subject.first_start = _start(installation)
        installation.stop()
        world = _load(subject, installation, plan)
        with _copied_databases(postgres, installation) as copies:
            results.subjects["split"] = subject
            _measure_suite(subject, installation, world, plan, pids)
            if "bare" in profiles:
                _measure_bare(results, "postgresql", world, plan, copies, {name: pids[name] for name in pids if name == "PostgreSQL"})


def _postfix(results: Results, plan: Plan) -> None:
    try:
        with postfix_target() as target:
            print("postfix: the same mails", flush=True)
            found = measure_smtp(target, plan, recipient="drop@bench.example", to=["anna@example.com"])
    except backends.BackendMissing as error:
        results.missing.append(str(error))
        return
    results.subjects["postfix"] = Subject(cases={"smtp": found})


def _measure_suite(subject: Subject, installation: Installation, world: World, plan: Plan, backend: Mapping[str, int]) -> None:
    if plan.sample:
        plan = replace(plan, samples=_let_sample(installation, plan.sample.resolve()))
    subject.later_start = _start(installation)
    try:
        target = suite_target(installation, backend)
        if "memory" in plan.cases:
            time.sleep(_IDLE_SECONDS)
            subject.idle_memory = proportional_bytes(target.watch)
        if {"search", "found"} & set(plan.cases):
            rebuild_index(subject, installation)
        target.settle()
        measure_cases(subject, target, world, plan, bare=False)
        if "found" in plan.cases:
            measure_finding(subject, target)
        measure_mail(subject, target, world, plan)
        if "bulk" in plan.cases:
            measure_bulk(subject, target, world, plan)
        if "scan" in plan.cases:
            measure_scan(subject, target)
        subject.memory = proportional_bytes(target.watch)
    finally:
        installation.stop()


def _let_sample(installation: Installation, folder: Path) -> list[Path]:
    """Have each process start with a sampler; answers the folders that they watch."""
    folders = []
    for name, process in installation.processes.items():
        own = folder / name
        own.mkdir(parents=True, exist_ok=True)
        folders.append(own)
        arguments = process.command[len(KONTOR) :]
        process.command = [sys.executable, "-m", "tests.bench.sampled", str(own), *arguments]
        process.environment = {**process.environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    return folders


def _measure_bare(results: Results, name: str, world: World, plan: Plan, copies: Mapping[str, str], backend: Mapping[str, int]) -> None:
    print(f"bare: the same SQL without Kontor, {name}", flush=True)
    subject = results.subjects[f"bare-{name}"] = Subject()
    folder = plan.folder / f"bare-{name}"
    with bare_target(world, contacts=copies["contacts"], tasks=copies["tasks"], folder=folder, backends=backend) as target:
        measure_cases(subject, target, world, plan, bare=True)
        subject.memory = proportional_bytes(target.watch)


def _start(installation: Installation) -> dict[str, float]:
    """One after the other, as if each had the machine for itself; answers how long each took until it was ready."""
    took = {}
    for name, process in installation.processes.items():
        began = time.perf_counter()
        process.start()
        took[name] = time.perf_counter() - began
    return took


def _load(subject: Subject, installation: Installation, plan: Plan) -> World:
    began = time.perf_counter()
    people = plan.people
    world = load({name: installation.settings.database_url_of(name) for name in _LOADED}, people)
    subject.load_seconds = time.perf_counter() - began
    print(f"  loaded {people} people in {subject.load_seconds:.1f} s", flush=True)
    return world


def _copy_file(installation: Installation, name: str, folder: Path) -> Path:
    source = urlsplit(installation.settings.database_url_of(name)).path[1:]
    copy = folder / f"bare-{name}.db"
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(copy)) as duplicate:
        original.backup(duplicate)
    return copy


@contextmanager
def _copied_databases(postgres: backends.Postgres, installation: Installation) -> Iterator[dict[str, str]]:
    """Copies of two databases for the baseline, which uses them as a superuser, whom row-level security does not concern."""
    address = urlsplit(postgres.admin_url)
    urls = {}
    names = []
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        for service in ("contacts", "tasks"):
            original = urlsplit(installation.settings.database_url_of(service)).path[1:]
            name = f"bare_{service}_{secrets.token_hex(4)}"
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(original)))
            names.append(name)
            urls[service] = urlunsplit(address._replace(path=f"/{name}"))
    try:
        yield urls
    finally:
        with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
            for name in names:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    main()
