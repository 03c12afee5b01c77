"""MobileNetV2 1.0 (Sandler et al. 2018, arXiv:1801.04381) up to its 1280 pooled features.

Batch norm is folded into the convolutions, as in the published weights, and stays so in training. Layer names and
kernel layouts are those of these weights' manifest.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# (expansion, channels, repeats, stride of the first), table 2 of the paper
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
FEATURES = 1280


class Layer(nn.Module):
    """Convolution with batch norm folded in, ReLU6 (unless linear), with TensorFlow's SAME padding."""

    def __init__(self, cin, cout, kernel, stride=1, depthwise=False, linear=False):
        super().__init__()
        # At stride 2 on an even size SAME pads below and to the right only.
        self.pad_after = stride == 2
        padding = 0 if self.pad_after else kernel // 2
        self.conv = nn.Conv2d(cin, cout, kernel, stride, padding, groups=cin if depthwise else 1)
        self.depthwise, self.linear = depthwise, linear

    def forward(self, x):
        if self.pad_after:
            # oneDNN's bfloat16 backward of a strided depthwise convolution is 20 times slower than float32's.
            with torch.autocast("cpu", enabled=False):
                x = self.conv(F.pad(x.float(), (0, 1, 0, 1)))
        else:
            x = self.conv(x)
        return x if self.linear else F.relu6(x)


class Block(nn.Module):
    """Inverted residual with linear bottleneck."""

    def __init__(self, cin, cout, expansion, stride):
        super().__init__()
        hidden = cin * expansion
        self.expand = Layer(cin, hidden, 1) if expansion > 1 else None
        self.depthwise = Layer(hidden, hidden, 3, stride, depthwise=True)
        self.project = Layer(hidden, cout, 1, linear=True)
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Pixels [N, 3, H, W] in -1..1, H and W multiples of 32, to features [N, 1280]."""

    def __init__(self):
        super().__init__()
        self.stem = Layer(3, 32, 3, 2)
        blocks, cin = [], 32
        for expansion, cout, repeats, stride in STAGES:
            for i in range(repeats):
                blocks.append(Block(cin, cout, expansion, stride if i == 0 else 1))
                cin = cout
        self.blocks = nn.ModuleList(blocks)
        self.head = Layer(cin, FEATURES, 1)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x).float().mean((2, 3))

    def named_layers(self):
        """(name in the manifest, layer) in graph order."""
        yield "MobilenetV2/Conv", self.stem
        for i, block in enumerate(self.blocks):
            prefix = "MobilenetV2/expanded_conv" + (f"_{i}" if i else "")
            for part in ("expand", "depthwise", "project"):
                if getattr(block, part) is not None:
                    yield f"{prefix}/{part}", getattr(block, part)
        yield "MobilenetV2/Conv_1", self.head


def load_imagenet(weights_dir):
    """The published ImageNet network from a folder with manifest.json and .npy files."""
    weights_dir = Path(weights_dir)
    manifest = json.loads((weights_dir / "manifest.json").read_text())
    entries = {entry["layer"]: entry for entry in manifest["layersInGraphOrder"]}

    def tensors(name):
        entry = entries[name]
        return np.load(weights_dir / entry["kernel"]["file"]), np.load(weights_dir / entry["bias"]["file"])

    return load_folded(tensors)


def load_folded(tensors):
    """A network from tensors(layer name) -> (kernel in manifest layout, bias)."""
    net = MobileNetV2()
    for name, layer in net.named_layers():
        kernel, bias = (torch.from_numpy(np.asarray(a, dtype=np.float32)) for a in tensors(name))
        kernel = kernel.permute(3, 0, 1, 2) if layer.depthwise else kernel.permute(0, 3, 1, 2)
        layer.conv.weight.data.copy_(kernel)
        layer.conv.bias.data.copy_(bias)
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def manifest_tensors(net):
    """{`<layer>/kernel`, `<layer>/bias`: float32 array} in the manifest's layouts: ohwi, depthwise ihwo."""
    out = {}
    for name, layer in net.named_layers():
        kernel, bias = layer.conv.weight.detach(), layer.conv.bias.detach()
        kernel = kernel.permute(1, 2, 3, 0) if layer.depthwise else kernel.permute(0, 2, 3, 1)
        out[f"{name}/kernel"], out[f"{name}/bias"] = kernel.contiguous().numpy(), bias.numpy()
    return out
