// Runs the same cases with and without switching, and compares.
import { RawGreenlet, root } from "@greenlit/switcher";
import { check, collect, same, scaled, unless } from "@greenlit/testing/program";
import { noStringify } from "./switcher.mjs";

/**
 * Each case is `(park) => result`. It calls `park` with values, inside the construct that it tests.
 * It runs once on the root, where `park` only returns its argument. Then it runs in several
 * greenlets at a time: `park` suspends the greenlet, other cases run, garbage is collected, and the
 * argument comes back. The results must be the same.
 * @returns the number of checks made.
 */
export function interleave(cases, copies = scaled(3)) {
  const jobs = [];
  for (const [name, run] of Object.entries(cases)) {
    if (/JSON\.stringify|toJSON/.test(name) && !unless(noStringify, name)) {
      delete cases[name];
      continue;
    }
    let parks = 0;
    const expected = run((value) => (parks++, value));
    check(parks > 0, `"${name}" parks`);
    for (let copy = 0; copy < copies; copy++) {
      const job = { name, expected, parks, switches: 0, result: undefined, kept: undefined };
      // A new box travels out and back. If a collection misses the stack, the content is lost.
      job.greenlet = new RawGreenlet(() => {
        job.result = run((value) => root().switch({ value }).value);
      });
      jobs.push(job);
    }
  }

  let switches = 0;
  let living = jobs;
  while (living.length > 0) {
    for (const job of living) {
      const box = job.greenlet.switch(job.kept && { value: job.kept.value });
      if (!job.greenlet.dead) job.switches++;
      job.kept = box;
      switches++;
      if (switches % 97 === 0) collect("minor");
      if (switches % 1511 === 0) collect("major");
    }
    // Each round resumes in another order, so stacks do not unwind in the order they were made.
    living = living.filter((job) => !job.greenlet.dead);
    living = [...living.slice(living.length >> 1), ...living.slice(0, living.length >> 1)];
  }

  for (const { name, result, expected, switches: made, parks } of jobs) {
    same(result, expected, name);
    check(made === parks, `"${name}" parked ${made} times, not ${parks}`);
  }
  return jobs.length * 2 + Object.keys(cases).length;
}
