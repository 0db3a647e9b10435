"""The events of a turn: their log, its subscribers, replay."""
