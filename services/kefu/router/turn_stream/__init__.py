"""The events of a turn: event log, subscribers, replay."""
