"""ResNet50 as an ONNX file that Verger takes: image uint8 [1, H, W, 3] -> features float32 [1, 2048].

    python3 -m venv build/venv && . build/venv/bin/activate
    pip install torch==2.15.0 torchvision==0.29.2 onnx==1.23.2
    python model/resnet50.py build/resnet50.onnx && MODEL=build/resnet50.onnx npm start

--half keeps the weights as float16, widened when the file is loaded: 47 MB instead of 94, which fits a Lambda layer.
--random takes random weights instead of torchvision's: of no use but to try this without a download.

The photo's way in is in the graph, as in Verger's own models: Pillow's bicubic resize on whole levels, then the mean
and deviation that torchvision's weights were trained with.
"""

import io
import sys

import numpy as np
import onnx
import torch
import torchvision
from onnx import TensorProto, compose, helper, numpy_helper

net = torchvision.models.resnet50(weights=None if "--random" in sys.argv else "IMAGENET1K_V2").eval()
net.fc = torch.nn.Identity()
exported = io.BytesIO()
torch.onnx.export(net, torch.zeros(1, 3, 224, 224), exported, opset_version=18, dynamo=False,
                  input_names=["pixels"], output_names=["features"])
network = onnx.load_from_string(exported.getvalue())

constant = lambda name, values, dtype: numpy_helper.from_array(np.array(values, dtype), name)
column = lambda values: np.array(values, np.float32).reshape(1, 3, 1, 1)
entrance = helper.make_model(helper.make_graph(
    [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Resize", ["planes", "", "", "sizes"], ["levels"], mode="cubic", cubic_coeff_a=-0.5,
                         antialias=1, exclude_outside=1, coordinate_transformation_mode="half_pixel"),
        helper.make_node("Cast", ["levels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["floats", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["scaled"]),
    ],
    "entrance",
    [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, "H", "W", 3])],
    [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, [1, 3, 224, 224])],
    [
        constant("sizes", [1, 3, 224, 224], np.int64),
        constant("mean", column([0.485, 0.456, 0.406]) * 255, np.float32),
        constant("deviation", column([0.229, 0.224, 0.225]) * 255, np.float32),
    ],
), opset_imports=network.opset_import, ir_version=network.ir_version)
model = compose.merge_models(entrance, network, io_map=[("scaled", "pixels")])
if "--half" in sys.argv:
    for tensor in [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and np.prod(t.dims) > 1000]:
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{tensor.name}/half")
        model.graph.node.insert(0, helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
        model.graph.initializer.append(half)
        model.graph.initializer.remove(tensor)
helper.set_model_props(model, {"name": "resnet50"})
onnx.save(model, sys.argv[1])
