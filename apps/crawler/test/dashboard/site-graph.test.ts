import { expect, it } from "vitest";
import { SiteGraph } from "../../src/dashboard/site-graph.js";
import { hostOf } from "../../src/dashboard/url-parts.js";

it("counts pages of each part, and where they were found", () => {
  const graph = new SiteGraph(hostOf);
  graph.add("http://a/", null, false);
  graph.add("http://a/1", "http://a/", false);
  graph.add("http://b/1", "http://a/", false);
  graph.add("http://b/2", "http://a/1", true);
  graph.add("http://a/2", "http://b/2", false);
  expect(graph.graph).toEqual({
    total: 2,
    nodes: [
      { name: "a", pages: 3, errors: 0 },
      { name: "b", pages: 1, errors: 1 },
    ],
    edges: [
      { from: 0, to: 1, pages: 2 },
      { from: 1, to: 0, pages: 1 },
    ],
  });
});

it("shows the largest parts of very many, and keeps a bounded number of them", () => {
  const graph = new SiteGraph(hostOf);
  for (let i = 0; i < 50_000; i++) {
    graph.add(`http://h${i}/`, `http://h${(i * 31) % 1_000}/`, false);
    graph.add("http://large/", `http://h${i}/`, false);
  }
  const { nodes, edges, total } = graph.graph;
  expect(total).toBe(2_000);
  expect(nodes).toHaveLength(40);
  expect(nodes[0]!.name).toBe("large");
  expect(edges.length).toBeLessThanOrEqual(120);
  for (const { from, to } of edges) expect([nodes[from], nodes[to]]).not.toContain(undefined);
});
