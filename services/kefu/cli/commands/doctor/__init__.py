"""The checks of `kefu doctor`: this machine, its language model, and the keys of a suite that runs."""
