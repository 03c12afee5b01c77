"""PySpark's StandardScaler and PCA over Parquet, and its Parquet: python spark_pca.py FILE ROWS CORES FOLDER -> JSON.

The rows lie in Parquet before the clock starts, as they would in the job that Verger replaces; so does a Spark session
that has done something.
"""

import json
import os
import sys
import time

from pyspark.ml import Pipeline
from pyspark.ml.feature import PCA, StandardScaler
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession

from rows import read_rows, write_parts

path, count, cores, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.mkdir(f"{folder}/rows")
write_parts(f"{folder}/rows", count, features=read_rows(path, count, "f4"))
spark = (
    SparkSession.builder.master(f"local[{cores}]")
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.local.dir", folder)
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
spark.range(1000).count()

start = time.perf_counter()
rows = spark.read.parquet(f"{folder}/rows").withColumn("vector", array_to_vector("features"))
scaler = StandardScaler(withMean=True, withStd=True, inputCol="vector", outputCol="standardized")
pca = PCA(k=64, inputCol="standardized", outputCol="projected")
model = Pipeline(stages=[scaler, pca]).fit(rows)
fitted = time.perf_counter()
projected = model.transform(rows).withColumn("pca_features", vector_to_array("projected", "float32"))
projected.drop("vector", "standardized", "projected").write.parquet(f"{folder}/snapshot")
written = time.perf_counter()
variance = model.stages[1].explainedVariance.toArray().tolist()
spark.stop()
print(
    json.dumps(
        {
            "seconds": written - start,
            "fit": fitted - start,
            "write": written - fitted,
            "explainedVarianceRatio": variance,
        }
    )
)
