"""The HTTP gateway: browsers, Connect and gRPC-Web clients, and OpenAI clients."""
