"""ONNX files: checked before they are run, by onnxruntime on one thread, so that the same value gives the same bits.

A file must hold all of its weights, all of them finite, and only operators of the standard: custom ones are code.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ltm.errors import FolderError, LtmError
from ltm.scenes.extras import library

DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
"""Of operators that the standard defines."""


def parsed(data: bytes, source: str) -> Any:
    """Returns the graph of a file that may be run.

    Raises:
        FolderError: damaged, weights that lie elsewhere, NaN or infinity among them, or unknown operators.
    """
    onnx = library("onnx", f"{source}: an ONNX file")
    try:
        model = onnx.load_model_from_string(data)
    except Exception as problem:  # protobuf raises kinds of its own
        raise FolderError(f"{source}: damaged, or not an ONNX file: {str(problem)[:200]}") from None
    if not model.graph.node:
        raise FolderError(f"{source}: damaged, or not an ONNX file: it holds no graph")
    if model.functions:
        name = model.functions[0].name
        raise FolderError(f"{source}: defines an operator of its own, {name!r}; expected none but the standard's")
    _check_graph(model.graph, onnx, source)
    return model


_WEIGHTS = (1, 10, 11, 16, 2, 3, 21, 22)
"""Kinds of number that weights are of: float, float16, double, bfloat16; in few bits uint8, int8, uint4, int4."""


def _check_graph(graph: Any, onnx: Any, source: str) -> None:
    """Checks a graph and those inside it: their operators, and all numbers that they hold."""
    for weight in (*graph.initializer, *(part for sparse in graph.sparse_initializer for part in _parts(sparse))):
        _check_weight(weight, onnx, source)
    for node in graph.node:
        if node.domain not in DOMAINS or not onnx.defs.has(node.op_type, node.domain):
            of = f" of domain {node.domain!r}" if node.domain else ""
            raise FolderError(f"{source}: operator {node.op_type!r}{of} is none of the standard's, and is not run")
        for attribute in node.attribute:
            sparse = [part for one in (attribute.sparse_tensor, *attribute.sparse_tensors) for part in _parts(one)]
            for weight in (attribute.t, *attribute.tensors, *sparse):
                _check_weight(weight, onnx, source)
            for inner in (attribute.g, *attribute.graphs):
                _check_graph(inner, onnx, source)


def _parts(sparse: Any) -> tuple[Any, Any]:
    return sparse.values, sparse.indices


def _check_weight(weight: Any, onnx: Any, source: str) -> None:
    if weight.data_location == onnx.TensorProto.EXTERNAL:
        raise FolderError(f"{source}: weight {weight.name!r} lies in another file; expected all in one")
    if not weight.data_type:
        return  # an attribute of another kind
    try:
        values = onnx.numpy_helper.to_array(weight)
    except Exception as problem:  # a length that isn't the shape's
        raise FolderError(f"{source}: weight {weight.name!r} is damaged: {str(problem)[:200]}") from None
    # A single number may be infinite: a bound that bounds nothing, as spectrograms have.
    if values.dtype.kind == "f" and (np.isnan(values).any() or (values.size > 1 and np.isinf(values).any())):
        raise FolderError(f"{source}: weight {weight.name!r} holds NaN or infinity")


def session(data: bytes, source: str) -> Any:
    """Returns a session of onnxruntime for the content of a file.

    Raises:
        FolderError: as `parsed`, or onnxruntime can't run it.
    """
    parsed(data, source)
    runtime = library("onnxruntime", f"{source}: an ONNX file")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime raises kinds of its own
        raise FolderError(f"{source}: can't be run: {str(problem)[:300]}") from None


def weights_of(model: Any) -> int:
    """Returns how many weights a graph holds: numbers of its constants with a fraction, or in few bits for one."""
    return sum(math.prod(weight.dims) for weight in _constants(model.graph) if weight.data_type in _WEIGHTS)


def _constants(graph: Any) -> Iterator[Any]:
    """Yields what a graph, and those inside it, hold: some writers put weights into nodes."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            # Single numbers in nodes are settings rather than weights.
            yield from (weight for weight in (attribute.t, *attribute.tensors) if math.prod(weight.dims) > 1)
            for inner in (attribute.g, *attribute.graphs):
                yield from _constants(inner)


def operations_of(model: Any, inputs: Mapping[str, tuple[int, ...]], source: str) -> int:
    """Counts multiply-adds times two of the convolutions and matrix products of a graph.

    Args:
        model: the graph.
        inputs: the shape of each.
        source: what messages call it.

    Raises:
        LtmError: shapes that can't be worked out, so that nothing can be counted.
    """
    onnx = library("onnx", f"{source}: an ONNX file")
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for given in copy.graph.input:
        if given.name in inputs:
            for place, side in zip(given.type.tensor_type.shape.dim, inputs[given.name], strict=True):
                place.dim_value = side
    del copy.graph.value_info[:]
    for out in copy.graph.output:
        out.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(copy, data_prop=True).graph
    shapes = {weight.name: tuple(weight.dims) for weight in graph.initializer}
    for known in (*graph.input, *graph.value_info, *graph.output):
        if known.type.tensor_type.HasField("shape"):
            shapes[known.name] = tuple(dim.dim_value for dim in known.type.tensor_type.shape.dim)
    total = 0
    for node in graph.node:
        if node.op_type in ("Conv", "MatMul", "Gemm"):
            made, left, right = (shapes.get(name) for name in (node.output[0], *node.input[:2]))
            if made is None or left is None or right is None or not all((*made, *left, *right)):
                raise LtmError(f"{source}: the sizes that {node.op_type} {node.output[0]!r} works on aren't known")
            turned = node.op_type == "Gemm" and any(a.name == "transA" and a.i for a in node.attribute)
            each = math.prod(right[1:]) if node.op_type == "Conv" else left[-2 if turned else -1]
            total += 2 * math.prod(made) * each
    return total
