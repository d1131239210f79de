"""Values of connections between the table's order and the order by source, in plain NumPy."""


def to_csc_order(values, csc_position, out, first, last):
    """out[csc_position[i]] = values[i]: weights, for the backward pass."""
    out[csc_position[first:last]] = values[first:last]


def to_table_order(gradient, csc_position, out, first, last):
    """out[i] = gradient[csc_position[i]]."""
    out[first:last] = gradient[csc_position[first:last]]
