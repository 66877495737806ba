// Run by `greenlit doctor` in a child process: prints the switcher's report, or why there is none.
import { report } from "@greenlit/switcher";

let answer: object;
try {
  answer = report();
} catch (error) {
  answer = { problem: (error as Error).message };
}
process.stdout.write(JSON.stringify(answer));
