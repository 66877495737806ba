import { expect, it } from "vitest";
import { readOpenGraph } from "../../src/extract/open-graph.js";
import { documentOf } from "./document.js";

it("has each property, several of one name as a list", () => {
  const { $ } = documentOf(`<head><meta property="og:title" content=" A &amp; B ">
    <meta property=og:image content=1><meta property="OG:image" content=2>
    <meta property="og:image:width" content=3><meta name="og:type" content=website>
    <meta property="og:nothing"><meta property="article:tag" content=no><meta name=x content=no>`);
  expect(readOpenGraph($)).toEqual({
    title: "A & B",
    image: ["1", "2"],
    "image:width": "3",
    type: "website",
  });
});
