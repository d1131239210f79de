"""Sessions and commands that several tests use."""

from hypothesis import strategies as st

from rewire.playground import ArrayEngine, Session
from rewire.playground.commands import CommandError

SMALL = (
    {"do": "data", "name": "moons", "samples": 20},
    {"do": "network", "layers": [5, 4], "density": 0.5, "seed": 3},
    {"do": "learning_rate", "value": 0.2},
    {"do": "method", "name": "rigl", "interval": 4, "until": 40},
)


def begin(commands=SMALL):
    return Session(ArrayEngine(), commands)


def bits(session):
    """Return everything that later steps depend on, as bytes."""
    found = []
    for lane in session.lanes:
        state = lane.state()
        table = state["net"].connections
        columns = {**table.data, "target": table.target, "neurons": state["net"].bias}
        found += [(name, column.tobytes()) for name, column in sorted(columns.items())]
        found += [repr(state["rewirer"]), state["steps"], state["optimizer"], state["rate"]]
    return found


LANE = st.integers(0, 1)
NEURON = st.integers(0, 14)
COMMANDS = st.one_of(
    st.builds(lambda n: {"do": "step", "steps": n}, st.integers(1, 9)),
    st.builds(lambda n, lane: {"do": "rewire", "lane": lane}, NEURON, LANE),
    st.builds(
        lambda s, t, w, lane: {"do": "draw", "source": s, "target": t, "weight": w, "lane": lane},
        *(NEURON, NEURON, st.floats(-1, 1), LANE),
    ),
    st.builds(lambda s, t: {"do": "cut", "source": s, "target": t, "lane": 0}, NEURON, NEURON),
    st.builds(lambda r, lane: {"do": "add_neuron", "rank": r, "lane": lane}, NEURON, LANE),
    st.builds(lambda n, lane: {"do": "remove_neuron", "neuron": n, "lane": lane}, NEURON, LANE),
    st.builds(lambda n, lane: {"do": "freeze", "neuron": n, "lane": lane}, NEURON, LANE),
    st.builds(lambda d, lane: {"do": "prune", "density": d, "lane": lane}, st.floats(0, 1), LANE),
    st.builds(lambda lane, on: {"do": "strip", "lane": lane, "on_data": on}, LANE, st.booleans()),
    st.builds(lambda lane: {"do": "revive", "lane": lane}, LANE),
    st.builds(lambda v: {"do": "learning_rate", "value": v, "momentum": 0.5}, st.floats(0, 0.5)),
    st.builds(lambda x: {"do": "point", "x": x, "y": 0, "label": 1}, st.floats(-1, 1)),
    st.sampled_from(
        [
            {"do": "method", "name": "set", "interval": 3, "lane": 0},
            {"do": "method", "name": "reviving rigl", "interval": 3, "lane": 1},
            {"do": "network", "layers": [6], "density": 0.7, "seed": 1},
            {"do": "data", "formula": "x * y > 0", "samples": 12},
        ]
    ),
)


def attempt(session, command):
    """Do a command; one that is refused must change nothing."""
    before, record = bits(session), list(session.record.done)
    try:
        session.do(command)
    except CommandError:
        assert bits(session) == before
        assert session.record.done == record
        return False
    return True
