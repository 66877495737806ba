import { describe, expect, it } from "vitest";
import { type FieldValue, parseField, readField } from "../../src/extract/field.js";
import { documentOf } from "./document.js";

describe("parseField", () => {
  it.each([
    ["title=h1", { name: "title", type: "text", isList: false, css: "h1", attribute: null }],
    ["a.b-c_1=p > a:not(.x)", { name: "a.b-c_1", css: "p > a:not(.x)" }],
    ["price:number=.price@data-value", { type: "number", css: ".price", attribute: "data-value" }],
    ["tags[]=.tag", { isList: true, css: ".tag" }],
    ["links:text[]=a@href", { type: "text", isList: true, attribute: "href" }],
    ["id=@data-id", { css: "", attribute: "data-id" }],
    ["mail=a[href*='@x.example']", { css: "a[href*='@x.example']", attribute: null }],
    ["mail=a[href*='@x']@href", { css: "a[href*='@x']", attribute: "href" }],
    ["body:html=article", { type: "html" }],
    ["self=", { css: "", attribute: null }],
  ])("reads %s", (text, field) => {
    expect(parseField(text)).toMatchObject(field);
  });

  it.each([
    ["h1", "h1 is no field: write name=css"],
    ["=h1", "is no field"],
    ["1a=h1", "is no field"],
    ["a:date=h1", "date is none of text, html, number"],
    ["a:html=p@title", "an attribute has no HTML in it"],
  ])("refuses %s", (text, message) => {
    expect(() => parseField(text)).toThrow(message);
  });
});

describe("readField", () => {
  const source = documentOf(`
    <h1> A  <b>bold</b>\n title </h1><h1>second</h1><h2></h2>
    <p class=price data-value="12.50">12,50 €</p><p class=price>1,234.50 $</p><p class=price>none</p>
    <a href="../x?q=ü" title=" t ">one</a><a>two</a><a href="">three</a>
    <div id=deep><p>in</p></div>`);
  const read = (text: string): FieldValue => readField(parseField(text), source, source.$.root());

  it.each([
    ["x=h1", "A bold title"],
    ["x[]=h1", ["A bold title", "second"]],
    ["x=h3", null],
    ["x[]=h3", []],
    ["x=h2", null],
    ["x:html=h1", "A  <b>bold</b>\n title"],
    ["x=a@href", "http://a.example/x?q=%C3%BC"],
    ["x[]=a@href", ["http://a.example/x?q=%C3%BC", "http://a.example/dir/page"]],
    ["x=a@title", "t"],
    ["x=a@none", null],
    ["x:number=.price@data-value", 12.5],
    ["x:number[]=.price", [1234.5]],
    ["x[]=#deep, #deep p", ["in", "in"]],
  ])("%s is %j", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ["12", 12],
    ["from 1,234,567.8 up", 1_234_567.8],
    ["-3.5°", -3.5],
    ["+7", 7],
    ["v1.", 1],
    ["5, 6", 5],
    ["0.10", 0.1],
    ["1.234,50", null],
    ["1.2.3", null],
    ["1,23", null],
    ["no", null],
    ["", null],
  ])("the number of %j is %j", (text, value) => {
    const page = documentOf(`<p>${text}</p>`);
    expect(readField(parseField("x:number=p"), page, page.$.root())).toBe(value);
  });

  it("is looked for in an element, or is that", () => {
    const within = source.$("#deep");
    expect(readField(parseField("x=p"), source, within)).toBe("in");
    expect(readField(parseField("x=h1"), source, within)).toBe(null);
    expect(readField(parseField("x=@id"), source, within)).toBe("deep");
  });

  it("does not take the same text of elements within each other without end", () => {
    const page = documentOf(`${"<div>".repeat(400)}${"x".repeat(1_000)}`, 100_000);
    expect(() => readField(parseField("x[]=div"), page, page.$.root())).toThrow(
      "more than 100000 characters",
    );
  });
});
