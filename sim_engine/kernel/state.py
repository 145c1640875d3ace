"""The State that compiled functions take: to them it is one pointer, to a table with the address and shape of each array.

A tuple of thirty arrays would be copied, two hundred words, into every call. So `s.tasks` in compiled code reads the array's
address from the table; arrays can be exchanged for bigger ones from Python between two calls.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from sim_engine.kernel.layout import ARRAYS

_WORDS = 3  # address, rows, columns
_PLACE = {name: place for place, name in enumerate(ARRAYS)}
_WORD = ir.IntType(64)
# Lengths that compiled code asks for: attribute -> array
_LENGTHS = {
    "task_slots": "tasks", "heap_places": "heap_time", "span_places": "spans", "key_rows": "keyed", "message_rows": "messages",
    "place_rows": "distances",
}  # fmt: skip


class State:
    """All arrays of a run, as attributes with the names of layout.ARRAYS."""

    tasks: NDArray[np.void]
    heap_time: NDArray[np.float64]
    heap_entry: NDArray[np.int64]
    far_time: NDArray[np.float64]
    far_entry: NDArray[np.int64]
    days: NDArray[np.int32]
    listed: NDArray[np.void]
    nodes: NDArray[np.void]
    pools: NDArray[np.void]
    links: NDArray[np.void]
    routes: NDArray[np.void]
    members: NDArray[np.void]
    targets: NDArray[np.int32]
    timers: NDArray[np.void]
    sources: NDArray[np.void]
    classes: NDArray[np.void]
    ring: NDArray[np.void]
    sticky: NDArray[np.int32]
    answers: NDArray[np.void]
    limiters: NDArray[np.void]
    cells: NDArray[np.void]
    distances: NDArray[np.float64]
    crossings: NDArray[np.void]
    code: NDArray[np.void]
    entries: NDArray[np.int32]
    parameters: NDArray[np.float64]
    caches: NDArray[np.void]
    cache_entries: NDArray[np.void]
    buckets: NDArray[np.void]
    messages: NDArray[np.void]
    queues: NDArray[np.void]
    keyed: NDArray[np.int32]
    popularity: NDArray[np.float64]
    guide: NDArray[np.int32]
    histograms: NDArray[np.int64]
    class_histograms: NDArray[np.int64]
    errors: NDArray[np.int64]
    node_errors: NDArray[np.int64]
    waits: NDArray[np.int64]
    spans: NDArray[np.void]
    signals: NDArray[np.void]
    checks: NDArray[np.int64]
    count: NDArray[np.int64]
    clock: NDArray[np.float64]

    # lengths, for compiled code only (_LENGTHS)
    task_slots: int
    heap_places: int
    span_places: int
    key_rows: int
    message_rows: int
    place_rows: int

    def __init__(self, **arrays: NDArray[Any]) -> None:
        assert arrays.keys() == ARRAYS.keys(), "a state needs every array"
        self._table = np.zeros(len(ARRAYS) * _WORDS, np.int64)
        self.address = int(self._table.ctypes.data)
        self.replace(**arrays)

    def replace(self, **arrays: NDArray[Any]) -> None:
        """Exchanges arrays; compiled functions see the new ones from their next call on."""
        for name, array in arrays.items():
            dtype, dimensions = ARRAYS[name]
            assert array.dtype == dtype and array.ndim == dimensions and array.flags.c_contiguous, name
            setattr(self, name, array)
            first = _PLACE[name] * _WORDS
            columns = array.shape[1] if dimensions == 2 else 1
            self._table[first : first + _WORDS] = (array.ctypes.data, array.shape[0], columns)


def _item_type(dtype: Any) -> Any:
    return from_dtype(dtype)


class StateType(types.Type):
    def __init__(self) -> None:
        super().__init__(name="sim_engine.State")


state_type = StateType()
_ARRAY_TYPES: dict[str, Any] = {name: types.Array(_item_type(dtype), dimensions, "C") for name, (dtype, dimensions) in ARRAYS.items()}


@typeof_impl.register(State)
def _typeof_state(value: State, context: Any) -> StateType:
    return state_type


@register_model(StateType)
class StateModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _WORD)


@unbox(StateType)
def _unbox_state(kind: Any, value: Any, c: Any) -> NativeValue:
    attribute = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_longlong(attribute)
    c.pyapi.decref(attribute)
    return NativeValue(address, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class StateAttributes(AttributeTemplate):
    key = StateType

    def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]
        return types.int64 if name in _LENGTHS else _ARRAY_TYPES.get(name)


@lower_getattr_generic(StateType)
def _lower_attribute(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    """The array `name`, made from its row of the table; it owns nothing.

    Its number of rows is given as 0: the kernel has no negative indices, and so need not check each for one.
    """
    table = builder.inttoptr(value, _WORD.as_pointer())
    if name in _LENGTHS:
        return builder.load(cgutils.gep_inbounds(builder, table, _PLACE[_LENGTHS[name]] * _WORDS + 1))
    array_type = _ARRAY_TYPES[name]
    first = _PLACE[name] * _WORDS
    words = [builder.load(cgutils.gep_inbounds(builder, table, first + place)) for place in range(_WORDS)]
    # nothing compiled writes to the table, so what was read from it once need not be read again after other stores
    constant = builder.module.add_metadata([])
    for word in words:
        word.set_metadata("invariant.load", constant)
    array = make_array(array_type)(context, builder)
    item = ARRAYS[name][0].itemsize
    size = ir.Constant(_WORD, item)
    rows = ir.Constant(_WORD, 0)
    shape, strides = [rows], [size]
    if array_type.ndim == 2:
        shape, strides = [rows, words[2]], [builder.mul(words[2], size), size]
    data = builder.inttoptr(words[0], array.data.type)
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
    return array._getvalue()


def _fetch_ahead(typing_context: Any, state: Any, key: Any) -> Any:
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table = builder.inttoptr(arguments[0], _WORD.as_pointer())
        first = _PLACE["keyed"] * _WORDS
        address, columns = (builder.load(cgutils.gep_inbounds(builder, table, first + place)) for place in (0, 2))
        row = context.cast(builder, arguments[1], signature.args[1], types.int64)
        size = ir.Constant(_WORD, ARRAYS["keyed"][0].itemsize)
        place = builder.add(address, builder.mul(builder.mul(row, columns), size))
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        to_read, keep, data = ir.Constant(number, 0), ir.Constant(number, 3), ir.Constant(number, 1)
        builder.call(prefetch, [builder.inttoptr(place, byte), to_read, keep, data])
        return context.get_dummy_value()

    return types.void(state, key), lower


# fetch_ahead(s, key): asks the processor for a key's row of State.keyed, which is seldom in its caches and will be looked at.
fetch_ahead: Any = intrinsic(_fetch_ahead)
