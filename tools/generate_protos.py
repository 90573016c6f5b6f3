"""Write protos/gen from protos/kontor; `--check` fails where they are out of step.

The generated tree is committed so that `make run` needs no compiler for protocol buffers. Beside the Python code it holds
`descriptors.binpb`, the descriptor set with the comments of the sources: the OpenAPI document takes its prose from there.
"""

import filecmp
import importlib.resources
import shutil
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent.parent / "protos"
DESCRIPTORS = "kontor/descriptors.binpb"


def generate(target: Path) -> None:
    """Run protoc over all of protos/kontor into `target`; exits with protoc's own message where it refuses."""
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    google = Path(next(iter(__import__("google.api").__path__))).parent
    (target / "kontor").mkdir(parents=True, exist_ok=True)
    status = protoc.main(
        [
            "protoc",
            f"-I{PROTOS}",
            f"-I{well_known}",
            f"-I{google}",
            f"--python_out={target}",
            f"--mypy_out=quiet:{target}",
            f"--grpc_python_out={target}",
            f"--descriptor_set_out={target / DESCRIPTORS}",
            "--include_imports",
            "--include_source_info",
            *sorted(str(path) for path in (PROTOS / "kontor").rglob("*.proto")),
        ]
    )
    if status != 0:
        sys.exit(status)
    (target / "kontor" / "py.typed").touch()


def differences(one: Path, other: Path) -> list[str]:
    """Relative names of the files that differ or stand on one side only."""
    names = {str(p.relative_to(root)) for root in (one, other) for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    return sorted(
        name
        for name in names
        if not ((one / name).exists() and (other / name).exists() and filecmp.cmp(one / name, other / name, shallow=False))
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        committed = PROTOS / "gen"
        if "--check" in sys.argv:
            stale = differences(fresh, committed)
            if stale:
                sys.exit("protos/gen is out of step, run `make protos`: " + ", ".join(stale))
            return
        shutil.rmtree(committed, ignore_errors=True)
        shutil.copytree(fresh, committed)


if __name__ == "__main__":
    main()
