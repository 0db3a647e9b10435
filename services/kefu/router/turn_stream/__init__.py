"""The event stream of one turn: event log, subscribers, replay."""
