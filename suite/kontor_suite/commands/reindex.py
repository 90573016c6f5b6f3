"""Building the search index anew."""

import click

from kontor.search.v1 import search_pb2
from kontor_chassis.settings import Settings
from kontor_suite.operator import complete, operator

# Rebuilding reads every record of every account.
_SECONDS = 6 * 3600.0


@click.command()
def reindex() -> None:
    """Build the search index anew from the owners; search goes on meanwhile. The suite must be running."""

    async def work(settings: Settings) -> search_pb2.RebuildResponse:
        async with operator(settings) as us:
            request = search_pb2.RebuildRequest()
            answer = search_pb2.RebuildResponse
            return await us.call("search", "SearchService/Rebuild", request, answer, scopes=["search.admin"], seconds=_SECONDS)

    done = complete(work)
    click.echo(f"{done.document_count} documents of {done.account_count} accounts")
