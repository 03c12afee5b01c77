"""The rows of the reduce benchmark: raw little-endian float32, row-major [rows x 1280], and their other columns."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DIMENSION = 1280
PART_ROWS, ROW_GROUP_ROWS = 32768, 4096  # as in functions/core/snapshot/parts.ts and parquet.ts


def read_rows(path, rows, dtype):
    values = np.fromfile(path, dtype="<f4", count=rows * DIMENSION).reshape(rows, DIMENSION)
    return values.astype(dtype, copy=False)


def table_of(start, stop, **lists):
    """Rows start to stop with the columns of a snapshot; `lists` are float arrays [rows x any width]."""
    numbers = [(index * 7919) % 1_000_000 for index in range(start, stop)]
    labels = [f"Variety {number % 60:02d}" for number in numbers]
    columns = {
        "path": pa.array([f"photos/{label}/{number:06d}.jpg" for label, number in zip(labels, numbers)]),
        "label": pa.array(labels),
    }
    for name, values in lists.items():
        values = np.ascontiguousarray(values, dtype="f4")
        offsets = np.arange(0, values.size + 1, values.shape[1], dtype="i4")
        columns[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel()))
    columns["etag"] = pa.array([f"{number * 2654435761:032x}" for number in numbers])
    columns["model"] = pa.array(["synthetic@000000000000"] * len(numbers))
    columns["featurized_at"] = pa.array([1767323045000000] * len(numbers), pa.timestamp("us", "UTC"))
    columns["width"] = columns["height"] = pa.array([224] * len(numbers), pa.int32())
    columns["bytes"] = pa.array([10000] * len(numbers), pa.int64())
    return pa.table(columns)


def write_parts(folder, rows, **lists):
    """Writes Parquet as Verger does: same columns, parts, row groups, codec and encodings."""
    for part, start in enumerate(range(0, rows, PART_ROWS)):
        stop = min(start + PART_ROWS, rows)
        pq.write_table(
            table_of(start, stop, **{name: values[start:stop] for name, values in lists.items()}),
            f"{folder}/part-{part:05d}.parquet",
            row_group_size=ROW_GROUP_ROWS,
            compression="snappy",
            use_dictionary=["label", "model"],
            write_statistics=["path", "label", "featurized_at"],
        )
