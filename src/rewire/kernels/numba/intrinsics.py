"""Instructions that Numba does not offer: unchecked reads, prefetching, atomic counters."""

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.errors import NumbaTypeError
from numba.extending import intrinsic

INDEX = ir.IntType(32)


def address_of(context, builder, array_type, array, offset, pointee):
    """Return the address of ``array[offset]`` as a pointer to ``pointee``."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), pointee.as_pointer())


def instruction(builder, name, result, *args):
    """Call an LLVM intrinsic, or a function of the C library, by its name."""
    kind = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


@intrinsic
def at(typingctx, array, index):
    """Read ``array[index]``, where the index is known not to be negative.

    Numba's own indexing counts negative numbers from the end, which costs an addition, a comparison
    and a selection at every access. Strides are ignored, so arrays that are not contiguous are
    refused when a kernel is compiled for them.
    """
    if array.layout != "C":
        raise NumbaTypeError("a network's arrays must be C-contiguous: replace it by a copy")

    def generate(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, types.intp), generate


@intrinsic
def prefetch(typingctx, array, offset, like):
    """Prefetch the cache lines of a vector such as ``like`` at flat position ``offset``."""

    def generate(context, builder, signature, args):
        byte, step = ir.IntType(8), 64 // (array.dtype.bitwidth // 8)
        for start in range(0, like.lanes, step):
            place = builder.add(args[1], args[1].type(start))
            address = address_of(context, builder, array, args[0], place, byte)
            instruction(
                builder, "llvm.prefetch.p0", ir.VoidType(), address, INDEX(0), INDEX(3), INDEX(1)
            )
        return context.get_dummy_value()

    return types.void(array, types.intp, like), generate


@intrinsic
def call_activation(typingctx, address, A, D, offset, count):
    """Call the compiled ``function(values, slopes, count)`` that lies at ``address``."""

    def generate(context, builder, signature, args):
        void = ir.IntType(8).as_pointer()
        values = address_of(context, builder, A, args[1], args[3], ir.IntType(8))
        slopes = address_of(context, builder, D, args[2], args[3], ir.IntType(8))
        kind = ir.FunctionType(ir.VoidType(), [void, void, args[4].type])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [values, slopes, args[4]])
        return context.get_dummy_value()

    return types.void(types.int64, A, D, types.intp, types.intp), generate


@intrinsic
def atomic_increment(typingctx, array, index):
    """Add one to ``array[index]`` atomically and return what it was."""

    def generate(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        place = builder.gep(data, [args[1]])
        return builder.atomic_rmw("add", place, place.type.pointee(1), "seq_cst")

    return array.dtype(array, types.intp), generate


@intrinsic
def atomic_load(typingctx, array, index):
    """Read ``array[index]`` atomically."""

    def generate(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.load_atomic(builder.gep(data, [args[1]]), "seq_cst", 8)

    return array.dtype(array, types.intp), generate


@intrinsic
def yield_thread(typingctx):
    """Give the processor to another thread (POSIX ``sched_yield``)."""

    def generate(context, builder, signature, args):
        kind = ir.FunctionType(INDEX, [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def cpu_pause(typingctx):
    """Pause inside a waiting loop, which leaves more of the core to its other thread."""

    def generate(context, builder, signature, args):
        if binding.get_process_triple().startswith("x86_64"):
            instruction(builder, "llvm.x86.sse2.pause", ir.VoidType())
        return context.get_dummy_value()

    return types.void(), generate
