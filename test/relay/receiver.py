#!/usr/bin/env python3
"""receiver.py PORT: a receiver of HTTP requests that does as it is told, for tests of the relay.

PUT /        sets how it behaves from now on, an object:
             status, body, headers   the answer to POST (default 200 and nothing)
             delay                   seconds before it
             refuse                  [text, status]: the answer is status if the body has the text
             largest                 bytes of a body; 413 for a larger one
             secret                  401 unless the signature is right (Standard Webhooks)
             items                   for _bulk, by document id: status, type, reason and, if not for ever, times
             search_status           for _bulk: the status of the whole answer
             forget                  true: all requests so far
GET /ids     how many different values of "id" the keys of records that were taken have
GET /state   all of it: requests (method, path, headers, body, status) and documents
POST /_bulk  takes documents as a search server does, with external versions
POST /x      any other path: takes the body
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

behaviour = {}
requests = []
documents = {}
lock = threading.Lock()


def signed(headers, body, secret):
    content = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()
    return (abs(time.time() - int(headers.get("webhook-timestamp", "0"))) < 300
            and hmac.compare_digest(right, headers.get("webhook-signature", "")))


def item(action, meta, document):
    """One line of _bulk: its status and error."""
    told = behaviour.get("items", {}).get(meta["_id"])
    if told and told.get("times", 1) > 0:
        if "times" in told:
            told["times"] -= 1
        return told["status"], {"type": told.get("type", "error"), "reason": told.get("reason", "none")}
    name = meta["_index"] + "/" + meta["_id"]
    assert meta["version_type"] == "external"
    old = documents.get(name)
    if old and old["version"] >= meta["version"]:
        return 409, {"type": "version_conflict_engine_exception", "reason": "current version is higher or equal"}
    documents[name] = {"version": meta["version"], "document": document}
    if action == "delete":
        return (200 if old and old["document"] is not None else 404), None
    return (200 if old else 201), None


def bulk(body):
    lines = body.decode().split("\n")
    assert lines.pop() == ""
    items = []
    while lines:
        action, meta = next(iter(json.loads(lines.pop(0)).items()))
        document = json.loads(lines.pop(0)) if action != "delete" else None
        status, error = item(action, meta, document)
        items.append({action: {"status": status, **({"error": error} if error else {})}})
    return {"errors": any("error" in next(iter(i.values())) for i in items), "items": items}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def do_PUT(self):
        with lock:
            behaviour.clear()
            behaviour.update(json.loads(self.body()))
            if behaviour.pop("forget", False):
                requests.clear()
        self.answer(200)

    def do_GET(self):
        if self.path == "/ids":
            with lock:
                ids = {json.loads(line)["key"]["id"] for r in requests if r["status"] == 200 for line in r["body"].splitlines()}
            return self.answer(200, str(len(ids)).encode())
        if self.path != "/state":
            return self.answer(behaviour.get("status", 200), b"{}")
        with lock:
            text = json.dumps({"requests": requests, "documents": documents})
        self.answer(200, text.encode())

    def do_OPTIONS(self):
        self.answer(behaviour.get("status", 204))

    def do_POST(self):
        body = self.body()
        with lock:
            told = dict(behaviour)
        time.sleep(told.get("delay", 0))
        status, reply = told.get("status", 200), told.get("body", "").encode()
        if "secret" in told and not signed(self.headers, body, told["secret"]):
            status, reply = 401, b"wrong signature"
        elif "refuse" in told and told["refuse"][0].encode() in body:
            status, reply = told["refuse"][1], b"refused for its text"
        elif "largest" in told and len(body) > told["largest"]:
            status, reply = 413, b"too large"
        elif self.path.startswith("/_bulk"):
            status = told.get("search_status", 200)
            if status == 200:
                with lock:
                    reply = json.dumps(bulk(body)).encode()
        with lock:
            requests.append({"method": "POST", "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                             "body": body.decode(), "status": status})
        self.answer(status, reply, told.get("headers", {}))

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
