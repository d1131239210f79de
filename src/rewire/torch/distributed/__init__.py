"""One wiring on several processes: who decides, what is sent, in which order sums are made."""
