"""Readiness looks at the disks that the process writes to."""

from pathlib import Path

from kontor_chassis.settings import Settings
from kontor_suite.profiles import Embedded, Split, blob_folder, storage_states


async def test_each_folder_is_told_by_its_name(tmp_path: Path) -> None:
    roomy, narrow = (Settings(data_dir=tmp_path, least_free_bytes=least) for least in (0, 10**18))
    assert await storage_states({"disk.data": tmp_path, "disk.files": blob_folder(roomy)}, roomy) == {"disk.data": "ok", "disk.files": "ok"}
    states = await storage_states({"disk.data": tmp_path}, narrow)
    assert "MB left" in states["disk.data"]


async def test_the_embedded_suite_needs_room_for_data_and_for_files(tmp_path: Path) -> None:
    files = tmp_path / "elsewhere"
    settings = Settings(data_dir=tmp_path / "data", blob_url=f"file://{files}", http_port=0, smtp_port=0, least_free_bytes=10**18)
    suite = Embedded(settings)
    checks = await suite.readiness()
    await suite.stop()
    # Neither exists yet: it would be made here.
    assert checks["disk.data"].startswith(f"{tmp_path / 'data'} has ")
    assert checks["disk.files"].startswith(f"{tmp_path} has ")


async def test_a_process_that_keeps_no_files_itself_has_no_disk(tmp_path: Path) -> None:
    gateway = Split(Settings(data_dir=tmp_path, http_port=0), ["gateway"])
    assert [name for name in await gateway.readiness() if name.startswith("disk.")] == []
    await gateway.stop()
