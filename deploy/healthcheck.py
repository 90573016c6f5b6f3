"""Whether the process in this container is ready; status 0 where it is.

It asks `/readyz` on the ports that listen: health of a service (KONTOR_HEALTH_PORT), HTTP of the gateway or the whole suite
(KONTOR_HTTP_PORT). Every one that listens must say yes, and one must listen. Standard library only: it runs every few seconds.
"""

import http.client
import os
import sys

_SECONDS = 4.0


def answer(port: int) -> tuple[int, str] | None:
    """Status and body of /readyz; None where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error)
    finally:
        connection.close()


def main() -> int:
    ports = [int(os.environ.get(name, default)) for name, default in (("KONTOR_HEALTH_PORT", "8081"), ("KONTOR_HTTP_PORT", "8080"))]
    answers = {port: found for port in ports if (found := answer(port)) is not None}
    if not answers:
        sys.stdout.write(f"nobody listens on {' or '.join(map(str, ports))}\n")
    for port, (status, body) in answers.items():
        sys.stdout.write(f"{port}: {status or 'no answer'} {body}\n")
    return 0 if answers and all(status == 200 for status, _ in answers.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
