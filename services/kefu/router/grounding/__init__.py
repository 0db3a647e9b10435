"""How far an answer rests on passages: overlap, attribution, evidence, the best sentences."""
