"""The blob port: bytes under a key. Adapter: `disk` (object storage follows)."""

from typing import Protocol


class Blobs(Protocol):
    """Keys are made by us (`raw/<account>/<id>`), never by users. All methods block; call them from a worker thread."""

    def put(self, key: str, content: bytes) -> None:
        """Store durably: when this returns the bytes survive a power cut. Putting a key again replaces it.

        Raises Unavailable where they cannot be stored (disk full, storage away); then nothing is left under the key.
        """

    def get(self, key: str) -> bytes:
        """Raises NotFound."""

    def delete(self, key: str) -> None:
        """Deleting what does not exist is no error."""
