// What fails is tried once more: a machine that stands still for a second must not cost a whole
// run. It is told, though: a test that passes only then is a fault to be found, of the test or of
// what it tests. Crashes and hangs are never tried again; there is no harmless one.
import type { Reporter, TestModule } from "vitest/node";

/** For vitest's `retry`. Messages name the signal that ended a program, SIGKILL if it hung. */
export const ONCE_MORE = { count: 1, condition: /^(?![^]*(?:\bSIG[A-Z]{2,}\b|timed out in))/ };

/** Prints the tests that passed only when they were tried again. */
export class UnsteadyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests("passed")) {
        if (test.diagnostic()?.flaky) names.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    if (names.length === 0) return;
    console.log(`\n UNSTEADY  passed only when tried again: ${names.length}`);
    for (const name of names) console.log(`   ${name}`);
  }
}
