import { runChild } from "./child.js";
import { type Figure, figure } from "./figure.js";
import type { Answer } from "./answer.js";
import type { Contender, Question, Setup } from "./question.js";

/**
 * Measures: in each round every program runs once, in turn, so that what else the machine does
 * falls on all alike.
 */
export function ask(question: Question, setup: Setup, progress: (line: string) => void): Answer {
  const missing: Answer["missing"] = {};
  const values = new Map<string, Map<string, number[]>>();
  const refuse = ({ who, keys }: Contender, why: string): void => {
    missing[who] ??= {};
    for (const key of keys) missing[who][key] = why;
  };

  const all = question.contenders(setup);
  for (const contender of all) {
    values.set(contender.who, values.get(contender.who) ?? new Map());
    if (contender.missing !== undefined) refuse(contender, contender.missing);
  }

  let running = all
    .filter((contender) => contender.missing === undefined)
    .map((contender) => ({ ...contender, took: 0 }));
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  for (let round = 1; round <= setup.rounds && running.length > 0; round++) {
    running = running.filter(({ rounds = Infinity }) => round <= rounds);
    const expected = running.reduce((sum, { took }) => sum + took, 0);
    if (seconds() + expected > question.budget) break;
    // There and back, so that nobody always follows the same one.
    for (const contender of round % 2 === 1 ? [...running] : running.toReversed()) {
      const begin = seconds();
      progress(`${question.name}, round ${round} of ${setup.rounds}: ${contender.who}`);
      try {
        const printed = runChild(contender.command, contender.env);
        for (const key of contender.keys) {
          const value = printed[key];
          if (typeof value !== "number") throw new Error(`printed no ${key}`);
          const found = values.get(contender.who) as Map<string, number[]>;
          found.set(key, [...(found.get(key) ?? []), value]);
        }
      } catch (error) {
        refuse(contender, (error as Error).message);
        running = running.filter((other) => other !== contender);
      }
      contender.took = seconds() - begin;
    }
  }

  const figures: Answer["figures"] = {};
  for (const [who, found] of values) {
    const entries = [...found].filter(([key]) => missing[who]?.[key] === undefined);
    figures[who] = Object.fromEntries(
      entries.map(([key, list]): [string, Figure] => [key, figure(list)]),
    );
  }
  const { name, asks } = question;
  return { name, asks, tables: question.tables(setup), figures, missing };
}
