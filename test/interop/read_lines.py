"""Runs what README and examples/notebook.ipynb tell people to type, on a snapshot, and compares the results.

    python3 -m venv /tmp/interop && /tmp/interop/bin/pip install -r test/interop/requirements.txt
    /tmp/interop/bin/python test/interop/read_lines.py out/ [--write]

The folder is one that `npm start` made of samples/. With --write the notebook keeps its new outputs. Ends with 0 only if
all hold. A reader that is not installed is skipped by name.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = {
    "pandas": "import pandas as pd",
    "polars": "import polars as pl",
    "DuckDB": "import duckdb",
    "Spark": "from pyspark.ml.functions import array_to_vector, vector_to_array; from pyspark.sql import SparkSession; "
    "spark = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate()",
    "Hugging Face datasets": "from datasets import load_dataset",
    "Arrow": "import pyarrow.parquet as pq",
}


def main(folder: Path, write: bool) -> None:
    readme = (ROOT / "README.md").read_text()
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(folder, Path(work) / "out")
        os.environ.setdefault("HF_HOME", work)
        os.chdir(work)
        X = check_table(readme)
        check_snippets(readme, X)
        check_notebook(work, write)


def check_table(readme: str) -> np.ndarray:
    table = readme[readme.index("| in | rows | features as a matrix") :].split("\n\n")[0]
    expected = None
    for line in table.splitlines()[2:]:
        name, rows, matrix = (cell.strip() for cell in line.strip("|").split(" | "))
        name = name.strip("| ")
        scope: dict = {"np": np}
        try:
            exec(IMPORTS[name], scope)
        except ImportError as missing:
            print(f"{name:22} skipped: {missing}")
            continue
        rows, matrix = (re.search(r"`([^`]+)`", cell).group(1) for cell in (rows, matrix))
        exec(rows, scope)
        found = eval(matrix, scope)
        if name == "Spark":
            ordered = found.orderBy("path").select(vector_to_array_of(scope)("vector").alias("vector"))
            found = np.array([row.vector for row in ordered.collect()])
            scope["spark"].stop()
        found = np.asarray(found)
        expected = found if expected is None else expected
        assert found.shape == expected.shape and found.shape[1] == 1280, (name, found.shape)
        assert np.array_equal(found.astype(np.float32), expected), name
        print(f"{name:22} {rows}; {matrix}: {found.shape}, the same numbers")
    assert expected is not None
    return expected


def vector_to_array_of(scope: dict):
    return scope["vector_to_array"]


def check_snippets(readme: str, X: np.ndarray) -> None:
    import pandas as pd

    wanted = np.stack(pd.read_parquet("out/rows/").sort_values("path")["pca_features"])
    for kind in ["import onnxruntime", "import json, numpy as np"]:
        code = next(block for block in re.findall(r"```python\n(.*?)```", readme, re.S) if block.startswith(kind))
        lines = len(code.strip().splitlines())
        scope: dict = {"X": X}
        exec(code, scope)
        worst = np.abs(scope["columns"] - wanted).max() / np.abs(wanted).max()
        assert worst < 1e-6, (kind, worst)
        print(f"{kind:22} {lines} lines: pca_features within {worst:.0e} of the largest")


def check_notebook(work: str, write: bool) -> None:
    import nbformat
    from nbclient import NotebookClient

    path = ROOT / "examples" / "notebook.ipynb"
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": work}}).execute()
    texts = "\n".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    share = re.search(r"([\d.]+)% of photos have a nearest neighbour of their own label", texts)
    apart = re.search(r"from the column pca_features: (\S+)", texts)
    assert share and float(share.group(1)) > 90, texts
    assert apart and float(apart.group(1)) < 1e-6, texts
    for cell in notebook.cells:
        cell.get("metadata", {}).pop("execution", None)
    if write:
        nbformat.write(notebook, path)
    print(f"notebook               {len(notebook.cells)} cells run: {share.group(0)}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), "--write" in sys.argv)
