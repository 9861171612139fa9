import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { PAGES } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Pages are those of docs/, and the READMEs. */
function isPage(path: string): boolean {
  return /^(docs\/[^/]+\.md|README\.md|(packages|examples)\/[^/]+\/README\.md)$/.test(path);
}

const guide = (text: string, name: string) => ({ text, link: `/docs/${name}` });

export default defineConfig({
  title: "Tandem",
  description: "Change data capture that survives anything: two Debezium connectors in, every change once out.",
  srcDir: "..",
  srcExclude: [
    "**/node_modules/**",
    "**/fixtures/**",
    "**/corpus/**",
    "**/CHANGELOG.md",
    ".changeset/**",
    "packages/*/{src,test,dist,resources,templates}/**",
    "examples/*/{src,test,dist}/**",
  ],
  rewrites: { "README.md": "index.md" },
  outDir: "./.vitepress/dist",
  cacheDir: "./.vitepress/cache",
  cleanUrls: false,
  markdown: {
    // Braces in tables and texts are ours, not Vue's.
    config(markdown) {
      markdown.core.ruler.push("tandem", (state) => {
        const page = (state.env as { readonly relativePath?: string }).relativePath ?? "";
        for (const block of state.tokens) {
          for (const token of block.children ?? []) {
            if (token.type !== "link_open") continue;
            const href = token.attrGet("href") ?? "";
            if (/^([a-z]+:|#|\/)/.test(href)) continue;
            const target = relative(ROOT, join(ROOT, dirname(page), href.split("#")[0] ?? ""));
            // Source files are in the repository, not on the site: their names stay, as text.
            if (isPage(target) || !existsSync(join(ROOT, target))) continue;
            token.type = "html_inline";
            token.content = '<span class="source">';
            let depth = 1;
            for (const next of block.children?.slice((block.children.indexOf(token) ?? 0) + 1) ?? []) {
              if (next.type === "link_open") depth++;
              if (next.type !== "link_close" || --depth > 0) continue;
              next.type = "html_inline";
              next.content = "</span>";
              break;
            }
          }
        }
      });
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: "deep",
    nav: [
      guide("Guide", "getting-started"),
      { text: "Reference", link: "/docs/configuration" },
      { text: "Packages", link: "/packages/core/README" },
    ],
    sidebar: [
      { text: "What Tandem is", link: "/" },
      ...PAGES.map(({ pages, text }) => ({
        text,
        items: Object.entries(pages)
          .filter(([name]) => existsSync(join(ROOT, "docs", `${name}.md`)))
          .map(([name, title]) => guide(title, name)),
      })),
    ],
  },
});
