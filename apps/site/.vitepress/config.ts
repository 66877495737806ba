import { relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { defineConfig } from "vitepress";
import { addressOf, fragmentOf, pageOf, REPOSITORY, ROOT } from "../src/pages.js";
import { sidebar } from "../src/sidebar.js";

/** What `env` of markdown-it has: `path` is that of the page where there is a `realPath`. */
interface Env {
  readonly path: string;
  readonly realPath?: string;
}

/** Links from file to file become links from page to page. */
function pageLinks(md: MarkdownRenderer): void {
  md.core.ruler.push("page-links", ({ tokens, env }) => {
    const { path, realPath = path } = env as Env;
    const from = relative(ROOT, realPath);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const link = token.type === "link_open" ? token.attrGet("href") : null;
      if (link !== null) token.attrSet("href", addressOf(link, from));
    }
  });
}

/** A green light. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#10a064"/></svg>';

export default defineConfig({
  title: "greenlit",
  description: "Code that looks blocking, and runs ten thousand at once, on a stock Node.js",
  lang: "en",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: ROOT,
  srcExclude: [
    "{conformance,examples,scripts,test}/**",
    "apps/{bench,site/README.md}/**",
    "**/CHANGELOG.md",
  ],
  rewrites: (file) => pageOf(file) ?? file,
  cleanUrls: true,
  metaChunk: true, // the sidebars once for all pages, not in each of them
  vite: { server: { watch: { ignored: ["**/.cache/**", "**/build/**", "**/dist/**"] } } },
  markdown: {
    anchor: { slugify: fragmentOf },
    config: pageLinks,
  },
  transformPageData(page) {
    // The front page is the README of the repository, below a head of its own.
    if (page.relativePath !== "index.md") return;
    page.frontmatter = {
      layout: "home",
      hero: {
        name: "greenlit",
        text: "Greenlets for stock Node.js",
        tagline: "Functions with a stack of their own. Ten thousand wait at once, on one thread.",
        actions: [
          { theme: "brand", text: "Tutorial", link: "/tutorial" },
          { theme: "alt", text: "See it switch", link: "/switching" },
          { theme: "alt", text: "Guides", link: "/guides" },
          { theme: "alt", text: "API", link: "/api/" },
        ],
      },
    };
  },
  themeConfig: {
    nav: [
      { text: "Tutorial", link: "/tutorial" },
      { text: "Guides", link: "/guides" },
      { text: "How it switches", link: "/switching" },
      { text: "Errors", link: "/errors" },
      { text: "API", link: "/api/" },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // Words only: colours for code would take half of the time of the build.
        _render: (text, env, md) => md.set({ highlight: null }).render(text, env),
        miniSearch: {
          searchOptions: {
            // What a package of the parts exports is described where `greenlit` exports it.
            boostDocument: (id: string) => (id.includes("/api/@") ? 0.1 : 1),
          },
        },
      },
    },
    socialLinks: [{ icon: "github", link: REPOSITORY }],
  },
});
