// What the sidebar shows: the guides in the order of their index, the packages, and the API.
import { readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { addressOf, ROOT } from "./pages.js";

type Item = DefaultTheme.SidebarItem;

/** An entry of the file that TypeDoc writes. */
interface Entry {
  readonly title: string;
  readonly path?: string;
  readonly children?: readonly Entry[];
}

/** The links in the first column of the tables of a page. */
function rowsOf(file: string): Item[] {
  const text = readFileSync(ROOT + file, "utf8");
  const cells = [...text.matchAll(/^\| (\[.+?) +\|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) =>
    [...cell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = "", to = ""]) => ({
      text: name,
      link: addressOf(to, file),
    })),
  );
}

const linkOf = (path: string): string => `/api/${path.replace(/(index)?\.md$/, "")}`;

const itemOf = ({ title, path, children }: Entry): Item => ({
  text: title,
  ...(path === undefined ? {} : { link: linkOf(path) }),
  ...(children === undefined ? {} : { items: children.map(itemOf) }),
});

const API: Item = { text: "API", link: "/api/" };

export function sidebar(): DefaultTheme.Sidebar {
  const navigation = readFileSync(`${ROOT}apps/site/api/navigation.json`, "utf8");
  const modules = JSON.parse(navigation) as readonly (Entry & { path: string })[];
  const names = modules.map(({ title, path }) => ({ text: title, link: linkOf(path) }));
  const ofModule = modules.map(({ title, path, children = [] }): [string, Item[]] => [
    linkOf(path),
    [API, { text: title, link: linkOf(path), items: children.map(itemOf) }],
  ]);
  return {
    ...Object.fromEntries(ofModule),
    "/api/": [{ ...API, items: names }],
    "/": [
      {
        text: "Guides",
        link: "/guides",
        items: [{ text: "How it switches", link: "/switching" }, ...rowsOf("docs/README.md")],
      },
      { text: "Packages", items: rowsOf("README.md") },
      API,
      {
        text: "Project",
        items: [
          { text: "Contributing", link: "/contributing" },
          { text: "Security", link: "/security" },
        ],
      },
    ],
  };
}
