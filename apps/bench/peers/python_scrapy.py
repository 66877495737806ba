"""The same crawl with Scrapy: python_scrapy.py SEED CONCURRENCY PAGES FOLDER|-. The folder is its
JOBDIR, which makes the crawl one that can be resumed after an orderly stop."""

import sys
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

seed, concurrency, pages, folder = sys.argv[1:]


class Everything(Spider):
    name = "everything"
    start_urls = [seed]
    allowed_domains = [urlsplit(seed).hostname]
    extractor = LinkExtractor()

    def parse(self, response):
        links = self.extractor.extract_links(response)
        title = response.xpath("//title/text()").get()
        yield {"url": response.url, "status": response.status, "title": title, "links": len(links)}
        for link in links:
            yield response.follow(link)


settings = {
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": int(concurrency),
    "CONCURRENT_REQUESTS_PER_DOMAIN": int(concurrency),
    "CLOSESPIDER_PAGECOUNT": int(pages),
    "LOG_LEVEL": "WARNING",
    "TELNETCONSOLE_ENABLED": False,
    "FEEDS": {"/dev/null": {"format": "jsonlines"}},
}
if folder != "-":
    settings["JOBDIR"] = folder
process = CrawlerProcess(settings)
process.crawl(Everything)
process.start()
