import { describe, expect, it } from "vitest";
import { readJsonLd } from "../../src/extract/json-ld.js";
import { documentOf } from "./document.js";

const script = (json: string, type = "application/ld+json"): string =>
  `<script type='${type}'>${json}</script>`;
const read = (html: string): ReturnType<typeof readJsonLd> => readJsonLd(documentOf(html).$);

describe("JSON-LD", () => {
  it("is what its scripts say, each object on its own", () => {
    expect(
      read(
        `<head>${script('{"@type":"A"}')}</head><p>${script('[{"@type":"B"},[{"@type":"C"}],1]', " Application/LD+JSON; charset=utf-8")}
        ${script('{"@context":"x","@graph":[{"@type":"D"},{"@type":"E","@context":"y"}]}')}
        ${script('{"@id":"named","@graph":[{"@type":"F"}]}')}${script("null")}
        ${script('{"no":1}', "application/json")}${script('{"no":1}', "")}<script>{"no":1}</script>`,
      ),
    ).toEqual({
      objects: [
        { "@type": "A" },
        { "@type": "B" },
        { "@type": "C" },
        { "@context": "x", "@type": "D" },
        { "@context": "y", "@type": "E" },
        { "@id": "named", "@graph": [{ "@type": "F" }] },
      ],
      errors: [],
    });
  });

  it.each([
    '<!-- {"a":"</b>"} -->',
    '<![CDATA[ {"a":"</b>"} ]]>',
    '/*<![CDATA[*/{"a":"</b>"}/*]]>*/',
    '//<![CDATA[\n{"a":"</b>"}\n//]]>',
    '\n<!--\n//<![CDATA[\n{"a":"</b>"};\n//]]>\n-->\n',
  ])("is found in %j", (text) => {
    expect(read(script(text))).toEqual({ objects: [{ a: "</b>" }], errors: [] });
  });

  it("is told when it is none, and the rest is taken", () => {
    const { objects, errors } = read(script('{"a":1,}') + script("") + script('{"b":2}'));
    expect(objects).toEqual([{ b: 2 }]);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(/JSON/);
  });
});
