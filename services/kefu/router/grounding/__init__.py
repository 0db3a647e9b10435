"""How far an answer rests on passages: overlap, attribution, quotation, the best sentences."""
