"""The exam: what a model may do is found out, not listed. Its marks name the answer profile (`marks.py`)."""
