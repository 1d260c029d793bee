"""A stand-in for Amazon S3, which can't run here: it serves a trail's directory as a bucket, as far as
`aws cloudtrail validate-logs` reads one (GetBucketLocation, ListObjects, GetObject)."""

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from local_server import Handler, LocalServer

METADATA = ".metadata.json"


class TrailBucket:
    """The directory as the bucket of this name, on a free port, for the time of a `with` block."""

    def __init__(self, directory, name):
        self.directory, self.name = Path(directory), name

    def objects(self):
        """The names of all objects."""
        files = (path for path in self.directory.rglob("*") if path.is_file())
        names = (str(path.relative_to(self.directory)) for path in files)
        return sorted(name for name in names if name.endswith(".json.gz"))

    def __enter__(self):
        bucket = self

        class Objects(Handler):
            def do_GET(self):
                url = urlsplit(self.path)
                query = parse_qs(url.query, keep_blank_values=True)
                name, _, key = unquote(url.path).lstrip("/").partition("/")
                assert name == bucket.name, self.path
                if key:
                    self.get_object(key)
                elif "location" in query:
                    self.answer(200, b'<?xml version="1.0"?><LocationConstraint/>', content_type="application/xml")
                else:
                    self.list_objects({field: values[0] for field, values in query.items()})

            def get_object(self, key):
                path = bucket.directory / key
                if not path.is_file():
                    body = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'
                    return self.answer(404, body, content_type="application/xml")
                beside = Path(str(path) + METADATA)
                metadata = json.loads(beside.read_text()) if beside.exists() else {}
                headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
                return self.answer(200, path.read_bytes(), content_type="application/gzip", **headers)

            def list_objects(self, query):
                after = query.get("marker", "")
                keys = [key for key in bucket.objects() if key.startswith(query.get("prefix", "")) and key > after]
                contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
                body = ('<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>'
                        f"<EncodingType>url</EncodingType>{contents}</ListBucketResult>")
                self.answer(200, body.encode(), content_type="application/xml")

        self.server = LocalServer(Objects)
        self.url = self.server.url
        return self

    def __exit__(self, *_):
        self.server.close()
