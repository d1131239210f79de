"""Operations across the lanes of vectors: sums, folded products, transposition."""

from numba.core import types
from numba.extending import intrinsic

from .intrinsics import INDEX, address_of
from .simd import VectorType, fma, llvm_vector, shuffle

__all__ = [
    "four_sums",
    "horizontal_sum",
    "products",
    "transpose",
    "transpose_in",
    "transpose_out",
]


@intrinsic
def products(typingctx, a, b, like):
    """Products of two vectors, folded by addition into as many lanes as ``like`` has."""

    def generate(context, builder, signature, args):
        total = None
        for start in range(0, a.lanes, like.lanes):
            piece = range(start, start + like.lanes)
            x = shuffle(builder, args[0], args[0], piece)
            y = shuffle(builder, args[1], args[1], piece)
            total = builder.fmul(x, y) if total is None else fma(builder, x, y, total)
        return total

    return like(a, b, like), generate


def _fold(builder, vector, lanes):
    while vector.type.count > lanes:
        half = vector.type.count // 2
        low = shuffle(builder, vector, vector, range(half))
        high = shuffle(builder, vector, vector, range(half, 2 * half))
        vector = builder.fadd(low, high)
    return vector


@intrinsic
def horizontal_sum(typingctx, vector):
    """The sum of a vector's lanes."""

    def generate(context, builder, signature, args):
        return builder.extract_element(_fold(builder, args[0], 1), INDEX(0))

    return vector.dtype(vector), generate


def _interleave(builder, a, b, step):
    """Add neighbours: every four lanes of the result hold sums of ``a`` and sums of ``b``."""
    count, picks = a.type.count, []
    for half in (0, 2):
        pick = []
        for block in range(0, count, 4):
            for start in range(block + half, block + half + 2, step):
                pick += [*range(start, start + step), *range(count + start, count + start + step)]
        picks.append(shuffle(builder, a, b, pick))
    return builder.fadd(*picks)


@intrinsic
def four_sums(typingctx, a, b, c, d):
    """Four vectors' sums as one vector of four lanes.

    Six shuffles that stay inside 128 bits, then a fold: 13 instructions for four
    sums, where four separate ``horizontal_sum`` take 32.
    """

    def generate(context, builder, signature, args):
        left = _interleave(builder, args[0], args[1], 1)
        right = _interleave(builder, args[2], args[3], 1)
        return _fold(builder, _interleave(builder, left, right, 2), 4)

    return VectorType(a.dtype, 4)(a, b, c, d), generate


def _transposed(builder, rows):
    """Rows of a square of registers become columns: log2(n) rounds of n shuffles."""
    count, step = len(rows), 1
    while step < count:
        low = [i if not i & step else count + i - step for i in range(count)]
        high = [i + step if not i & step else count + i for i in range(count)]
        swapped = list(rows)
        for i in range(count):
            if not i & step:
                swapped[i] = shuffle(builder, rows[i], rows[i + step], low)
                swapped[i + step] = shuffle(builder, rows[i], rows[i + step], high)
        rows, step = swapped, 2 * step
    return rows


@intrinsic
def transpose(typingctx, X, samples, column, i, A, like):
    """A[i + j, column + c] = X[samples[column + c], i + j] for all lanes c and j of ``like``."""

    def generate(context, builder, signature, args):
        x, chosen, column, i, a = args[:5]
        kind, word = llvm_vector(like), column.type
        align = X.dtype.bitwidth // 8
        chosen = builder.gep(context.make_array(samples)(context, builder, chosen).data, [column])
        inputs = builder.extract_value(context.make_array(X)(context, builder, x).shape, 1)
        rows = []
        for c in range(like.lanes):
            sample = builder.load(builder.gep(chosen, [word(c)]))
            start = builder.add(builder.mul(sample, inputs), i)
            rows.append(builder.load(address_of(context, builder, X, x, start, kind)))
            rows[-1].align = align
        width = builder.extract_value(context.make_array(A)(context, builder, a).shape, 1)
        place = builder.add(builder.mul(i, width), column)
        for row in _transposed(builder, rows):
            builder.store(row, address_of(context, builder, A, a, place, kind)).align = align
            place = builder.add(place, width)
        return context.get_dummy_value()

    return types.void(X, samples, types.intp, types.intp, A, like), generate


def _places(context, builder, place_type, place, i, count, word):
    """Return ``place[i : i + count]``, read one by one, as words of that type."""
    first = builder.gep(context.make_array(place_type)(context, builder, place).data, [i])
    found = (builder.load(builder.gep(first, [word(j)])) for j in range(count))
    return [value if value.type == word else builder.sext(value, word) for value in found]


@intrinsic
def transpose_in(typingctx, X, start, step, A, place, i, column, like):
    """A[place[i + j] + column + c] = X[start + c * step + j], flat, for all lanes c and j."""

    def generate(context, builder, signature, args):
        x, start, step, a, places, i, column = args[:7]
        kind, word = llvm_vector(like), start.type
        align, rows = X.dtype.bitwidth // 8, []
        for _ in range(like.lanes):
            rows.append(builder.load(address_of(context, builder, X, x, start, kind)))
            rows[-1].align = align
            start = builder.add(start, step)
        found = _places(context, builder, place, places, i, like.lanes, word)
        for row, position in zip(_transposed(builder, rows), found, strict=True):
            position = builder.add(position, column)
            builder.store(row, address_of(context, builder, A, a, position, kind)).align = align
        return context.get_dummy_value()

    return (
        types.void(X, types.intp, types.intp, A, place, types.intp, types.intp, like),
        generate,
    )


@intrinsic
def transpose_out(typingctx, A, place, i, column, X, start, step, like):
    """X[start + c * step + j] = A[place[i + j] + column + c], flat, for all lanes c and j."""

    def generate(context, builder, signature, args):
        a, places, i, column, x, start, step = args[:7]
        kind, word = llvm_vector(like), start.type
        align, rows = X.dtype.bitwidth // 8, []
        for position in _places(context, builder, place, places, i, like.lanes, word):
            position = builder.add(position, column)
            rows.append(builder.load(address_of(context, builder, A, a, position, kind)))
            rows[-1].align = align
        for row in _transposed(builder, rows):
            builder.store(row, address_of(context, builder, X, x, start, kind)).align = align
            start = builder.add(start, step)
        return context.get_dummy_value()

    return (
        types.void(A, place, types.intp, types.intp, X, types.intp, types.intp, like),
        generate,
    )
