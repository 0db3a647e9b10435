"""
What customers notice when something breaks: real processes on this machine, continuous load, one fault after another.

    injections  the faults
    fakes       a replica that only fails, a connection that stalls
    runner      one fault from beginning to end
    drain       a process that is asked to end, seen from outside
    recovery    time until the figures are back at those without a fault
    report      rows, their targets, and the printed table

The suite and its customers are in loadtest.bench.
"""
