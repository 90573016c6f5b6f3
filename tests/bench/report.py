"""Results as tables of Markdown, and docs/performance.md kept in step with the results that were kept.

The document's text is written by hand; what stands between its two marks is written here, so that no number is ever typed.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.bench import limits
from tests.bench.cases import CASES
from tests.bench.limits import BEST_PEER, own_processor, verdicts
from tests.bench.measured import Measured, quantile
from tests.bench.results import Results, Subject, load_results

_DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
_KEPT = Path(__file__).parent / "kept"
_BEGIN = "<!-- Written by `python -m tests.bench --save`. -->"
_END = "<!-- End of what is written. -->"

_BASELINE = {"embedded": "bare-sqlite", "split": "bare-postgresql"}
# The kernel's part of the traffic is not anybody's.
_MOST_ELSEWHERE = 0.15
_TITLES = {case.name: case.title for case in CASES} | {"smtp": "mail of 10 KB accepted (20 connections)"}
_NAMES = {
    "embedded": "Embedded: one process, SQLite",
    "split": "Split: a process per service, PostgreSQL, RabbitMQ",
    "bare-sqlite": "Bare baseline on SQLite",
    "bare-postgresql": "Bare baseline on PostgreSQL",
    "postfix": "Postfix, the same mails",
}


def keep(results: Results) -> None:
    """Keep the results of this number of people in place of earlier ones, and write all that are kept into the document."""
    results.save(_KEPT / f"{results.people}.json")
    write_document()


def write_document() -> None:
    kept = sorted((load_results(path) for path in _KEPT.glob("*.json")), key=lambda results: results.people)
    before, begin, rest = _DOCUMENT.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{_DOCUMENT.name} has lost its marks")
    lines = [line for results in kept for line in tables(results)] + list(_growth(kept))
    _DOCUMENT.write_text("\n".join([before + _BEGIN, "", *lines, _END]) + after)


def tables(results: Results) -> list[str]:
    """One run."""
    about = ", ".join(f"{name}: {value}" for name, value in results.machine.items())
    lines = [f"## {results.people:,} people", "", f"{results.connections} connections, {results.seconds:g} s per case. {about}.", ""]
    lines += [f"Not measured: {reason}." for reason in results.missing]
    for name, subject in results.subjects.items():
        lines += [f"### {_NAMES[name]}", ""]
        lines += _requests(results, name, subject)
        lines += _other(results, name, subject)
    return lines


def _requests(results: Results, name: str, subject: Subject) -> Iterator[str]:
    if not subject.cases:
        return
    rows = [_request_row(results, case, name) for case in _TITLES if case in subject.cases]
    yield from _table(
        [
            "case",
            "requests/s",
            "p50 · p95 · p99 ms",
            "alone p50 · p95 ms",
            "processor ms per request",
            "of bare",
            "best peer",
            "goal",
            "errors",
        ],
        rows,
    )
    taken = [found.client for found in subject.cases.values()]
    yield f"Load generator: {min(taken):.2f} to {max(taken):.2f} ms per request. {_busy(subject)}"
    yield ""


def _busy(subject: Subject) -> str:
    elsewhere = max(found.elsewhere for found in subject.cases.values())
    if elsewhere < _MOST_ELSEWHERE:
        return "The machine had nothing else to do."
    return f"**Up to {elsewhere:.1f} processors were busy with something else: only the processor times are comparable.**"


def _request_row(results: Results, case: str, name: str) -> list[str]:
    subject, baseline = results.subjects[name], results.subjects.get(_BASELINE.get(name, ""))
    found = subject.cases[case]
    alone = subject.alone.get(case)
    bare = baseline.cases.get(case) if baseline else None
    peer = BEST_PEER.get(case)
    judged = verdicts(case, name, found, alone) or _smtp_verdict(results, case, name)
    return [
        _TITLES[case],
        f"{found.per_second:,.0f}",
        f"{found.p50:.1f} · {found.p95:.1f} · {found.p99:.1f}",
        f"{alone.p50:.1f} · {alone.p95:.1f}" if alone else "",
        _processor(found),
        f"{found.per_second / bare.per_second:.2f}× ({bare.per_second:,.0f})" if bare else "",
        f"{found.per_second / peer.per_second:.1f}× ({peer.name}, {peer.per_second:.0f})" if peer else "",
        "; ".join(_said(*verdict) for verdict in judged),
        ", ".join(f"{count} × {status}" for status, count in found.errors.items()) or "0",
    ]


def _smtp_verdict(results: Results, case: str, name: str) -> list[tuple[str, bool]]:
    if case != "smtp" or name not in _BASELINE or "postfix" not in results.subjects:
        return []
    return [("≥ Postfix", results.subjects[name].cases[case].per_second >= results.subjects["postfix"].cases[case].per_second)]


def _processor(found: Measured) -> str:
    """The largest first; what takes next to nothing is summed up."""
    ordered = sorted(found.processor.items(), key=lambda item: -item[1])
    named = [f"{name} {used:.2f}" for name, used in ordered if used >= 0.02]
    rest = sum(used for _, used in ordered if used < 0.02)
    total = [f"all own {own_processor(found):.2f}"] if len(ordered) > 1 else []
    return ", ".join([*named, *([f"others {rest:.2f}"] if rest >= 0.01 else []), *total])


def _other(results: Results, name: str, subject: Subject) -> Iterator[str]:
    rows = [*_waits(name, subject), *_starts(name, subject), *_memory(name, subject)]
    if subject.reindex_seconds:
        speed = subject.reindexed_documents / subject.reindex_seconds
        rows.append(
            ["search index built anew", f"{subject.reindexed_documents:,} documents in {subject.reindex_seconds:.1f} s, {speed:,.0f}/s", ""]
        )
    if subject.mail_backlog_seconds:
        rows.append(["mails of the SMTP case read and filed", f"{subject.mail_backlog_seconds:.0f} s after the last one", ""])
    rows += _background(results, subject)
    if rows:
        yield from _table(["what", "measured", "goal"], rows)


def _background(results: Results, subject: Subject) -> Iterator[list[str]]:
    if subject.scan_seconds:
        speed = results.people / subject.scan_seconds
        yield ["duplicates of all", f"{subject.scan_seconds:.0f} s, {speed:,.0f} people/s, {subject.scan_found:,} pairs", ""]
    if subject.bulk_seconds:
        speed = subject.bulk_records / subject.bulk_seconds
        yield ["tag in bulk", f"{subject.bulk_records:,} people in {subject.bulk_seconds:.0f} s, {speed:,.0f}/s", ""]
        idle, during = subject.alone["update-idle"].p95, subject.alone["update-bulk"].p95
        said = _said(f"≤ {limits.DURING_BULK:g}×", during <= limits.DURING_BULK * idle)
        yield ["single changes meanwhile, p95", f"{during:.1f} ms, without it {idle:.1f} ms: {during / idle:.1f}×", said]


def _waits(name: str, subject: Subject) -> Iterator[list[str]]:
    for title, waits, goals in (
        ("from 250 until the mail is on the timeline", subject.mail_on_timeline, limits.MAIL_ON_TIMELINE_P95),
        ("from 201 until search finds the person", subject.found_by_search, limits.FOUND_P95),
    ):
        if waits:
            ordered = sorted(waits)
            p95 = quantile(ordered, 0.95)
            said = _said(f"p95 ≤ {goals[name] * 1000:.0f} ms", p95 <= goals[name])
            yield [title, f"p50 {quantile(ordered, 0.5) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms", said]


def _starts(name: str, subject: Subject) -> Iterator[list[str]]:
    for title, starts in (("first start, to ready", subject.first_start), ("later start, to ready", subject.later_start)):
        if starts:
            slowest = max(starts.values())
            said = _said(f"≤ {limits.START_SECONDS:g} s", slowest <= limits.START_SECONDS)
            yield [title, ", ".join(f"{process} {took:.1f} s" for process, took in starts.items()), said]


def _memory(name: str, subject: Subject) -> Iterator[list[str]]:
    for title, memory in (("idle memory (PSS)", subject.idle_memory), ("memory after all cases (PSS)", subject.memory)):
        if memory:
            own = {process: size for process, size in memory.items() if process not in limits.BACKENDS}
            most = limits.IDLE_BYTES.get(name)
            said = _said(f"≤ {most / 1e6:.0f} MB each", max(own.values()) <= most) if most and memory is subject.idle_memory else ""
            yield [title, ", ".join(f"{process} {size / 1e6:.0f} MB" for process, size in memory.items()), said]


def _growth(kept: Sequence[Results]) -> Iterator[str]:
    """The smallest and the largest number of people beside each other."""
    if len(kept) < 2:
        return
    small, large = kept[0], kept[-1]
    rows = []
    for profile in ("embedded", "split"):
        for case in ("read", "list", "filtered", "timeline", "search"):
            pair = [results.subjects[profile].cases.get(case) for results in (small, large) if profile in results.subjects]
            few, many = pair if len(pair) == 2 else (None, None)
            if few and many:
                ratio = many.p95 / few.p95
                rows.append(
                    [f"{profile}: {_TITLES[case]}", f"{few.p95:.1f} ms", f"{many.p95:.1f} ms", f"{ratio:.2f}×", _growth_goal(case, ratio)]
                )
    yield "## Growth"
    yield ""
    yield from _table(["p95", f"{small.people:,} people", f"{large.people:,} people", "ratio", "goal"], rows)


def _growth_goal(case: str, ratio: float) -> str:
    return _said(f"≤ {limits.GROWTH}×", ratio <= limits.GROWTH) if case != "search" else ""


def _said(goal: str, reached: bool) -> str:
    return f"{goal}: {'reached' if reached else '**missed**'}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
