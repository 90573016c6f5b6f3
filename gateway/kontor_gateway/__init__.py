"""HTTP in front of the services: authenticates, translates, limits, streams. It owns no data.

`app.create_app` makes the ASGI application, `settings.GatewaySettings` are its knobs.
"""
