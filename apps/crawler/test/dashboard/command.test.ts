import { expect, it } from "vitest";
import { parseCommand } from "../../src/dashboard/command.js";

it.each<[string, unknown]>([
  ['{"action":"pause"}', { action: "pause" }],
  ['{"action":"resume","more":1}', { action: "resume" }],
  ['{"action":"stop"}', { action: "stop" }],
  ['{"action":"limits","concurrency":5}', { action: "limits", concurrency: 5 }],
  [
    '{"action":"limits","concurrency":1,"perHost":100000}',
    { action: "limits", concurrency: 1, perHost: 100_000 },
  ],
  ["pause", "not JSON"],
  ["null", "the action is pause, resume, stop or limits"],
  ['{"action":"close"}', "the action is pause, resume, stop or limits"],
  ...["0", "-1", "1.5", '"5"', "null", "100001", "1e99", "true"].map(
    (value) =>
      [
        `{"action":"limits","perHost":${value}}`,
        "concurrency and perHost are whole numbers from 1 to 100000",
      ] satisfies [string, string],
  ),
])("%s", (text, command) => {
  expect(parseCommand(text)).toEqual(command);
});
