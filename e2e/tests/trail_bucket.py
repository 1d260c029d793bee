"""A stand-in for Amazon S3, which can't run here: it serves a trail's directory as a bucket, as far as
`aws cloudtrail validate-logs` reads one (GetBucketLocation, ListObjects, GetObject)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

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

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                query = parse_qs(url.query, keep_blank_values=True)
                name, _, key = unquote(url.path).lstrip("/").partition("/")
                assert name == bucket.name, self.path
                if key:
                    self.get_object(key)
                elif "location" in query:
                    self.answer(200, b'<?xml version="1.0"?><LocationConstraint/>', "application/xml")
                else:
                    self.list_objects({field: values[0] for field, values in query.items()})

            def get_object(self, key):
                path = bucket.directory / key
                if not path.is_file():
                    body = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'
                    return self.answer(404, body, "application/xml")
                beside = Path(str(path) + METADATA)
                metadata = json.loads(beside.read_text()) if beside.exists() else {}
                return self.answer(200, path.read_bytes(), "application/gzip", metadata)

            def list_objects(self, query):
                after = query.get("marker", "")
                keys = [key for key in bucket.objects() if key.startswith(query.get("prefix", "")) and key > after]
                contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
                body = ('<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>'
                        f"<EncodingType>url</EncodingType>{contents}</ListBucketResult>")
                self.answer(200, body.encode(), "application/xml")

            def answer(self, status, body, kind, metadata=()):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name in metadata:
                    self.send_header(f"x-amz-meta-{name}", metadata[name])
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
