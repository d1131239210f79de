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

from .intrinsics import INDEX, address_of, instruction

# At least 32 bytes, so that a register holds the four numbers ``four_sums`` returns.
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
        super().__init__(manager, vector_type, llvm_vector(vector_type))


def llvm_vector(vector_type):
    """Return LLVM's type for a vector."""
    scalar = ir.FloatType() if vector_type.dtype == types.float32 else ir.DoubleType()
    return ir.VectorType(scalar, vector_type.lanes)


def _indices(indices):
    return ir.Constant(ir.VectorType(INDEX, len(indices)), list(indices))


def shuffle(builder, a, b, indices):
    """Return lanes of ``a``, counted from 0, and of ``b``, counted on from there."""
    return builder.shuffle_vector(a, b, _indices(indices))


def splat(builder, value, lanes):
    """Return a vector with ``value`` in every lane."""
    single = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    single = builder.insert_element(single, value, INDEX(0))
    return shuffle(builder, single, single, [0] * lanes)


def _suffix(kind):
    return f"v{kind.count}f{32 if isinstance(kind.element, ir.FloatType) else 64}"


def fma(builder, a, b, c):
    """Return ``a * b + c`` with one rounding."""
    return instruction(builder, f"llvm.fma.{_suffix(a.type)}", a.type, a, b, c)


@intrinsic(prefer_literal=True)
def zeros(typingctx, array, registers):
    """A zero vector of the array's dtype that fills ``registers`` registers (0: one lane)."""
    if not isinstance(registers, types.IntegerLiteral):
        return None
    lanes = registers.literal_value * REGISTER_BYTES * 8 // array.dtype.bitwidth
    result = VectorType(array.dtype, max(lanes, 1))

    def generate(context, builder, signature, args):
        return ir.Constant(llvm_vector(result), [0.0] * result.lanes)

    return result(array, registers), generate


@intrinsic(prefer_literal=True)
def zeros_with_lanes(typingctx, array, lanes):
    """A zero vector of the array's dtype with so many lanes, whatever a register holds."""
    if not isinstance(lanes, types.IntegerLiteral):
        return None
    result = VectorType(array.dtype, lanes.literal_value)

    def generate(context, builder, signature, args):
        return ir.Constant(llvm_vector(result), [0.0] * result.lanes)

    return result(array, lanes), generate


@intrinsic
def lanes(typingctx, like):
    """How many numbers a vector holds."""

    def generate(context, builder, signature, args):
        return context.get_constant(types.intp, like.lanes)

    return types.intp(like), generate


@intrinsic
def broadcast(typingctx, value, like):
    """A vector with ``value`` in every lane."""

    def generate(context, builder, signature, args):
        return splat(builder, args[0], like.lanes)

    return like(like.dtype, like), generate


@intrinsic
def load(typingctx, array, offset, like):
    """The numbers of a C-contiguous array from flat position ``offset`` on."""
    if array.dtype != like.dtype:
        raise NumbaTypeError(
            "a network's arrays must have one dtype: replace it by a copy of that dtype"
        )

    def generate(context, builder, signature, args):
        address = address_of(context, builder, array, args[0], args[1], llvm_vector(like))
        value = builder.load(address)
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


def _first_lanes(builder, count, number):
    """A mask of ``number`` lanes, true in the first ``count``."""
    kind = ir.VectorType(ir.IntType(64), number)
    position = ir.Constant(kind, list(range(number)))
    return builder.icmp_signed("<", position, splat(builder, count, number))


@intrinsic
def load_masked(typingctx, array, offset, count, like):
    """Like ``load``, but only the first ``count`` numbers; the other lanes are zero."""

    def generate(context, builder, signature, args):
        kind = llvm_vector(like)
        address = address_of(context, builder, array, args[0], args[1], kind)
        name = f"llvm.masked.load.{_suffix(kind)}.p0"
        align, rest = INDEX(array.dtype.bitwidth // 8), ir.Constant(kind, [0.0] * like.lanes)
        mask = _first_lanes(builder, args[2], like.lanes)
        return instruction(builder, name, kind, address, align, mask, rest)

    return like(array, types.intp, types.intp, like), generate


@intrinsic
def store_masked(typingctx, array, offset, count, vector):
    """Like ``store``, but only the first ``count`` lanes."""

    def generate(context, builder, signature, args):
        kind = args[3].type
        address = address_of(context, builder, array, args[0], args[1], kind)
        name = f"llvm.masked.store.{_suffix(kind)}.p0"
        align, mask = INDEX(array.dtype.bitwidth // 8), _first_lanes(builder, args[2], kind.count)
        instruction(builder, name, ir.VoidType(), args[3], address, align, mask)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, vector), generate


@intrinsic
def gather(typingctx, array, index, k, like):
    """``array[index[k + i]]`` for all lanes i, read one by one."""

    def generate(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        places = builder.gep(context.make_array(index)(context, builder, args[1]).data, [args[2]])
        vector = ir.Constant(llvm_vector(like), ir.Undefined)
        for lane in range(like.lanes):
            place = builder.load(builder.gep(places, [INDEX(lane)]))
            number = builder.load(builder.gep(data, [builder.zext(place, args[2].type)]))
            vector = builder.insert_element(vector, number, INDEX(lane))
        return vector

    return like(array, index, types.intp, like), generate


@intrinsic
def load_small(typingctx, array, offset, like):
    """Integers of an int8 array from flat position ``offset`` on, as numbers of ``like``."""

    def generate(context, builder, signature, args):
        kind = ir.VectorType(ir.IntType(8), like.lanes)
        value = builder.load(address_of(context, builder, array, args[0], args[1], kind))
        value.align = 1
        return builder.sitofp(value, llvm_vector(like))

    return like(array, types.intp, like), generate


@intrinsic
def first_lane(typingctx, number, like):
    """A vector with ``number`` in its first lane and zeros in the others."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(llvm_vector(like), [0.0] * like.lanes)
        return builder.insert_element(nothing, args[0], INDEX(0))

    return like(like.dtype, like), generate


@intrinsic
def multiply_add(typingctx, factor, vector, total):
    """``factor * vector + total`` with one rounding; the factor is a number or a vector."""
    single = not isinstance(factor, VectorType)

    def generate(context, builder, signature, args):
        factors = splat(builder, args[0], vector.lanes) if single else args[0]
        return fma(builder, factors, args[1], args[2])

    return vector(vector.dtype if single else factor, vector, total), generate


@intrinsic
def select(typingctx, test, above, below):
    """``below`` where ``test`` <= 0, else ``above`` (also where ``test`` is not a number)."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(args[0].type, [0.0] * test.lanes)
        return builder.select(builder.fcmp_ordered("<=", args[0], nothing), args[2], args[1])

    return test(test, test, test), generate


@intrinsic
def zero_unless(typingctx, condition, vector):
    """The vector, or zeros: a selection, because a branch would cut the loop in two."""

    def generate(context, builder, signature, args):
        nothing = ir.Constant(args[1].type, [0.0] * vector.lanes)
        return builder.select(args[0], args[1], nothing)

    return vector(types.boolean, vector), generate


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
