// The API reference: every export of every published package, from the docstrings of the sources.
// Read by TypeDoc, which writes Markdown for VitePress, and what the sidebar shows.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Converter } from "typedoc";
import { publishedPackages } from "../../scripts/published.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What users import, and the source file behind it: `greenlit/net` and `.../src/net.ts`. */
const sources = new Map(
  publishedPackages(root)
    // What users install comes first: what several packages export is described where it is first.
    .toSorted((a, b) => Number(b.name === "greenlit") - Number(a.name === "greenlit"))
    .flatMap(({ name, folder }) => exportsOf(`${root}${folder}`, name)),
);

/**
 * @param {string} folder of a package
 * @param {string} name
 * @returns {[name: string, source: string][]}
 */
function exportsOf(folder, name) {
  /** @type {{ exports: Record<string, { types?: string }> }} */
  const { exports } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return Object.entries(exports).flatMap(([path, { types }]) =>
    types === undefined
      ? []
      : [
          [
            name + path.slice(1),
            types.replace("./dist/", `${folder}/src/`).replace(/\.d\.ts$/, ".ts"),
          ],
        ],
  );
}

/**
 * A plugin: modules have the names that users import.
 * @param {import("typedoc").Application} app
 */
function publishedNames(app) {
  const names = new Map([...sources].map(([name, source]) => [source, name]));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = names.get(module.sources?.[0]?.fullFileName ?? "") ?? module.name;
    }
  });
}

/** @type {import("typedoc").TypeDocOptions & import("typedoc-plugin-markdown").PluginOptions} */
export default {
  name: "API",
  entryPoints: [...sources.values()],
  tsconfig: "tsconfig.reference.json",
  // All packages as one program: what one has from another is known to be the same.
  compilerOptions: {
    paths: Object.fromEntries([...sources].map(([name, source]) => [name, [source]])),
  },
  skipErrorChecking: true, // npm run typecheck has seen to that
  plugin: ["typedoc-plugin-markdown", publishedNames],
  treatWarningsAsErrors: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true, // what is inherited from Node has its place in the documentation of Node
  sortEntryPoints: false,
  basePath: root,
  disableGit: true,
  sourceLinkTemplate: "https://github.com/greenlit/greenlit/blob/main/{path}#L{line}",
  readme: "none",
  out: "api",
  router: "member",
  // Types and constants stand on the page of their module.
  membersWithOwnFile: ["Class", "Function"],
  entryFileName: "index",
  navigationJson: "api/navigation.json",
  navigation: { includeGroups: true, includeFolders: false, excludeReferences: true },
  hidePageHeader: true,
  useCustomAnchors: true, // it counts headings of one name otherwise than VitePress
  sanitizeComments: true, // what stands in angle brackets is no HTML
  useCodeBlocks: true,
  parametersFormat: "table",
  typeDeclarationFormat: "table",
  expandParameters: true,
};
