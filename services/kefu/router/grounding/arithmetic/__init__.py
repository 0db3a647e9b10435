"""
Arithmetic over evidence: what stands in question and pieces as figures, and the rules that compute with them.

    figure                          a number of a text, with what it counts
    facts, turn                     what the evidence says once each; all of them with the question
    bounds                          what is said to be the least or the most
    rates, points, shares, limits   the rules: each reads a turn and gives candidates
    certainty                       of the candidates the one that nothing speaks against

`kefu.router.grounding.calculation` puts them together.
"""
