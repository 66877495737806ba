// A picture of a CPU profile, for pages and reports: an SVG, on stdout, that needs no viewer of
// profiles.
//
//   npx greenlit run --profile app.cpuprofile app.mjs
//   node scripts/flame.mjs app.cpuprofile > app.svg
//
// docs/pictures/profile.svg is made so, of the program that stands above it in docs/command.md.
//
// A frame stands below its caller, and is as wide as the share of the samples that it is in. Time
// when nothing ran is not drawn, nor is a frame of less than one percent. Functions of one name in
// one file are one frame under one caller, as greenlit's sampler gives the line at which a function
// was seen, not where it begins; those without a name go by line.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const WIDTH = 900;
const MARGIN = 12;
const TOP = 64;
const ROW = 20;
const LEAST = 0.01;
/** Pixels for a letter of a label, rather too many: only who draws the text can measure it. */
const LETTER = 7;
const FILLS = { "the program": "#8fd4b3", greenlit: "#b3d0f0", "Node and V8": "#e4e4e4" };
const OURS = [
  fileURLToPath(new URL("../packages/", import.meta.url)),
  "/node_modules/@greenlit/",
  "/node_modules/greenlit/",
];

/** @typedef {Pick<import("node:inspector").Profiler.Profile, "nodes">} Profile */
/** @typedef {Map<number, import("node:inspector").Profiler.ProfileNode>} Nodes by their ids */

/**
 * Calls of a function by one caller, all together.
 * @typedef {object} Frame
 * @property {string} label
 * @property {string} url
 * @property {number} samples
 * @property {Map<string, Frame>} callees
 */

/** @typedef {Frame & { depth: number, at: number }} Placed from which sample, and how deep */

/**
 * @param {Profile} profile what a `.cpuprofile` holds
 * @param {string} title
 * @returns {string} the text of the SVG
 * @throws Error where there are no samples.
 */
export function flame(profile, title) {
  /** @type {Frame} */
  const root = { label: "", url: "", samples: 0, callees: new Map() };
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  add(root, profile.nodes[0]?.children ?? [], nodes);
  if (root.samples === 0) {
    throw new Error("the profile has no samples: nothing ran while it was taken");
  }

  const frames = framesBelow(root, 0, 0, root.samples);
  const height = TOP + ROW * (1 + Math.max(0, ...frames.map(({ depth }) => depth))) + MARGIN;
  const about = `${root.samples} samples; a frame stands below its caller, as wide as its share of them; less than ${100 * LEAST} % is not shown`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title about" font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" fill="#333333">
<title id="title">${escape(title)}</title>
<desc id="about">${about}</desc>
<rect width="${WIDTH}" height="${height}" fill="white"/>
<text x="${MARGIN}" y="24" font-size="15" font-weight="bold">${escape(title)}</text>
<text x="${MARGIN}" y="48">${about}</text>
${legend(new Set(frames.map(({ url }) => kindOf(url))))}
${frames.map((frame) => rectangle(frame, root.samples)).join("\n")}
</svg>
`;
}

/**
 * Adds nodes of the profile, and what they call, to a frame.
 * @param {Frame} frame
 * @param {readonly number[]} ids
 * @param {Nodes} nodes
 */
function add(frame, ids, nodes) {
  for (const id of ids) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const { callFrame, hitCount = 0, children = [] } = node;
    const { functionName: name, url, lineNumber } = callFrame;
    if (name === "(idle)") continue;
    const label = name || (url === "" ? "(anonymous)" : `${basename(url)}:${lineNumber + 1}`);
    const key = `${label} ${url}`;
    /** @type {Frame} */
    const callee = frame.callees.get(key) ?? { label, url, samples: 0, callees: new Map() };
    frame.callees.set(key, callee);
    const before = callee.samples;
    callee.samples += hitCount;
    add(callee, children, nodes);
    frame.samples += callee.samples - before;
  }
}

/**
 * The frames below one, from the sample at which it starts; those too small left out.
 * @param {Frame} frame
 * @param {number} depth
 * @param {number} start
 * @param {number} all
 * @returns {Placed[]}
 */
function framesBelow({ callees }, depth, start, all) {
  /** @type {Placed[]} */
  const frames = [];
  let at = start;
  for (const callee of callees.values()) {
    if (callee.samples >= LEAST * all) {
      frames.push({ ...callee, depth, at }, ...framesBelow(callee, depth + 1, at, all));
    }
    at += callee.samples;
  }
  return frames;
}

/**
 * @param {Placed} frame
 * @param {number} all
 */
function rectangle({ label, url, samples, depth, at }, all) {
  const pixels = (/** @type {number} */ count) => (count / all) * (WIDTH - 2 * MARGIN);
  const [x, y, width] = [MARGIN + pixels(at), TOP + depth * ROW, pixels(samples)];
  const letters = Math.floor((width - 8) / LETTER);
  const shown =
    label.length <= letters ? label : letters > 2 ? `${label.slice(0, letters - 1)}…` : "";
  const told = `${label}${url === "" ? "" : ` (${basename(url)})`}: ${samples} of ${all} samples, ${((100 * samples) / all).toFixed(1)} %`;
  return `<g><title>${escape(told)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW}" fill="${FILLS[kindOf(url)]}" stroke="white"/><text x="${(x + 4).toFixed(1)}" y="${y + 14}">${escape(shown)}</text></g>`;
}

/**
 * @param {string} url
 * @returns {keyof typeof FILLS}
 */
function kindOf(url) {
  if (url === "" || url.startsWith("node:")) return "Node and V8";
  return OURS.some((part) => url.includes(part)) ? "greenlit" : "the program";
}

/**
 * What the colours of some kinds mean, from the right.
 * @param {ReadonlySet<string>} kinds
 */
function legend(kinds) {
  let x = WIDTH - MARGIN;
  return Object.entries(FILLS)
    .filter(([kind]) => kinds.has(kind))
    .reverse()
    .map(([kind, fill]) => {
      x -= kind.length * LETTER + 28;
      return `<rect x="${x}" y="14" width="12" height="12" fill="${fill}"/><text x="${x + 17}" y="24">${kind}</text>`;
    })
    .join("\n");
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , file] = process.argv;
  if (file === undefined) {
    console.error("usage: node scripts/flame.mjs app.cpuprofile > app.svg");
    process.exit(2);
  }
  process.stdout.write(flame(JSON.parse(readFileSync(file, "utf8")), basename(file)));
}
