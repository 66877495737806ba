// What do calls of files cost that are in memory, and how fast are those read that are not?
import { dots } from "./plot.js";
import type { Contender, Question } from "./question.js";
import { program } from "./runtimes.js";

const CALLS: readonly (readonly [key: string, label: string, meaning: string])[] = [
  ["read4", "readFile, 4 KB", "A file of 4,096 bytes, read whole into a buffer."],
  ["read64", "readFile, 64 KB", "The same, of 65,536 bytes."],
  ["read1024", "readFile, 1 MB", "The same, of 1,048,576 bytes."],
  ["stat", "stat", "What the first of them is."],
  ["exists", "exists", "Whether it is there (with promises: access)."],
  ["readdir", "readdir", "The names of a folder with 20 files."],
  ["write4", "writeFile, 4 KB", "4,096 bytes into a file that is there."],
];

export const files: Question = {
  name: "files",
  asks: "Does a program become slower when its calls of files switch?",
  budget: 90,
  tables: () => [
    {
      title: "Calls one after the other, of what is in memory",
      unit: "us",
      rows: CALLS.map(([key, label, meaning]) => ({ key, label, meaning })),
    },
    {
      title: "Files that are in memory no more",
      unit: "MB a second",
      rows: [
        {
          key: "cold",
          label: "64 KB each, 64 at a time",
          meaning: "Files of 65,536 bytes, after the kernel was told to forget all of them.",
        },
      ],
    },
    {
      title: "A walk",
      unit: "files a second",
      rows: [
        {
          key: "walk",
          label: "readdir and stat",
          meaning: "A tree of folders with 100 small files each, every one looked at, in memory.",
        },
      ],
    },
  ],
  contenders: ({ nodes, scale }) => {
    const [first] = nodes as [(typeof nodes)[0]];
    const keys = [...CALLS.map(([key]) => key), "cold", "walk"];
    const run = (node: typeof first, who: string, how: string): Contender => ({
      ...node,
      who,
      keys,
      command: program(node, "files", how, scale),
    });
    return [
      ...nodes.map((node) => run(node, node.who, "greenlet")),
      run(first, "Node, Sync", "sync"),
      run(first, "Node, fs.promises", "promises"),
    ];
  },
  plots: (answer) => [dots("files", "A call of a file in memory (us)", answer, 0)],
};
