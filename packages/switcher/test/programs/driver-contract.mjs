// A driver keeps its contract: all clauses, or one.
//   node --expose-gc driver-contract.mjs [clause]      of the driver GREENLIT_SWITCHER
import { check, pass } from "@greenlit/testing/program";
import { checkClause, CLAUSES } from "../support/driver-clauses.mjs";

const wanted = process.argv[2];
check(wanted === undefined || Object.hasOwn(CLAUSES, wanted), `there is a clause "${wanted}"`);
for (const clause of wanted === undefined ? Object.keys(CLAUSES) : [wanted]) {
  await checkClause(clause);
}
pass(wanted === undefined ? 61 : 3);
