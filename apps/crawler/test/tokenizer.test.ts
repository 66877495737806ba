import { Tokenizer as Reference, TokenizerMode, type Token } from "parse5";
import { describe, expect, it } from "vitest";
import { Tokenizer, type TokenSink } from "../src/tokenizer.js";

const RAW = new Set("script style title textarea xmp iframe noembed noframes plaintext".split(" "));

/** What a text consists of, in one string: `<a href="x">`, `</a>`, and text as it stands. */
function read(text: string, xml = false, isForeign = false): string {
  let found = "";
  let name = "";
  let attributes = new Map<string, string>();
  const sink: TokenSink = {
    openTag(start, end) {
      name = text.slice(start, end);
      if (!xml) name = name.toLowerCase();
      attributes = new Map();
      return true;
    },
    attribute(start, end, value) {
      const attribute = text.slice(start, end);
      const key = xml ? attribute : attribute.toLowerCase();
      if (!attributes.has(key)) attributes.set(key, value);
    },
    openTagEnd(selfClosing) {
      const all = [...attributes]
        .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
        .join("");
      found += `<${name}${all}${selfClosing ? " /" : ""}>`;
      return !xml && RAW.has(name) ? name : "";
    },
    closeTag(start, end) {
      found += `</${xml ? text.slice(start, end) : text.slice(start, end).toLowerCase()}>`;
    },
    text(start, end) {
      found += text.slice(start, end);
    },
    isForeign: () => isForeign,
  };
  new Tokenizer(text, xml, sink).read();
  return found;
}

/** The same by the tokenizer of parse5, which passes the tests of the HTML standard. */
function reference(text: string): string {
  let found = "";
  const add = ({ chars }: Token.CharacterToken): void => void (found += chars);
  const tokenizer = new Reference(
    {},
    {
      onStartTag({ tagName, attrs, selfClosing }) {
        const all = attrs.map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`).join("");
        found += `<${tagName}${all}${selfClosing ? " /" : ""}>`;
        if (!RAW.has(tagName)) return;
        const rcdata = tagName === "title" || tagName === "textarea";
        const raw = rcdata ? TokenizerMode.RCDATA : TokenizerMode.RAWTEXT;
        tokenizer.state = tagName === "plaintext" ? TokenizerMode.PLAINTEXT : raw;
        tokenizer.lastStartTagName = tagName;
      },
      onEndTag({ tagName }) {
        found += `</${tagName}>`;
      },
      onCharacter: add,
      onNullCharacter: add,
      onWhitespaceCharacter: add,
      onComment() {},
      onDoctype() {},
      onEof() {},
      onParseError: null,
    },
  );
  tokenizer.write(text, true);
  return found;
}

/** The same numbers in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  ..."<>/=\"' -!?]a1\n\t",
  ...["<a ", "<A", "</a", "</", "<!", "<!--", "-->", "--!>", "--", "->", "<?", "?>", "<!doctype "],
  ...["<![CDATA[", "]]>", " href=", " HREF = ", '"x"', "'y'", "z", "/>", "<br/>"],
  ...["<script>", "</script", "</SCRIPT >", "<title>", "</title>", "<textarea ", "</textarea>"],
  ...["<style", "</style>", "<xmp>", "</xmp/>", "<iframe>", "</iframe x=>", "text", "é", "😀"],
];

describe("Tokenizer", () => {
  it("finds what the HTML standard's tokenizer finds, in 30,000 texts of broken pieces", () => {
    const next = random(1);
    for (let i = 0; i < 30_000; i++) {
      const pieces = Array.from({ length: 1 + next(14) }, () => PIECES[next(PIECES.length)]);
      const text = pieces.join("");
      expect(read(text), text).toBe(reference(text));
    }
  });

  it("decodes the entities of attributes as that does", () => {
    const next = random(2);
    const words = ["&", "&amp", ";", "=", "a", "&lt", "&#6", "1", "&#x4", "&notit", "&copy", " "];
    for (let i = 0; i < 10_000; i++) {
      const pieces = Array.from({ length: 1 + next(6) }, () => words[next(words.length)]);
      const text = `<a b="${pieces.join("")}">`;
      expect(read(text), text).toBe(reference(text));
    }
  });

  it.each([
    ["<a href=x/>", '<a href="x/">'],
    ["<a/href=x>", '<a href="x">'],
    ["<br />", "<br />"],
    ["<br / >", "<br>"],
    ["<a =b c==d>", '<a =b="" c="=d">'],
    ["<a b", ""],
    ['<a b="c>d', ""],
    ["1 < 2 <3 </ x> </> <", "1 < 2 <3   <"],
    ["<!-->a<!--->b<!-- -- --!>c<!-- x", "abc"],
    ['</a title=">">b', "</a>b"],
    ["<script><a></scriptx></script >b", "<script><a></scriptx></script>b"],
    ["<plaintext><b></plaintext>", "<plaintext><b></plaintext>"],
    ["<a b=&amp;&ampc&amp=x>", '<a b="&&ampc&amp=x">'],
  ])("reads %s", (text, tokens) => {
    expect(read(text)).toBe(tokens);
    expect(reference(text)).toBe(tokens);
  });

  it("knows CDATA in SVG and in XML only", () => {
    expect(read("<![CDATA[a>b]]>c")).toBe("b]]>c");
    expect(read("<![CDATA[a>b]]>c", false, true)).toBe("a>bc");
    expect(read("<![CDATA[a>b]]>c", true)).toBe("a>bc");
    expect(read("<![CDATA[a", true)).toBe("a");
  });

  it("reads XML by its own rules", () => {
    expect(read("<?xml a='>'?><h:A X='1'/>")).not.toContain("A");
    expect(read("<?xml a='>'?><h:A X='1'/><é/>", true)).toBe('<h:A X="1" /><é />');
    expect(read("<script><a/></script>", true)).toBe("<script><a /></script>");
    expect(read("<a b='&eacute;&lt;'/>", true)).toBe('<a b="&eacute;<" />');
    expect(read("<!-- a --!> b -->c", true)).toBe("c");
  });

  it("takes time in step with the length, and gives others their turn in between", () => {
    const hostile = ["<a ", "<!--", "<![CDATA[", "<?", "</", "&", "a ", "--", "<script></", "='"];
    const took = (piece: string, n: number): { ms: number; turns: number } => {
      let turns = 0;
      const text = `<a ${piece.repeat(n)}`;
      const sink: TokenSink = {
        openTag: () => true,
        attribute() {},
        openTagEnd: () => "",
        closeTag() {},
        text() {},
        isForeign: () => true,
      };
      const began = process.cpuUsage();
      for (const xml of [false, true]) new Tokenizer(text, xml, sink).read(() => turns++);
      const { user, system } = process.cpuUsage(began);
      return { ms: (user + system) / 1000, turns };
    };
    for (const piece of hostile) {
      const [small, large] = [took(piece, 50_000), took(piece, 500_000)];
      // Ten times as much; a hundred times as long, if it were the square.
      expect(large.ms, piece).toBeLessThan(30 * small.ms + 100);
    }
    expect(took("a ", 500_000).turns).toBeGreaterThan(50);
    expect(took(">text", 500_000).turns).toBeGreaterThan(50);
  });
});
