"""Reads one snapshot with pyarrow, pandas, DuckDB and PySpark, and asserts that all see the same rows, types and values.

    python3 -m venv /tmp/interop && /tmp/interop/bin/pip install -r test/interop/requirements.txt
    /tmp/interop/bin/python test/interop/read_snapshot.py out/

The folder is one that `npm start` made. Ends with 0 only if all hold.
"""

import glob
import hashlib
import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

COLUMNS = ["path", "label", "features", "pca_features", "etag", "model", "featurized_at", "width", "height", "bytes"]
LIST = pa.list_(pa.field("element", pa.float32(), nullable=False))


def main(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    parts = sorted(glob.glob(str(folder / "rows" / "*")))
    check_files(folder, manifest)
    table = read_with_pyarrow(parts, manifest)
    check_pca(folder, table)
    check_csv(folder, table)
    compare("pandas", pd.read_parquet(parts, partitioning=None), table)
    compare_duckdb(parts, table)
    compare_spark(parts, table)
    print(f"{manifest['rows']} rows in {len(parts)} parts: all readers agree")


def check_files(folder: Path, manifest: dict) -> None:
    entries = [("rows/", part) for part in manifest["parts"]] + [("", file) for file in manifest["files"]]
    for below, entry in entries:
        content = (folder / (below + entry["name"])).read_bytes()
        assert len(content) == entry["bytes"], entry["name"]
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["name"]
    print(f"manifest       {len(entries)} files have the bytes and SHA-256 that it states")


def read_with_pyarrow(parts: list[str], manifest: dict) -> pa.Table:
    tables = [pq.ParquetFile(part).read() for part in parts]
    assert [len(table) for table in tables] == [part["rows"] for part in manifest["parts"]]
    table = pa.concat_tables(tables)
    wanted = [
        ("path", pa.string(), False),
        ("label", pa.string(), True),
        ("features", LIST, False),
        ("pca_features", LIST, False),
        ("etag", pa.string(), False),
        ("model", pa.string(), False),
        ("featurized_at", pa.timestamp("us", tz="UTC"), False),
        ("width", pa.int32(), False),
        ("height", pa.int32(), False),
        ("bytes", pa.int64(), False),
    ]
    assert [(f.name, f.type, f.nullable) for f in table.schema] == wanted, table.schema
    paths = [path.encode() for path in table["path"].to_pylist()]
    assert paths == sorted(paths), "paths are sorted by their UTF-8 bytes"
    assert json.loads(pq.read_metadata(parts[0]).metadata[b"verger"])["rows"] == manifest["rows"]
    print(f"pyarrow        {pa.__version__}: " + ", ".join(f"{f.name} {f.type}" for f in table.schema))
    return table


def matrix(column: pa.ChunkedArray) -> np.ndarray:
    return column.combine_chunks().flatten().to_numpy().reshape(len(column), -1)


def check_pca(folder: Path, table: pa.Table) -> None:
    pca = json.loads((folder / "pca.json").read_text())
    shift = 0 if pca["options"]["projection"] == "spark" else np.array(pca["mean"])
    rows = (matrix(table["features"]).astype(np.float64) - shift) / np.array(pca["scale"])
    expected = rows @ np.array(pca["components"]).T
    actual = matrix(table["pca_features"])
    worst = float(np.abs(actual - expected).max())
    # The column is float32: half a unit in the last place is 2**-24 of the value, here of the largest.
    assert worst <= 2**-24 * np.abs(expected).max(), worst
    print(f"NumPy          {np.__version__}: pca_features = components · (features − mean) / scale, within {worst:.1e}")


def check_csv(folder: Path, table: pa.Table) -> None:
    path = folder / "pca_features.csv"
    if not path.exists():
        return
    csv = pd.read_csv(path, keep_default_na=False, na_values={"label": ""})
    assert csv["path"].tolist() == table["path"].to_pylist()
    values = csv.filter(regex=r"^pca\d+$").to_numpy().astype(np.float32)
    assert np.array_equal(values, matrix(table["pca_features"]))
    print(f"CSV            {len(csv)} rows, the same paths and float32 values")


def compare(reader: str, frame: pd.DataFrame, table: pa.Table, types: str = "") -> None:
    assert frame.columns.tolist() == COLUMNS, frame.columns
    for name in ["path", "etag", "model", "width", "height", "bytes"]:
        assert frame[name].tolist() == table[name].to_pylist(), name
    labels = [None if pd.isna(label) else label for label in frame["label"]]
    assert labels == table["label"].to_pylist()
    for name in ["features", "pca_features"]:
        values = np.stack(frame[name].to_numpy())
        assert values.dtype == np.float32, values.dtype
        assert np.array_equal(values, matrix(table[name])), name
    times = pd.to_datetime(frame["featurized_at"], utc=True)
    assert times.astype("datetime64[us, UTC]").astype("int64").tolist() == (
        table["featurized_at"].cast(pa.int64()).to_pylist()
    )
    versions = {"pandas": pd.__version__, "DuckDB": duckdb.__version__}
    types = types or ", ".join(f"{name} {dtype}" for name, dtype in frame.dtypes.items())
    print(f"{reader:14} {versions.get(reader, '')}: {types}")


def compare_duckdb(parts: list[str], table: pa.Table) -> None:
    duckdb.sql("SET TimeZone = 'UTC'")
    relation = duckdb.read_parquet(parts, hive_partitioning=False)
    types = ", ".join(f"{name} {kind}" for name, kind in zip(relation.columns, relation.types))
    assert "features FLOAT[], pca_features FLOAT[]" in types, types
    assert "featurized_at TIMESTAMP WITH TIME ZONE" in types, types
    compare("DuckDB", relation.order("path").df(), table, types)


def compare_spark(parts: list[str], table: pa.Table) -> None:
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.maxResultSize", "0")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        frame = spark.read.parquet(*parts)
        types = frame.schema.simpleString()
        assert types == (
            "struct<path:string,label:string,features:array<float>,pca_features:array<float>,"
            "etag:string,model:string,featurized_at:timestamp,width:int,height:int,bytes:bigint>"
        ), types
        wide = frame.orderBy("path").toPandas()
        compare(f"Spark {spark.version}", wide, table, types)
    finally:
        spark.stop()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
