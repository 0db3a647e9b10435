"""
What customers notice when something breaks: real processes on this machine, continuous load, one fault after another.

    process     one process: started, killed, stopped, frozen, started again
    bench       all of them, with their knowledge imported
    front_door  nginx before the routers
    customers   conversations that take up what broke, as a well-written client does
    records     what became of each turn, and how its text differs from what it should be
    recovery    when the figures were back at those without a fault
    stand_ins   a replica that only fails, a connection that stalls: named stand-ins
    metrics     what a process says of itself
    drain       how a process left that was asked to
    injections  the faults
    run         one fault from beginning to end
    table       rows, their targets, and how they are printed
"""
