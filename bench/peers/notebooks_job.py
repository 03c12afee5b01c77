"""The job that Verger replaces, as its notebooks did it: python notebooks_job.py PHOTOS WEIGHTS CORES FOLDER -> JSON.

Photos are read by Spark, featurized by Keras' MobileNetV2 in a pandas UDF, and written as Parquet; that is read again,
standardized, brought to 64 components, and written once more. Each task builds the model, as the notebooks have it; here
there are two tasks a core and not their twenty, which is in Spark's favour.
"""

import io
import json
import os
import sys
import time
from typing import Iterator

import pandas as pd
from pyspark.ml import Pipeline
from pyspark.ml.feature import PCA, StandardScaler
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, element_at, pandas_udf, split

started = time.perf_counter()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
photos, weights, cores, folder = sys.argv[1:5]


spark = (
    SparkSession.builder.master(f"local[{cores}]")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.local.dir", folder)
    .config("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
ready = time.perf_counter()


def build_model(folder):
    """Keras' own layers with weights whose batch norms are folded: those left add the bias and change nothing else."""
    import json

    import numpy as np
    from tensorflow.keras.applications.mobilenet_v2 import MobileNetV2

    model = MobileNetV2(weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
    with open(f"{folder}/manifest.json") as file:
        layers = json.load(file)["layersInGraphOrder"]
    convolutions = [layer for layer in model.layers if "Conv2D" in type(layer).__name__]
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for convolution, norm, layer in zip(convolutions, norms, layers):
        kernel = np.load(f"{folder}/{layer['kernel']['file']}")
        bias = np.load(f"{folder}/{layer['bias']['file']}")
        # ohwi -> hwio; a depthwise kernel [1, h, w, channels] -> [h, w, channels, 1].
        convolution.set_weights([kernel.transpose(1, 2, 3, 0)])
        one = np.ones_like(bias)
        norm.set_weights([one, bias, 0 * one, one - norm.epsilon])
    return model


@pandas_udf("array<float>")
def featurize(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
    import numpy as np
    from PIL import Image
    from tensorflow.keras.applications.mobilenet_v2 import preprocess_input

    model = build_model(weights)
    for contents in batches:
        images = [Image.open(io.BytesIO(content)).convert("RGB").resize((224, 224)) for content in contents]
        pixels = preprocess_input(np.stack([np.asarray(image, np.float32) for image in images]))
        yield pd.Series(list(model.predict(pixels, verbose=0)))


files = spark.read.format("binaryFile").option("pathGlobFilter", "*.jpg").option("recursiveFileLookup", "true")
images = files.load(photos).withColumn("label", element_at(split("path", "/"), -2))
images = images.repartition(2 * int(cores)).select("path", "label", featurize(col("content")).alias("features"))
images.write.parquet(f"{folder}/features")
featurized = time.perf_counter()

rows = spark.read.parquet(f"{folder}/features").withColumn("vector", array_to_vector("features"))
scaler = StandardScaler(withMean=True, withStd=True, inputCol="vector", outputCol="standardized")
pca = PCA(k=64, inputCol="standardized", outputCol="projected")
model = Pipeline(stages=[scaler, pca]).fit(rows)
projected = model.transform(rows).withColumn("pca_features", vector_to_array("projected", "float32"))
projected.drop("vector", "standardized", "projected").write.parquet(f"{folder}/snapshot")
written = time.perf_counter()
count = spark.read.parquet(f"{folder}/snapshot").count()
variance = float(model.stages[1].explainedVariance.toArray().sum())
spark.stop()
print(
    json.dumps(
        {
            "photos": count,
            "explainedVariance": variance,
            "start": ready - started,
            "featurize": featurized - ready,
            "reduce": written - featurized,
        }
    )
)
