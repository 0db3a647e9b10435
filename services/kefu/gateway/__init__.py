"""The HTTP edge: browsers and OpenAI clients."""
