// Run by `greenlit doctor` in a child process: prints the switcher's report, or why there is none,
// and what there is to say of the backends.
import { availableBackends, chooseBackend } from "@greenlit/backend";
import { report, type UnsupportedPlatformError } from "@greenlit/switcher";

let answer: object;
try {
  answer = report();
} catch (error) {
  const { message, refused = [] } = error as Partial<UnsupportedPlatformError>;
  answer = { problem: message, refused };
}
let backend: string | null = null;
let why: string | null = null;
try {
  backend = chooseBackend();
} catch (error) {
  why = (error as Error).message;
}
const backends = { backend, why, available: availableBackends() };
process.stdout.write(JSON.stringify({ answer, backends }));
