"""Where files are kept, and that readiness looks at what the process writes to."""

from pathlib import Path

import pytest

from kontor_chassis.settings import Settings, WrongSetting
from kontor_suite.profiles import Embedded, Split, make_blobs
from tests.backend_servers import free_port


async def test_the_embedded_suite_needs_room_for_data_and_for_files(tmp_path: Path) -> None:
    files = tmp_path / "elsewhere"
    settings = Settings(data_dir=tmp_path / "data", blob_url=f"file://{files}", http_port=0, smtp_port=0, least_free_bytes=10**18)
    suite = Embedded(settings)
    checks = await suite.readiness()
    await suite.stop()
    # Neither exists yet: it would be made here.
    assert checks["disk.data"].startswith(f"{tmp_path / 'data'} has ")
    assert checks["files"].startswith(f"{tmp_path} has ")


async def test_a_process_that_was_told_of_no_store_does_not_look_at_one(tmp_path: Path) -> None:
    gateway = Split(Settings(data_dir=tmp_path, http_port=0), ["gateway"])
    assert [name for name in await gateway.readiness() if name == "files"] == []
    await gateway.stop()


async def test_a_bucket_that_is_away_is_told_by_readiness_of_both_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "kontor")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = f"s3://kontor-files/mails?endpoint=http://127.0.0.1:{free_port()}"
    suite = Embedded(Settings(data_dir=tmp_path, blob_url=url, http_port=0, smtp_port=0, least_free_bytes=0))
    assert (await suite.readiness())["files"].startswith("the object store of the bucket kontor-files does not answer")
    await suite.stop()
    process = Split(Settings(data_dir=tmp_path, blob_url=url, http_port=0), ["gateway"])
    assert (await process.readiness())["files"].startswith("the object store of the bucket kontor-files does not answer")
    await process.stop()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://files", "KONTOR_BLOB_URL: begins with file:/// .* or s3://"),
        ("file://files", "KONTOR_BLOB_URL: begins with file:///"),
        ("s3://", "KONTOR_BLOB_URL: .* name of a bucket"),
        ("s3://files?endpoint=nowhere", "KONTOR_BLOB_URL: endpoint is"),
    ],
)
def test_an_address_of_files_that_is_wrong_is_a_wrong_setting(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(WrongSetting, match=message):
        make_blobs(Settings(data_dir=tmp_path, blob_url=url))
