"""Prints the HTML files of a tree that links lead to from index.html, found on the disk alone."""

import os
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

BASE = "http://tree/"


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a" and attributes.get("href") and "nofollow" not in (attributes.get("rel") or ""):
            self.found.append(attributes["href"])


def main(tree):
    seen = {"index.html"}
    todo = ["index.html"]
    while todo:
        page = todo.pop()
        links = Links()
        with open(os.path.join(tree, page), encoding="utf-8", errors="replace") as file:
            links.feed(file.read())
        for href in links.found:
            url = urlsplit(urljoin(BASE + page, href.strip()))
            if url.scheme != "http" or url.netloc != "tree" or url.query:
                continue
            path = unquote(url.path).lstrip("/")
            if path.endswith("/") or path == "":
                path += "index.html"
            if path in seen or not path.endswith(".html") or not os.path.isfile(os.path.join(tree, path)):
                continue
            seen.add(path)
            todo.append(path)
    print("\n".join(sorted(seen)))


main(sys.argv[1])
