// Draws the pictures of docs/architecture.md: node scripts/pictures.mjs.
// test/pictures.test.ts compares.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// A card of its own below each drawing: it can be read whatever the page around it looks like.
const STYLE = `
    text { font: 14px system-ui, "Segoe UI", sans-serif; fill: #1c2330; }
    .small { font-size: 12px; fill: #4a5564; }
    .bold { font-weight: 600; }
    .card { fill: #ffffff; stroke: #d5dae1; }
    .box { fill: #f3f5f8; stroke: #8792a0; }
    .room { fill: #e2f1e6; stroke: #4f8f60; }
    .thread { fill: #fdf1dc; }
    .line { stroke: #4a5564; stroke-width: 1.5; fill: none; }
    .thin { stroke: #b4bcc7; fill: none; stroke-dasharray: 3 4; }
    .head { fill: #4a5564; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6eaf0; }
      .small { fill: #aab4c2; }
      .card { fill: #151a21; stroke: #39424e; }
      .box { fill: #222a34; stroke: #77828f; }
      .room { fill: #1d3a28; stroke: #63a877; }
      .thread { fill: #3a2f1a; }
      .line { stroke: #aab4c2; }
      .thin { stroke: #566170; }
      .head { fill: #aab4c2; }
    }`;

const escaped = (/** @type {string} */ text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * @param {number} width
 * @param {number} height
 * @param {string} title
 * @param {(string | string[])[]} parts
 */
function picture(width, height, title, parts) {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
  <defs>
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
        orient="auto">
      <path class="head" d="M0 0 8 4 0 8z"/>
    </marker>
  </defs>
  ${rect("card", 0.5, 0.5, width - 1, height - 1, 8)}
  ${parts.flat().join("\n  ")}
</svg>
`;
}

/**
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {number} radius
 */
function rect(kind, x, y, width, height, radius = 6) {
  const size = `width="${width}" height="${height}"`;
  return `<rect class="${kind}" x="${x}" y="${y}" ${size} rx="${radius}"/>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} kind
 * @param {string} anchor
 */
function text(x, y, words, kind = "", anchor = "middle") {
  const style = kind === "" ? "" : ` class="${kind}"`;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${style}>${escaped(words)}</text>`;
}

/**
 * @param {...number[]} points
 */
function arrow(...points) {
  const line = points.map((point) => point.join(" ")).join(" L");
  return `<path class="line" d="M${line}" marker-end="url(#head)"/>`;
}

/**
 * A box with its name and a line below it.
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {string} name
 * @param {string} about
 * @param {number} height
 */
function box(kind, x, y, width, name, about, height = 46) {
  return [
    rect(kind, x, y, width, height),
    text(x + width / 2, y + (about === "" ? height / 2 + 5 : 19), name, "bold"),
    ...(about === "" ? [] : [text(x + width / 2, y + 36, about, "small")]),
  ];
}

/**
 * Boxes of one size in a row.
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} gap
 * @param {string[][]} boxes
 */
function row(kind, x, y, width, gap, boxes) {
  return boxes.flatMap(([name = "", about = ""], i) =>
    box(kind, x + i * (width + gap), y, width, name, about),
  );
}

export function rooms() {
  const middle = 440;
  return picture(880, 760, "The packages and their rooms: each uses only what is below it", [
    ...row("box", 120, 20, 200, 20, [
      ["apps/crawler", "the crawler"],
      ["apps/bench", "measurements"],
      ["apps/site", "the documentation"],
    ]),
    arrow([240, 66], [340, 92]),
    arrow([440, 66], [440, 92]),
    ...box("box", 230, 94, 420, "greenlit", "the command, register, doctor; one name for all"),
    arrow([340, 140], [240, 166]),
    arrow([400, 140], [350, 240]),
    arrow([490, 140], [500, 240]),
    arrow([592, 140], [592, 318]),
    ...box("box", 130, 168, 200, "monkey", "the patch of Node's modules"),
    arrow([190, 214], [150, 240]),
    arrow([270, 214], [300, 240]),
    ...row("box", 40, 242, 170, 15, [["fs", "files"]]),
    ...box("box", 235, 242, 160, "net", "sockets, DNS, HTTP"),
    arrow([395, 265], [423, 265]),
    ...box("box", 425, 242, 150, "backend", "descriptors"),
    ...box("box", 650, 242, 190, "testing", "fake clock, leak check"),
    arrow([135, 288], [135, 318]),
    arrow([315, 288], [315, 318]),
    arrow([500, 288], [500, 318]),
    arrow([745, 288], [745, 318]),

    rect("box", 20, 320, 840, 216),
    text(36, 343, "core", "bold", "start"),
    text(80, 343, "hub, greenlets, and all they wait with", "small", "start"),
    ...row("room", 36, 354, 190, 16, [
      ["groups", "Group, Pool, scope"],
      ["queues", "Queue, Channel"],
      ["sync", "Event, Semaphore, RLock"],
      ["calls", "sleep, wait, select, shield"],
    ]),
    arrow([middle, 400], [middle, 414]),
    ...box("room", 36, 416, 808, "hub", "who has the next turn; Greenlet; Waiter, Timer, Timeout"),
    arrow([middle, 462], [middle, 476]),
    ...row("room", 36, 478, 152, 12, [
      ["diagnosis", "deadlocks, failures"],
      ["traces", "stacks in errors"],
      ["node", "scopes, domains"],
      ["time", "the clock, the wheel"],
      ["collections", "lists, heaps"],
    ]),

    arrow([middle, 536], [middle, 562]),
    rect("box", 20, 564, 840, 128),
    text(36, 587, "switcher", "bold", "start"),
    text(116, 587, "suspends and resumes stacks", "small", "start"),
    ...box("room", 36, 600, 190, "src", "RawGreenlet, the self-test"),
    arrow([226, 623], [246, 623]),
    ...box("room", 248, 600, 140, "drivers", "three ways to switch"),
    arrow([388, 623], [438, 623]),
    ...box("room", 440, 600, 160, "v8", "the state of a stack"),
    arrow([600, 623], [648, 623]),
    ...box("room", 650, 600, 194, "machine", "registers, stack memory"),
    ...box("room", 248, 650, 140, "tools", "sampler, monitor", 36).slice(0, 1),
    text(318, 673, "tools", "bold"),
    arrow([388, 668], [470, 668], [470, 648]),
    arrow([130, 646], [130, 668], [246, 668]),
    arrow([middle, 692], [middle, 712]),
    ...box("box", 230, 714, 420, "Node.js: V8, the event loop", "", 32),
  ]);
}

/** The steps of `sleep(10)`, from one lane to another; a number alone is a change of the stack. */
const LANES = ["your code", "calls", "hub", "RawGreenlet", "driver", "time, Node"];
/** @type {(string | [number, number, string])[]} */
const STEPS = [
  [0, 1, "sleep(10)"],
  [1, 5, "a Timer of 10 ms for the Waiter"],
  [1, 2, "hub.park()"],
  [2, 3, "root.switch()"],
  [3, 4, "transfer(0)"],
  "the greenlet's stack is set aside, the thread's own goes on",
  [4, 2, "returns to who had switched to the greenlet"],
  [2, 5, "others have their turn; then Node waits"],
  [5, 2, "after 10 ms: waiter.switch()"],
  [2, 3, "raw.switch()"],
  [3, 4, "transfer(id)"],
  "the thread's own stack is set aside, the greenlet's goes on",
  [4, 2, "returns to hub.park()"],
  [2, 0, "sleep returns"],
];

export function call() {
  const at = (/** @type {number} */ lane) => 75 + lane * 148;
  const top = 60;
  const y = (/** @type {number} */ i) => top + 30 + i * 38;
  const height = y(STEPS.length) + 6;
  const changes = STEPS.flatMap((step, i) => (typeof step === "string" ? [i] : []));
  const [down = 0, up = 0] = changes;
  return picture(890, height, "The way of sleep(10), from the call to its return", [
    rect("thread", 12, y(down) - 4, 866, y(up) - y(down), 0),
    ...LANES.flatMap((name, lane) => [
      `<path class="thin" d="M${at(lane)} ${top} V${height - 14}"/>`,
      rect("box", at(lane) - 68, 18, 136, 32),
      text(at(lane), 39, name, "bold"),
    ]),
    ...STEPS.flatMap((step, i) => {
      if (typeof step === "string") {
        return [rect("thread", 205, y(i) - 15, 480, 22), text(445, y(i) + 1, step, "bold")];
      }
      const [from, to, words] = step;
      const middle = (at(from) + at(to)) / 2;
      return [
        text(middle, y(i) - 6, `${numberOf(i)}. ${words}`, "small"),
        arrow([at(from), y(i)], [at(to), y(i)]),
      ];
    }),
  ]);
}

function numberOf(/** @type {number} */ index) {
  return STEPS.slice(0, index + 1).filter((step) => typeof step !== "string").length;
}

export function states() {
  return picture(880, 330, "The states of a greenlet", [
    ...box("room", 60, 120, 150, "queued", "waits for its turn"),
    ...box("room", 365, 120, 150, "running", "at most one"),
    ...box("room", 670, 120, 150, "parked", "waits in a call"),
    ...box("room", 365, 260, 150, "done", "value or exception"),
    text(20, 60, "spawn", "bold", "start"),
    arrow([78, 56], [110, 56], [110, 118]),
    arrow([210, 134], [363, 134]),
    text(287, 126, "its turn comes", "small"),
    arrow([365, 154], [212, 154]),
    text(287, 172, "gives its turn away", "small"),
    arrow([515, 134], [668, 134]),
    text(592, 126, "a call has to wait", "small"),
    arrow([670, 154], [517, 154]),
    text(592, 172, "its callback comes", "small"),
    text(592, 188, "(I/O, a timer)", "small"),
    arrow([745, 120], [745, 60], [150, 60], [150, 118]),
    text(
      445,
      50,
      "woken by another greenlet, or killed: queued behind those who are ready",
      "small",
    ),
    arrow([440, 166], [440, 258]),
    text(450, 216, "returns or throws", "small", "start"),
    arrow([135, 166], [135, 283], [363, 283]),
    text(150, 275, "killed before it ever ran", "small", "start"),
  ]);
}

export const pictures = { rooms, call, states };

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [name, draw] of Object.entries(pictures)) {
    writeFileSync(new URL(`../docs/pictures/${name}.svg`, import.meta.url), draw());
  }
}
