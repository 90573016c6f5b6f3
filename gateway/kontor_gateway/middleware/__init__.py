"""The layers around the routes, pure ASGI, from the outside in: observation, security headers, problems, deadline, body limit."""
