"""Repetition detector: tells when a model writes the same again and again, which it would do until its cap."""

_SHORTEST_PATTERN = 3  # patterns of two tokens make up rules of tables
_LONGEST_PATTERN = 64
_TIMES = 6


class RepetitionDetector:
    """Watches token ids for a pattern of 3 to 64 tokens that was written six times in a row.

    For each length it counts how long every token has equalled the one so many before it: constant work for a token.
    """

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._runs = [0] * (_LONGEST_PATTERN + 1)

    def push(self, token_id: int) -> bool:
        """Take the next token; whether the pattern is complete for the sixth time."""
        tokens, runs = self._tokens, self._runs
        tokens.append(token_id)
        if len(tokens) > 2 * _LONGEST_PATTERN:
            del tokens[:_LONGEST_PATTERN]
        repeats = False
        for length in range(_SHORTEST_PATTERN, min(_LONGEST_PATTERN, len(tokens) - 1) + 1):
            if tokens[-1 - length] == token_id:
                runs[length] += 1
                repeats = repeats or runs[length] >= length * (_TIMES - 1)
            else:
                runs[length] = 0
        return repeats
