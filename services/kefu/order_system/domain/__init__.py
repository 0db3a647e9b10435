"""
Orders, customers and products, and what may be done with them. Nothing here does input or output.

The rules are those of tau-bench's retail domain (Sierra Research, MIT licence): which order may be changed, what is
checked in which order, and the state afterwards. Four things are our own. A cancelled order gives back what was paid
and not refunded yet: tau-bench gives back every entry of the history, refunds too, so that a customer who changed the
payment method is paid twice. Items are replaced by their place in the order. A product may have a return fee, and an
order a delivery fee. An order of another customer is not found.
"""
