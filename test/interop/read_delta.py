"""Has snapshots published into a folder, and other implementations read them: as a Delta Lake table, and as plain folders.

    python3 -m venv /tmp/delta && /tmp/delta/bin/pip install -r test/interop/delta-requirements.txt
    /tmp/delta/bin/python test/interop/read_delta.py

What is not installed is skipped by name. Ends with 0 only if all that is installed agrees with the parts themselves.
"""

import importlib
import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds

ROOT = Path(__file__).parents[2]
LABELS = ["Kind 1", "\U0001f34e Äpfel", "Ａ wide", 'a "quote", 50 %', "x" * 300]
PATHS = ["shop/Kind 1/6.jpg", "\U0001f34e Äpfel/{n}: 1.jpg", "loose-0.jpg"]


def publish(folder: Path, first: int, last: int, name: str = "a1", prefix: str = "") -> subprocess.Popen:
    """Publishes snapshots in a process of its own."""
    command = ["npx", "tsx", "test/interop/delta-table.ts", str(folder), str(first), str(last), name, prefix]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> list[dict]:
    output, _ = process.communicate()
    assert process.returncode == 0, process.returncode
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def expected_of(folder: Path, snapshot: str, n: int) -> dict:
    """What the parts of one snapshot hold, read one by one."""
    parts = sorted((folder / "rows" / f"snapshot={snapshot}").iterdir())
    table = ds.dataset([str(part) for part in parts]).to_table(["path", "label", "width"])
    paths = [path.format(n=n) for path in PATHS]
    return {
        "rows": len(table),
        "labels": {label: pc.sum(pc.equal(table["label"], label)).as_py() for label in LABELS},
        "unlabelled": table["label"].null_count,
        "paths": {path: table.filter(pc.equal(table["path"], path))["width"].to_pylist() for path in paths},
    }


class DeltaRs:
    name = "deltalake"

    def read(self, table: str, version: int | None, paths: list[str]) -> dict:
        deltalake = importlib.import_module("deltalake")
        whole = deltalake.DeltaTable(table, version=version).to_pyarrow_dataset()
        column = ds.field("label")
        return {
            "rows": whole.count_rows(),
            "labels": {label: whole.count_rows(filter=column == label) for label in LABELS},
            "unlabelled": whole.count_rows(filter=column.is_null()),
            "paths": {p: whole.to_table(["width"], filter=ds.field("path") == p)["width"].to_pylist() for p in paths},
        }


class Polars:
    name = "polars"

    def read(self, table: str, version: int | None, paths: list[str]) -> dict:
        pl = importlib.import_module("polars")
        scan = pl.scan_delta(table, version=version)
        count = lambda condition: scan.filter(condition).select(pl.len()).collect().item()
        return {
            "rows": scan.select(pl.len()).collect().item(),
            "labels": {label: count(pl.col("label") == label) for label in LABELS},
            "unlabelled": count(pl.col("label").is_null()),
            "paths": {p: scan.filter(pl.col("path") == p).collect()["width"].to_list() for p in paths},
        }


class DuckDb:
    name = "duckdb"

    def __init__(self) -> None:
        duckdb = importlib.import_module("duckdb")
        package = importlib.import_module("duckdb_extension_delta")
        extension = next(Path(package.__file__).parent.rglob("delta.duckdb_extension"))
        self.db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self.db.sql(f"LOAD '{extension}'")

    def read(self, table: str, version: int | None, paths: list[str]) -> dict:
        source = f"delta_scan('{table}'" + (")" if version is None else f", version={version})")
        one = lambda sql, *values: self.db.execute(f"SELECT {sql}", values).fetchall()
        return {
            "rows": one(f"count(*) FROM {source}")[0][0],
            "labels": {label: one(f"count(*) FROM {source} WHERE label = ?", label)[0][0] for label in LABELS},
            "unlabelled": one(f"count(*) FROM {source} WHERE label IS NULL")[0][0],
            "paths": {p: [w for (w,) in one(f"width FROM {source} WHERE path = ?", p)] for p in paths},
        }


class Spark:
    name = "spark"

    def __init__(self) -> None:
        sql = importlib.import_module("pyspark.sql")
        delta = importlib.import_module("delta")
        builder = (
            sql.SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.databricks.delta.snapshotPartitions", "1")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        )
        self.session = delta.configure_spark_with_delta_pip(builder).getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def read(self, table: str, version: int | None, paths: list[str]) -> dict:
        reader = self.session.read.format("delta")
        frame = (reader if version is None else reader.option("versionAsOf", version)).load(table)
        return {
            "rows": frame.count(),
            "labels": {label: frame.filter(frame.label == label).count() for label in LABELS},
            "unlabelled": frame.filter(frame.label.isNull()).count(),
            "paths": {p: [row.width for row in frame.filter(frame.path == p).collect()] for p in paths},
        }


def available() -> list:
    readers = []
    for kind in [DeltaRs, Polars, DuckDb, Spark]:
        try:
            readers.append(kind())
            importlib.import_module({"spark": "pyspark"}.get(kind.name, kind.name))
        except Exception as error:  # not installed, or its jars cannot be had
            readers = [reader for reader in readers if reader.name != kind.name]
            print(f"skipped: {kind.name} ({type(error).__name__}: {str(error)[:100]})")
    return readers


def check(readers: list, folder: Path, version: int | None, snapshot: str, n: int, what: str) -> None:
    expected = expected_of(folder, snapshot, n)
    for reader in readers:
        read = reader.read(str(folder / "rows"), version, list(expected["paths"]))
        assert read == expected, f"{reader.name}, {what}:\n{read}\n{expected}"
    print(f"{what}: {expected['rows']} rows, by label and by path: {', '.join(reader.name for reader in readers)}")


def check_plain(readers: list, folder: Path, snapshot: str) -> None:
    """The folder of one snapshot, given as it is: the same rows and the same columns, and none that its name would add."""
    rows = str(folder / "rows" / f"snapshot={snapshot}") + "/"
    part = next(Path(rows).iterdir())
    columns = ds.dataset(str(part)).schema.names
    count = expected_of(folder, snapshot, 0)["rows"]
    spark = next((reader.session for reader in readers if reader.name == "spark"), None)
    ways = {
        "pandas": lambda m: (lambda frame: (len(frame), list(frame.columns)))(m.read_parquet(rows)),
        "polars": lambda m: (lambda frame: (frame.height, frame.columns))(m.read_parquet(rows)),
        "duckdb": lambda m: (lambda found: (len(found), found.columns))(m.read_parquet(rows)),
        "datasets": lambda m: (lambda found: (found.num_rows, found.column_names))(
            m.load_dataset("parquet", data_dir=rows, split="train", cache_dir=str(folder / "datasets"))
        ),
        "pyspark": lambda m: (lambda frame: (frame.count(), frame.columns))(spark.read.parquet(rows)),
    }
    done = []
    for name, read in ways.items():
        try:
            module = importlib.import_module(name)
        except ImportError:
            print(f"skipped: {name}")
            continue
        if name == "pyspark" and spark is None:
            continue
        found = read(module)
        assert found == (count, columns), f"{name}: {found}, not {count} rows of {columns}"
        done.append(f"{name} {importlib.metadata.version(name)}")
    print(f"a plain folder: {count} rows, {len(columns)} columns: {', '.join(done)}")


def check_versions(folder: Path) -> int:
    """Every version, replayed line by line, is one snapshot, and none goes back. Returns their number."""
    live: set[str] = set()
    names = []
    for commit in sorted((folder / "rows" / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text().splitlines()):
            live -= {action["remove"]["path"]} if "remove" in action else set()
            live |= {action["add"]["path"]} if "add" in action else set()
        names.append({path.split("/")[0] for path in live})
    assert all(len(name) == 1 for name in names), names
    assert names == sorted(names, key=min), names
    return len(names)


def main(folder: Path) -> None:
    readers = available()
    done = finish(publish(folder, 0, 3))
    check(readers, folder, None, done[2]["snapshot"], 2, "the newest version, two parts")
    check(readers, folder, 1, done[1]["snapshot"], 1, "the version before")
    check_plain(readers, folder, done[2]["snapshot"])
    assert check_versions(folder) == 3

    collection = folder / "collections" / "shop-2F"
    done = finish(publish(folder, 0, 1, prefix="shop/")) + finish(publish(folder, 3, 5, prefix="shop/"))
    check(readers, collection, None, done[2]["snapshot"], 4, "a collection, below the table of all photos")
    check(readers, collection, 0, done[0]["snapshot"], 0, "its first version")
    check_plain(readers, collection, done[2]["snapshot"])
    assert check_versions(collection) == check_versions(folder) == 3

    done = finish(publish(folder, 3, 63))
    left = {path.parent for path in (folder / "rows").glob("snapshot=*/*")}
    log = sorted(path.name for path in (folder / "rows" / "_delta_log").iterdir())
    print(f"after 60 more commits: {len(left)} snapshots are left, and {len(log)} files of the log, from {log[0]} on")
    check(readers, folder, None, done[-1]["snapshot"], 62, "the newest version, after old parts are gone")
    check(readers, folder, 61, done[-2]["snapshot"], 61, "the version before")
    check(readers, folder, 40, done[37]["snapshot"], 40, "a version of three weeks ago")

    race = folder / "race"
    race.mkdir()
    both = [publish(race, 0, 20, "a1"), publish(race, 0, 20, "b1")]
    done = [line for process in both for line in finish(process)]
    newest = max(done, key=lambda line: line["snapshot"])
    versions = check_versions(race)
    print(f"two writers of 40 commits: {versions} versions, {40 - versions} were overtaken")
    check(readers, race, None, newest["snapshot"], newest["n"], "the newest version, after the race")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="verger-delta-") as temporary:
        main(Path(temporary))
        print("all agree")
    sys.exit(0)
