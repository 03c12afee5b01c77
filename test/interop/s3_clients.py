"""Runs test/interop/s3-table.json, which `npm test` runs by the JavaScript SDK, by boto3 and by the AWS CLI.

    python3 -m venv /tmp/interop && /tmp/interop/bin/pip install -r test/interop/s3-requirements.txt
    npm run dev                                              # in another terminal
    /tmp/interop/bin/python test/interop/s3_clients.py boto3 http://127.0.0.1:4569
    /tmp/interop/bin/python test/interop/s3_clients.py cli http://127.0.0.1:4569
    /tmp/interop/bin/python test/interop/s3_clients.py moto  # a second opinion: boto3 against moto's S3

Against moto, steps are left out that it is known to answer otherwise; the table says how. Ends with 0 only if all hold.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TABLE = json.loads((Path(__file__).parent / "s3-table.json").read_text())
os.environ |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "eu-west-1"}


def main(name: str, endpoint: str | None = None) -> None:
    if name == "moto":
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        endpoint = "http://%s:%d" % server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))
    send = (lambda *step: send_by_cli(endpoint, *step)) if name == "cli" else (lambda *step: send_by_boto3(client, *step))
    failures = 0
    for number, (title, steps) in enumerate(TABLE.items()):
        saved = {"bucket": f"interop-{name}-{os.getpid()}-{number}"}
        client.create_bucket(Bucket=saved["bucket"], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for operation, parameters, expected, *other in steps:
            if name == "moto" and other:
                continue
            bucket = {} if operation == "ListBuckets" else {"Bucket": saved["bucket"]}
            answer = send(operation, bucket | fill(parameters, saved))
            problem = compare(answer, expected, saved)
            if problem:
                failures += 1
                print(f"{title}: {operation} {json.dumps(parameters)[:200]}: {problem}")
    if name == "boto3":
        post_and_transfer(client)
    print(f"{name}: {sum(map(len, TABLE.values()))} steps, {failures} failed")
    sys.exit(failures > 0)


def send_by_boto3(client, operation: str, parameters: dict):
    try:
        answer = client._make_api_call(operation, parameters)
    except ClientError as error:
        return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
    return answer | ({"Body": answer["Body"].read().decode()} if "Body" in answer else {})


def send_by_cli(endpoint: str, operation: str, parameters: dict):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        if "Body" in parameters:
            (Path(folder) / "body").write_text(parameters["Body"])
            parameters = {name: value for name, value in parameters.items() if name != "Body"}
            files = ["--body", f"{folder}/body"]
        if operation == "GetObject":  # which takes no JSON
            options = [f"--{kebab(name)}={value}" for name, value in parameters.items()] + [f"{folder}/answer"]
        else:
            options = ["--cli-input-json", json.dumps(parameters), *files]
        # As itself, without what the CLI would make of many pages.
        page = ["--no-paginate"] if operation.startswith("List") else []
        asked = ["aws", "s3api", kebab(operation), "--endpoint-url", endpoint, "--output", "json", *page, *options]
        done = subprocess.run(asked, capture_output=True, text=True)
        if done.returncode:
            code = re.search(r"\((\w+)\)", done.stderr)
            return f"? {code[1] if code else done.stderr}"
        answer = json.loads(done.stdout or "{}")
        return answer | ({"Body": (Path(folder) / "answer").read_text()} if operation == "GetObject" else {})


def kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def fill(value, saved: dict):
    """Puts what was saved in place of its name, and text in place of its repetition."""
    if isinstance(value, list):
        return [fill(inner, saved) for inner in value]
    if isinstance(value, str):
        if re.fullmatch(r"\$\w+", value):
            return saved[value[1:]]
        return value.replace("$bucket", saved["bucket"])
    if not isinstance(value, dict):
        return value
    if "times" in value:
        return value["text"] * value["times"]
    return {key: fill(inner, saved) for key, inner in value.items()}


def compare(answer, expected, saved: dict) -> str | None:
    """What is wrong; `=name` saves, `$name` is what was saved, null is nothing, an error is its status and code."""
    if isinstance(expected, str) and re.match(r"\d{3}", expected):
        status, _, code = expected.partition(" ")
        said = str(answer).split(" ")
        held = said[0] in (status, "?") and (said[-1] == code if code else said[-1] in (status, "NotModified"))
        return None if held else f"{str(answer)[:300]} instead of {expected}"
    if expected is None:
        return f"there is {answer}" if answer else None
    if isinstance(expected, str) and expected.startswith("="):
        saved[expected[1:]] = answer
        return None if answer else "nothing to keep"
    if isinstance(expected, dict):
        if not isinstance(answer, dict):
            return f"{answer} is no answer"
        problems = [(key, compare(answer.get(key), inner, saved)) for key, inner in expected.items()]
        return next((f"{key}: {problem}" for key, problem in problems if problem), None)
    if isinstance(expected, list):
        if len(answer or []) != len(expected):
            return f"{answer} has another length"
        return next(filter(None, (compare(one, other, saved) for one, other in zip(answer, expected))), None)
    wanted = fill(expected, saved)
    return None if answer == wanted else f"{answer} instead of {wanted}"


def post_and_transfer(client) -> None:
    """What boto3 makes itself: a presigned POST and PUT, and a transfer in parts."""
    bucket = client.list_buckets()["Buckets"][0]["Name"]
    form = client.generate_presigned_post(bucket, "posted/${filename}", Conditions=[["content-length-range", 1, 7]])
    boundary = "ab12"
    lines = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form["fields"].items()]
    lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\ncontent\r\n--{boundary}--\r\n')
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    urllib.request.urlopen(urllib.request.Request(form["url"], "".join(lines).encode(), headers))
    assert client.get_object(Bucket=bucket, Key="posted/a.jpg")["Body"].read() == b"content"

    url = client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "put +ü"})
    urllib.request.urlopen(urllib.request.Request(url, b"content", method="PUT"))
    assert client.get_object(Bucket=bucket, Key="put +ü")["Body"].read() == b"content"

    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(20_000_000))
        file.flush()
        client.upload_file(file.name, bucket, "large")
        assert client.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
        client.download_file(bucket, "large", f"{file.name}.back")
        assert Path(f"{file.name}.back").read_bytes() == Path(file.name).read_bytes()
        os.remove(f"{file.name}.back")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one["Key"]} for one in page["Contents"]]})


main(*sys.argv[1:])
