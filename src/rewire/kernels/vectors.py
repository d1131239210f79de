"""Rows of numbers held in processor registers: a small vector type for Numba.

Numba leaves it to LLVM whether a loop becomes vector code, and an accumulator
that lives in an array is written to memory at every step.  Here a *vector* is a
value: ``load`` takes neighbouring numbers out of an array, the other operations
compute with them, ``store`` puts them back, and in between they stay in
registers.  How many numbers a vector has is part of its type, so one function
serves every width: it is handed an empty vector (``zeros``) to say which.

A vector may be wider than the machine's: LLVM splits it into several registers.
"""

import operator

from llvmlite import binding, ir
from numba.core import types
from numba.core.datamodel import PrimitiveModel, register_default
from numba.core.errors import NumbaTypeError
from numba.extending import intrinsic, lower_builtin, type_callable

from .instructions import INDEX, address_of, instruction

# At least 32 bytes, so that a register holds the four numbers ``sums`` returns.
REGISTER_BYTES = 64 if binding.get_host_cpu_features().get("avx512f") else 32


class VectorType(types.Type):
    """``lanes`` numbers of one ``dtype`` (float32 or float64)."""

    def __init__(self, dtype, lanes):
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"vector({dtype}, {lanes})")


@register_default(VectorType)
class VectorModel(PrimitiveModel):
    """A vector is a first-class value of LLVM's."""

    def __init__(self, manager, vector_type):
        super().__init__(manager, vector_type, _vector(vector_type))


def _vector(vector_type):
    scalar = ir.FloatType() if vector_type.dtype == types.float32 else ir.DoubleType()
    return ir.VectorType(scalar, vector_type.lanes)


def _lanes(indices):
    return ir.Constant(ir.VectorType(INDEX, len(indices)), list(indices))


def _pick(builder, a, b, indices):
    return builder.shuffle_vector(a, b, _lanes(indices))


def _spread(builder, value, lanes):
    single = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    single = builder.insert_element(single, value, INDEX(0))
    return _pick(builder, single, single, [0] * lanes)


def _suffix(kind):
    return f"v{kind.count}f{32 if isinstance(kind.element, ir.FloatType) else 64}"


def _fma(builder, a, b, c):
    return instruction(builder, f"llvm.fma.{_suffix(a.type)}", a.type, a, b, c)


@intrinsic(prefer_literal=True)
def zeros(typingctx, array, registers):
    """A zero vector of the array's dtype that fills ``registers`` registers (0: one lane)."""
    if not isinstance(registers, types.IntegerLiteral):
        return None
    lanes = registers.literal_value * REGISTER_BYTES * 8 // array.dtype.bitwidth
    result = VectorType(array.dtype, max(lanes, 1))

    def generate(context, builder, signature, args):
        return ir.Constant(_vector(result), [0.0] * result.lanes)

    return result(array, registers), generate


@intrinsic(prefer_literal=True)
def few(typingctx, array, lanes):
    """A zero vector of the array's dtype with so many lanes, whatever a register holds."""
    if not isinstance(lanes, types.IntegerLiteral):
        return None
    result = VectorType(array.dtype, lanes.literal_value)

    def generate(context, builder, signature, args):
        return ir.Constant(_vector(result), [0.0] * result.lanes)

    return result(array, lanes), generate


@intrinsic
def lanes(typingctx, like):
    """How many numbers a vector holds."""

    def generate(context, builder, signature, args):
        return context.get_constant(types.intp, like.lanes)

    return types.intp(like), generate


@intrinsic
def spread(typingctx, value, like):
    """A vector with ``value`` in every lane."""

    def generate(context, builder, signature, args):
        return _spread(builder, args[0], like.lanes)

    return like(like.dtype, like), generate


@intrinsic
def load(typingctx, array, offset, like):
    """The numbers of a C-contiguous array from flat position ``offset`` on."""
    if array.dtype != like.dtype:
        raise NumbaTypeError("a network's arrays must have one dtype: put a copy in its place")

    def generate(context, builder, signature, args):
        value = builder.load(address_of(context, builder, array, args[0], args[1], _vector(like)))
        value.align = array.dtype.bitwidth // 8
        return value

    return like(array, types.intp, like), generate


@intrinsic
def store(typingctx, array, offset, vector):
    """Write a vector to flat position ``offset`` of a C-contiguous array."""

    def generate(context, builder, signature, args):
        address = address_of(context, builder, array, args[0], args[1], args[2].type)
        builder.store(args[2], address).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


def _first(builder, count, number):
    """A mask of ``number`` lanes, true in the first ``count``."""
    kind = ir.VectorType(ir.IntType(64), number)
    position = ir.Constant(kind, list(range(number)))
    return builder.icmp_signed("<", position, _spread(builder, count, number))


@intrinsic
def load_some(typingctx, array, offset, count, like):
    """Like ``load``, but only the first ``count`` numbers; the other lanes are zero."""

    def generate(context, builder, signature, args):
        kind = _vector(like)
        address = address_of(context, builder, array, args[0], args[1], kind)
        name = f"llvm.masked.load.{_suffix(kind)}.p0"
        align, rest = INDEX(array.dtype.bitwidth // 8), ir.Constant(kind, [0.0] * like.lanes)
        mask = _first(builder, args[2], like.lanes)
        return instruction(builder, name, kind, address, align, mask, rest)

    return like(array, types.intp, types.intp, like), generate


@intrinsic
def store_some(typingctx, array, offset, count, vector):
    """Like ``store``, but only the first ``count`` lanes."""

    def generate(context, builder, signature, args):
        kind = args[3].type
        address = address_of(context, builder, array, args[0], args[1], kind)
        name = f"llvm.masked.store.{_suffix(kind)}.p0"
        align, mask = INDEX(array.dtype.bitwidth // 8), _first(builder, args[2], kind.count)
        instruction(builder, name, ir.VoidType(), args[3], address, align, mask)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, vector), generate


@intrinsic
def gather(typingctx, array, index, k, like):
    """``array[index[k + i]]`` for all lanes i, read one by one."""

    def generate(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        places = builder.gep(context.make_array(index)(context, builder, args[1]).data, [args[2]])
        vector = ir.Constant(_vector(like), ir.Undefined)
        for lane in range(like.lanes):
            place = builder.load(builder.gep(places, [INDEX(lane)]))
            number = builder.load(builder.gep(data, [builder.zext(place, args[2].type)]))
            vector = builder.insert_element(vector, number, INDEX(lane))
        return vector

    return like(array, index, types.intp, like), generate


@intrinsic
def first(typingctx, number, like):
    """A vector with ``number`` in its first lane and zeros in the others."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(_vector(like), [0.0] * like.lanes)
        return builder.insert_element(nothing, args[0], INDEX(0))

    return like(like.dtype, like), generate


@intrinsic
def multiply_add(typingctx, factor, vector, total):
    """``factor * vector + total`` with one rounding; the factor is a number or a vector."""
    single = not isinstance(factor, VectorType)

    def generate(context, builder, signature, args):
        factors = _spread(builder, args[0], vector.lanes) if single else args[0]
        return _fma(builder, factors, args[1], args[2])

    return vector(vector.dtype if single else factor, vector, total), generate


@intrinsic
def products(typingctx, a, b, like):
    """Products of two vectors, folded by addition into as many lanes as ``like`` has."""

    def generate(context, builder, signature, args):
        total = None
        for start in range(0, a.lanes, like.lanes):
            piece = range(start, start + like.lanes)
            x = _pick(builder, args[0], args[0], piece)
            y = _pick(builder, args[1], args[1], piece)
            total = builder.fmul(x, y) if total is None else _fma(builder, x, y, total)
        return total

    return like(a, b, like), generate


@intrinsic
def choose(typingctx, test, above, below):
    """``below`` where ``test`` <= 0, else ``above`` (also where ``test`` is not a number)."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(args[0].type, [0.0] * test.lanes)
        return builder.select(builder.fcmp_ordered("<=", args[0], nothing), args[2], args[1])

    return test(test, test, test), generate


@intrinsic
def only_if(typingctx, condition, vector):
    """The vector, or zeros: a selection, because a branch would cut the loop in two."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(args[1].type, [0.0] * vector.lanes)
        return builder.select(args[0], args[1], nothing)

    return vector(types.boolean, vector), generate


def _transposed(builder, rows):
    """Rows of a square of registers become columns: log2(n) rounds of n shuffles."""
    count, step = len(rows), 1
    while step < count:
        low = [i if not i & step else count + i - step for i in range(count)]
        high = [i + step if not i & step else count + i for i in range(count)]
        swapped = list(rows)
        for i in range(count):
            if not i & step:
                swapped[i] = _pick(builder, rows[i], rows[i + step], low)
                swapped[i + step] = _pick(builder, rows[i], rows[i + step], high)
        rows, step = swapped, 2 * step
    return rows


@intrinsic
def turn(typingctx, X, samples, column, i, A, like):
    """A[i + j, column + c] = X[samples[column + c], i + j] for all lanes c and j of ``like``."""

    def generate(context, builder, signature, args):
        x, chosen, column, i, a = args[:5]
        kind, word = _vector(like), column.type
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


def _fold(builder, vector, lanes):
    while vector.type.count > lanes:
        half = vector.type.count // 2
        low = _pick(builder, vector, vector, range(half))
        high = _pick(builder, vector, vector, range(half, 2 * half))
        vector = builder.fadd(low, high)
    return vector


@intrinsic
def total(typingctx, vector):
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
        picks.append(_pick(builder, a, b, pick))
    return builder.fadd(*picks)


@intrinsic
def sums(typingctx, a, b, c, d):
    """Four vectors' sums as one vector of four lanes.

    Six shuffles that stay inside 128 bits, then a fold: 13 instructions for four
    sums, where four separate ``total`` take 32.
    """

    def generate(context, builder, signature, args):
        left = _interleave(builder, args[0], args[1], 1)
        right = _interleave(builder, args[2], args[3], 1)
        return _fold(builder, _interleave(builder, left, right, 2), 4)

    return VectorType(a.dtype, 4)(a, b, c, d), generate


def _elementwise(symbol, instruction):
    @type_callable(symbol)
    def typing(context):
        def typer(a, b):
            return a if isinstance(a, VectorType) and a == b else None

        return typer

    @lower_builtin(symbol, VectorType, VectorType)
    def lowering(context, builder, signature, args):
        return getattr(builder, instruction)(*args)


_elementwise(operator.add, "fadd")
_elementwise(operator.sub, "fsub")
_elementwise(operator.mul, "fmul")
