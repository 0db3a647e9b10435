"""Quality over many questions: clarification, clustering, prompt injections, literals."""
