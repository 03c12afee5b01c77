"""MobileNetV2 1.0 (Sandler et al. 2018, arXiv:1801.04381) up to its 1280 pooled features.

One class serves both sides of the distillation: the student has batch norm and random weights, the
teacher has the published weights with batch norm already folded in. Layer names and kernel layouts are
those of the published weights' manifest, so that one exporter serves both.
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
BN_EPS = 1e-3


class Layer(nn.Module):
    """Convolution, batch norm (unless folded), ReLU6 (unless linear), with TensorFlow's SAME padding."""

    def __init__(self, cin, cout, kernel, stride=1, depthwise=False, linear=False, folded=False):
        super().__init__()
        # At stride 2 on an even size SAME pads below and to the right only.
        self.pad_after = stride == 2
        padding = 0 if self.pad_after else kernel // 2
        self.conv = nn.Conv2d(cin, cout, kernel, stride, padding, groups=cin if depthwise else 1, bias=folded)
        self.bn = None if folded else nn.BatchNorm2d(cout, eps=BN_EPS, momentum=0.02)
        self.depthwise, self.linear = depthwise, linear
        if not folded:
            nn.init.kaiming_normal_(self.conv.weight, mode="fan_in" if depthwise else "fan_out")

    def forward(self, x):
        if self.pad_after:
            # oneDNN's bfloat16 backward of a strided depthwise convolution is 20 times slower than float32's.
            with torch.autocast("cpu", enabled=False):
                x = self.conv(F.pad(x.float(), (0, 1, 0, 1)))
        else:
            x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return x if self.linear else F.relu6(x)

    def folded(self):
        """Kernel [out, in, h, w] and bias [out] with batch norm folded in, float64."""
        weight = self.conv.weight.detach().double()
        if self.bn is None:
            return weight, self.conv.bias.detach().double()
        scale = self.bn.weight.detach().double() / torch.sqrt(self.bn.running_var.double() + BN_EPS)
        return weight * scale.view(-1, 1, 1, 1), self.bn.bias.detach().double() - self.bn.running_mean.double() * scale


class Block(nn.Module):
    """Inverted residual with linear bottleneck."""

    def __init__(self, cin, cout, expansion, stride, folded):
        super().__init__()
        hidden = cin * expansion
        self.expand = Layer(cin, hidden, 1, folded=folded) if expansion > 1 else None
        self.depthwise = Layer(hidden, hidden, 3, stride, depthwise=True, folded=folded)
        self.project = Layer(hidden, cout, 1, linear=True, folded=folded)
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """Pixels [N, 3, H, W] in -1..1, H and W multiples of 32, to features [N, 1280]."""

    def __init__(self, folded=False):
        super().__init__()
        self.stem = Layer(3, 32, 3, 2, folded=folded)
        blocks, cin = [], 32
        for expansion, cout, repeats, stride in STAGES:
            for i in range(repeats):
                blocks.append(Block(cin, cout, expansion, stride if i == 0 else 1, folded))
                cin = cout
        self.blocks = nn.ModuleList(blocks)
        self.head = Layer(cin, FEATURES, 1, folded=folded)

    def forward(self, x):
        return self.maps(x)[-1].float().mean((2, 3))

    def maps(self, x, replace=None):
        """The output of every block and of the last convolution: 18 maps.

        replace(i, map) may hand the next block something else than map i (see train.py)."""
        x = self.stem(x)
        out = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            out.append(x)
            if replace is not None:
                x = replace(i, x)
        out.append(self.head(x))
        return out

    def named_layers(self):
        """(name in the manifest, layer) in graph order."""
        yield "MobilenetV2/Conv", self.stem
        for i, block in enumerate(self.blocks):
            prefix = "MobilenetV2/expanded_conv" + (f"_{i}" if i else "")
            for part in ("expand", "depthwise", "project"):
                if getattr(block, part) is not None:
                    yield f"{prefix}/{part}", getattr(block, part)
        yield "MobilenetV2/Conv_1", self.head


def load_teacher(weights_dir):
    """The published ImageNet network, ready for inference, from a folder with manifest.json and .npy files."""
    weights_dir = Path(weights_dir)
    manifest = json.loads((weights_dir / "manifest.json").read_text())
    entries = {entry["layer"]: entry for entry in manifest["layersInGraphOrder"]}

    def tensors(name):
        entry = entries[name]
        return np.load(weights_dir / entry["kernel"]["file"]), np.load(weights_dir / entry["bias"]["file"])

    return load_folded(tensors)


def load_folded(tensors):
    """A folded network from tensors(layer name) -> (kernel in manifest layout, bias)."""
    net = MobileNetV2(folded=True)
    for name, layer in net.named_layers():
        kernel, bias = (torch.from_numpy(np.asarray(a, dtype=np.float32)) for a in tensors(name))
        kernel = kernel.permute(3, 0, 1, 2) if layer.depthwise else kernel.permute(0, 3, 1, 2)
        layer.conv.weight.data.copy_(kernel)
        layer.conv.bias.data.copy_(bias)
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def manifest_tensors(net, dtype):
    """{`<layer>/kernel`, `<layer>/bias`: array} folded, in the manifest's layouts: ohwi, depthwise ihwo."""
    out = {}
    for name, layer in net.named_layers():
        kernel, bias = layer.folded()
        kernel = kernel.permute(1, 2, 3, 0) if layer.depthwise else kernel.permute(0, 2, 3, 1)
        out[f"{name}/kernel"] = np.ascontiguousarray(kernel.numpy()).astype(dtype)
        out[f"{name}/bias"] = bias.numpy().astype(dtype)
    return out
