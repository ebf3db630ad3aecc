"""The edge: HTTP clients with their guards and limits. The only part that opens sockets."""
