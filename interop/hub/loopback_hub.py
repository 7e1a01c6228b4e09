"""A server on loopback that answers huggingface_hub as huggingface.co does.

Small files come through a relative redirect and are named by git's hash; large ones through a
redirect to a store under another host name and are named by their SHA-256.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPOSITORY = "org/model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def lfs_hash(content):
    return hashlib.sha256(content).hexdigest()


class LoopbackHub:
    """The Hub (`endpoint`) and its store, each on a thread of its own."""

    def __init__(self, small, large):
        self.small = small
        self.large = large
        self.requests = []  # (method, path, whether a token came along)
        self.gate = threading.Event()  # large files wait for it half-way
        self.gate.set()
        self.half_way = threading.Event()
        self.hub = self._start("127.0.0.1", self._hub)
        self.store = self._start("localhost", self._store)
        self.endpoint = f"http://127.0.0.1:{self.hub.server_port}"

    def _start(self, host, answer):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append(
                    (self.command, self.path, host, "authorization" in self.headers))
                answer(self)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer((host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self):
        for server in (self.hub, self.store):
            server.shutdown()
            server.server_close()

    def _hub(self, request):
        path = request.path.split("?")[0]
        api = f"/api/models/{REPOSITORY}"
        resolve = f"/{REPOSITORY}/resolve/"
        cache = f"/api/resolve-cache/models/{REPOSITORY}/{COMMIT}/"
        if path in (f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            self._json(request, self._info())
        elif path == f"{api}/tree/{COMMIT}":
            self._json(request, self._tree())
        elif path.startswith(cache):
            content = self.small[path[len(cache):]]
            self._send(request, content, {"ETag": f'"{git_hash(content)}"'})
        elif path.startswith(resolve):
            self._resolve(request, path[len(resolve):].split("/", 1)[1], cache)
        else:
            self._refuse(request, 401, "RepoNotFound")

    def _resolve(self, request, file, cache):
        if file in self.small:
            self._answer(request, 307, {"Location": cache + file})
        elif file in self.large:
            content = self.large[file]
            self._answer(request, 302, {
                "Location": f"http://localhost:{self.store.server_port}/{file}",
                "X-Linked-Etag": f'"{lfs_hash(content)}"',
                "X-Linked-Size": str(len(content)),
            })
        else:
            self._refuse(request, 404, "EntryNotFound")

    def _store(self, request):
        content = self.large[request.path[1:]]
        begin = 0
        if "range" in request.headers:
            begin = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        half = (begin + len(content)) // 2
        request.send_response(206 if begin else 200)
        request.send_header("Content-Length", str(len(content) - begin))
        if begin:
            request.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        request.wfile.write(content[begin:half])
        request.wfile.flush()
        self.half_way.set()
        self.gate.wait()
        request.wfile.write(content[half:])

    def _info(self):
        return {
            "id": REPOSITORY, "modelId": REPOSITORY, "sha": COMMIT, "private": False, "gated": False,
            "siblings": [{"rfilename": file} for file in (*self.small, *self.large)],
        }

    def _tree(self):
        entries = [
            {"type": "file", "path": file, "size": len(content), "oid": git_hash(content)}
            for file, content in self.small.items()
        ]
        for file, content in self.large.items():
            lfs = {"oid": lfs_hash(content), "size": len(content), "pointerSize": 130}
            entries.append({"type": "file", "path": file, "size": len(content),
                            "oid": git_hash(b"pointer to " + content), "lfs": lfs})
        return entries

    def _json(self, request, value):
        self._send(request, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, request, content, headers):
        self._answer(request, 200, headers | {"Content-Length": str(len(content))}, content)

    def _refuse(self, request, status, code):
        self._answer(request, status, {"X-Error-Code": code})

    def _answer(self, request, status, headers, content=b""):
        request.send_response(status)
        for name, value in ({"X-Repo-Commit": COMMIT, "Content-Length": "0"} | headers).items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(content)
