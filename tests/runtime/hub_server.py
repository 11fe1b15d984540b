"""A stand-in for the Hugging Face hub: what its library asks over HTTP when a brain is fetched or pushed, on localhost.

As on the hub, small files are answered for directly, and large ones (`.safetensors`) by a redirect to another origin,
where the token must not go. Faults are planned by method and a part of the path, and happen once each.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

Files = dict[str, bytes]


@dataclass
class Repository:
    """Files by commit, and commits by branch."""

    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    private: bool = False

    def commit(self, files: Files, branch: str = "main") -> str:
        name = hashlib.sha1(repr((len(self.commits), sorted(files.items()))).encode()).hexdigest()
        self.commits[name] = dict(files)
        self.branches[branch] = name
        return name

    def at(self, revision: str) -> str | None:
        return self.branches.get(revision, revision if revision in self.commits else None)


@dataclass
class Hub:
    """The state of the stand-in.

    Attributes:
        repositories: by `owner/name`.
        large: uploaded large files by their SHA-256.
        faults: what goes wrong the next time: method, part of the path, and `cut` or a status.
        seen: method and path of every request, in order; and the token that came with it.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    faults: list[tuple[str, str, str | int]] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def asked(self, part: str) -> list[str]:
        """Returns the paths with that part that were asked for."""
        return [path for _, path, _ in self.seen if part in path]

    def fault(self, method: str, path: str) -> str | int | None:
        for planned in self.faults:
            if planned[0] == method and planned[1] in path:
                self.faults.remove(planned)
                return planned[2]
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def answer(self) -> None:
        body = self.body()
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        token = self.headers.get("Authorization", "")
        self.hub.seen.append((self.command, path, token))
        fault = self.hub.fault(self.command, path)
        if isinstance(fault, int):
            self.send({"error": "not now"}, fault)
            return
        routes = {
            r"/api/models/([\w.-]+/[\w.-]+)(?:/revision/(.+))?": self.info,
            r"/([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)": self.resolve,
            r"/large/([0-9a-f]{64})": self.from_store,
            r"/api/repos/create": self.create,
            r"/api/validate-yaml": self.validate,
            r"/api/models/([\w.-]+/[\w.-]+)/branch/(.+)": self.branch,
            r"/api/models/([\w.-]+/[\w.-]+)/preupload/(.+)": self.preupload,
            r"/([\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch": self.batch,
            r"/store/([0-9a-f]{64})": self.store,
            r"/api/models/([\w.-]+/[\w.-]+)/commit/(.+)": self.commit,
        }
        for pattern, route in routes.items():
            if match := re.fullmatch(pattern, path):
                route(*match.groups(), body=body, cut=fault == "cut", query=parse_qs(parts.query))
                return
        self.send({"error": f"no such page: {path}"}, 404)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def send(self, data: Any, status: int = 200, **headers: str) -> None:
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def found(self, name: str, revision: str | None) -> tuple[Repository, str] | None:
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and not self.headers.get("Authorization")):
            self.send({"error": "Repository not found"}, 401, X_Error_Code="RepoNotFound")
            return None
        commit = repository.at(revision or "main")
        if commit is None:
            self.send({"error": "Invalid rev id"}, 404, X_Error_Code="RevisionNotFound")
            return None
        return repository, commit

    def info(self, name: str, revision: str | None, **_: Any) -> None:
        if found := self.found(name, revision):
            repository, commit = found
            blobs = repository.commits[commit]
            siblings = [{"rfilename": file, "size": len(data), "blobId": "0"} for file, data in blobs.items()]
            self.send({"id": name, "sha": commit, "siblings": siblings})

    def resolve(self, name: str, revision: str, file: str, *, cut: bool, **_: Any) -> None:
        if not (found := self.found(name, revision)):
            return
        repository, commit = found
        data = repository.commits[commit].get(file)
        if data is None:
            self.send({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
            return
        mark = hashlib.sha256(data).hexdigest()
        if file.endswith(".safetensors"):
            self.hub.large[mark] = data
            there = f"http://localhost:{self.server.server_address[1]}/large/{mark}"  # another origin than 127.0.0.1
            linked = {"X_Linked_Etag": f'"{mark}"', "X_Linked_Size": str(len(data))}
            self.send(b"", 302, Location=there, X_Repo_Commit=commit, **linked)
            return
        self.content(data, cut, ETag=f'"{mark}"', X_Repo_Commit=commit)

    def from_store(self, mark: str, *, cut: bool, **_: Any) -> None:
        self.content(self.hub.large[mark], cut, ETag=f'"{mark}"')

    def content(self, data: bytes, cut: bool, **headers: str) -> None:
        status = 200
        if (asked := self.headers.get("Range")) is not None:
            self.hub.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            data, status = data[start:], 206
        if not cut:
            self.send(data, status, **headers)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.close_connection = True

    def writes(self) -> bool:
        if self.headers.get("Authorization") == "Bearer hf_writes":
            return True
        self.send({"error": "Invalid username or password."}, 401)
        return False

    def create(self, *, body: bytes, **_: Any) -> None:
        if not self.writes():
            return
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            self.send({"error": "You already created this model repo", "url": f"{self.hub.url}/{name}"}, 409)
            return
        made = self.hub.repositories[name] = Repository(private=asked.get("visibility") == "private")
        made.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        self.send({"url": f"{self.hub.url}/{name}", "name": name})

    def validate(self, *, body: bytes, **_: Any) -> None:
        card = json.loads(body)["content"]
        head = re.match(r"---\n(.*?)---\n", card, re.DOTALL)
        sound = head is not None and isinstance(yaml.safe_load(head[1]), dict)
        self.send({"errors": [] if sound else [{"message": "no metadata"}], "warnings": []}, 200 if sound else 400)

    def branch(self, name: str, branch: str, **_: Any) -> None:
        if not self.writes():
            return
        repository = self.hub.repositories[name]
        if branch in repository.branches:
            self.send({"error": "Reference already exists"}, 409)
            return
        repository.branches[branch] = repository.branches["main"]
        self.send({})

    def preupload(self, name: str, revision: str, *, body: bytes, **_: Any) -> None:
        if self.writes() and (found := self.found(name, revision)):
            there = found[0].commits[found[1]]
            files = []
            for file in json.loads(body)["files"]:
                large = file["path"].endswith(".safetensors")
                mode = {"uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
                if file["path"] in there:
                    data = there[file["path"]]
                    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
                    mode["oid"] = hashlib.sha256(data).hexdigest() if large else git
                files.append({"path": file["path"], **mode})
            self.send({"files": files})

    def batch(self, name: str, *, body: bytes, **_: Any) -> None:
        if self.writes():
            answers = []
            for asked in json.loads(body)["objects"]:
                href = {"href": f"{self.hub.url}/store/{asked['oid']}"}
                there = asked["oid"] in self.hub.large
                answers.append(asked if there else {**asked, "actions": {"upload": href}})
            self.send({"transfer": "basic", "objects": answers})

    def store(self, mark: str, *, body: bytes, **_: Any) -> None:
        sound = hashlib.sha256(body).hexdigest() == mark
        if sound:
            self.hub.large[mark] = body
        self.send({}, 200 if sound else 400)

    def commit(self, name: str, revision: str, *, body: bytes, **_: Any) -> None:
        if not self.writes() or not (found := self.found(name, revision)):
            return
        repository, head = found
        files = dict(repository.commits[head])
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            match item["key"]:
                case "header":
                    if value.get("parentCommit", head) != head:
                        self.send({"error": "A commit has happened since. Please refresh and try again."}, 412)
                        return
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.large[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        made = repository.commit(files, revision)
        self.send({"commitUrl": f"{self.hub.url}/{name}/commit/{made}", "commitOid": made, "success": True})


@contextmanager
def serving() -> Iterator[Hub]:
    """Runs a stand-in on a free port."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
