import { describe, expect, it } from "vitest";
import { type MicrodataItem, readMicrodata } from "../../src/extract/microdata.js";
import { documentOf } from "./document.js";

const read = (html: string, most?: number): MicrodataItem[] =>
  readMicrodata(documentOf(html, most), () => {});

describe("microdata", () => {
  it("has items with properties, of elements as the HTML standard says", () => {
    expect(
      read(`<div itemscope itemtype="http://s.example/Product http://s.example/X" itemid="/p/1">
        <p itemprop=name> The <b>thing</b></p><img itemprop="image photo" src=i.png>
        <a itemprop=url href="../x">here</a><time itemprop=date datetime=2026-11-29>today</time>
        <time itemprop=date>tomorrow</time><meta itemprop=sku content=" 7 "><data itemprop=n value=5>
        <div itemprop=offer itemscope><span itemprop=price>9</span></div></div><p itemprop=lost>`),
    ).toEqual([
      {
        type: ["http://s.example/Product", "http://s.example/X"],
        id: "http://a.example/p/1",
        properties: {
          name: ["The thing"],
          image: ["http://a.example/dir/i.png"],
          photo: ["http://a.example/dir/i.png"],
          url: ["http://a.example/x"],
          date: ["2026-11-29", "tomorrow"],
          sku: [" 7 "],
          n: ["5"],
          offer: [{ properties: { price: ["9"] } }],
        },
      },
    ]);
  });

  it("follows itemref, and no circles", () => {
    expect(
      read(
        `<div itemscope itemref="a none"></div><p id=a itemprop=x>1</p><p id=a itemprop=x>2</p>`,
      ),
    ).toEqual([{ properties: { x: ["1"] } }]);
    expect(
      read(`<div itemscope itemref=a></div><div id=a itemprop=x itemscope itemref=b></div>
        <div id=b itemprop=y itemscope itemref=a></div>`),
    ).toEqual([{ properties: { x: [{ properties: { y: [{ properties: { x: ["ERROR"] } }] } }] } }]);
  });

  it("has an end, however items refer to each other", () => {
    const long = Array.from(
      { length: 5_000 },
      (_, i) => `<div id=i${i} itemprop=x itemscope itemref=i${i + 1}></div>`,
    );
    let text = JSON.stringify(read(`<div itemscope itemref=i0></div>${long.join("")}`));
    expect(text.match(/"x"/g)).toHaveLength(64);
    // Each refers to the next one twice: there are 2 to the power of 40 ways.
    const twice = Array.from(
      { length: 40 },
      (_, i) =>
        `<div id=a${i} itemprop=x itemscope itemref="a${i + 1} b${i + 1}"></div>` +
        `<div id=b${i} itemprop=y itemscope itemref="a${i + 1} b${i + 1}"></div>`,
    );
    let steps = 0;
    const source = documentOf(`<div itemscope itemref="a0 b0"></div>${twice.join("")}`);
    const pause = (): void => {
      if (++steps > 10_000) throw new Error("too costly");
    };
    expect(() => readMicrodata(source, pause)).toThrow("too costly");
    text = `${"<div itemprop=x>".repeat(400)}${"x".repeat(1_000)}`;
    expect(() => read(`<div itemscope>${text}`, 100_000)).toThrow("more than 100000 characters");
  });
});
