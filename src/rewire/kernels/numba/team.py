"""Compiled work handed to the threads of an OpenMP runtime.

A front end such as PyTorch keeps threads of its own, which wait for a while in a loop for their
next piece of work. Other threads beside them would have to be woken, and would share processors
with them; so compiled code asks the front end's runtime for its threads, as that one's own
operations do. See ``threads.join_openmp``.
"""

import inspect

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import NumbaTypeError
from numba.extending import intrinsic

from .compiling import Kernel
from .intrinsics import INDEX

BYTES = ir.IntType(8).as_pointer()


def _outlined(context, builder, overload, signature, arguments):
    """Return a C function that makes the call with the arguments that its pointer leads to."""
    module, name = builder.module, f"in_team.{overload.fndesc.mangled_name}"
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [BYTES]), name)
    function.linkage = "internal"
    inside = ir.IRBuilder(function.append_basic_block("entry"))
    values = inside.load(inside.bitcast(function.args[0], arguments.as_pointer()))
    parts = cgutils.unpack_tuple(inside, values)
    context.call_internal_no_propagate(inside, overload.fndesc, signature, parts)
    inside.ret_void()
    return function


@intrinsic
def run_in_team(typingctx, body, arguments, team):
    """Call ``body(*arguments)`` on several threads, or on this one alone if ``team`` is empty.

    ``team`` holds the address of the C function ``GOMP_parallel``, which GNU's runtime and LLVM's
    have, and the number of threads. Threads share the work by themselves; see ``sharing``.
    """
    found = body.get_call_type(typingctx, tuple(arguments), {})
    if found is None or found.return_type != types.none:
        raise NumbaTypeError("what a team runs must return nothing")

    def generate(context, builder, signature, args):
        overload = body.dispatcher.overloads[found.args]
        context.add_linking_libs([overload.library])
        kind = args[1].type
        function = _outlined(context, builder, overload, found, kind)
        place = cgutils.alloca_once_value(builder, args[1])
        data = builder.bitcast(place, BYTES)
        members = context.make_array(team)(context, builder, args[2])
        alone = builder.icmp_signed("==", members.nitems, members.nitems.type(0))
        with builder.if_else(alone) as (one, several):
            with one:
                builder.call(function, [data])
            with several:
                address, number = (
                    builder.load(builder.gep(members.data, [INDEX(i)])) for i in range(2)
                )
                fork = ir.FunctionType(ir.VoidType(), [function.type, BYTES, INDEX, INDEX])
                start = builder.inttoptr(address, fork.as_pointer())
                builder.call(start, [function, data, builder.trunc(number, INDEX), INDEX(0)])
        return context.get_dummy_value()

    return types.void(body, arguments, team), generate


def team_kernel(body):
    """Compile a part for Python to call, with ``team`` as one more argument.

    Python code cannot hand on all its arguments without a list of them, which is therefore written
    here; as ``*arguments`` they would cost more to pass.
    """
    name, names = body.__name__, ", ".join(inspect.signature(body.py_func).parameters)
    scope = {"__name__": body.__module__, "body": body, "run_in_team": run_in_team}
    exec(f"def {name}({names}, team):\n    run_in_team(body, ({names}), team)", scope)
    return Kernel(scope[name], source=body.py_func)
