#!/usr/bin/env python3
"""search.py URL find TEXT     prints the best document for a text
search.py URL rows          all documents of the index "product" as lines "id, name, stock", by id
"""
import json
import sys
import urllib.request


def call(path, body):
    request = urllib.request.Request(sys.argv[1] + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


call("/product/_refresh", {})
if sys.argv[2] == "find":
    found = call("/product/_search", {"size": 1, "query": {"match": {"name": {"query": sys.argv[3], "operator": "and"}}}})
    if not found["hits"]["hits"]:
        sys.exit(f"nothing found for {sys.argv[3]}")
    print(json.dumps(found["hits"]["hits"][0]["_source"]))
else:
    found = call("/product/_search", {"size": 10000, "sort": ["id"], "query": {"match_all": {}}})
    for hit in found["hits"]["hits"]:
        row = hit["_source"]
        print(row["id"], row["name"], row["stock"], sep="\t")
