"""Golden questions: questions whose answers must stay right, how answers are judged, and the runs over them."""
