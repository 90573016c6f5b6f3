"""A process that serves health over gRPC on a free port, which it prints; for tests that stop it."""

import asyncio

from kontor_chassis.rpc.grpc_server import GrpcServer


async def serve() -> None:
    server = GrpcServer([], "127.0.0.1:0")
    await server.start()
    await server.set_serving(True)
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
