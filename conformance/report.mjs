// What is printed of a run.

/**
 * @param {readonly import("./compare.mjs").Compared[]} compared
 * @param {ReadonlyMap<string, string>} expected names of tests that are expected to fail
 */
export function printTable(compared, expected) {
  const prefixes = [...new Set(compared.map(({ prefix }) => prefix))];
  const rows = prefixes.map((prefix) => {
    const own = compared.filter((one) => one.prefix === prefix);
    return [prefix].concat(counts(own, expected).map(String));
  });
  const head = ["", "tests", "pass plain", "pass patched", "expected", "FAIL"];
  const all = ["all"].concat(counts(compared, expected).map(String));
  const cells = [head, ...rows, all];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  console.log();
  for (const row of cells) {
    const padded = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(padded.join("  "));
  }
  console.log();
}

/**
 * @param {readonly import("./compare.mjs").Compared[]} compared
 * @param {ReadonlyMap<string, string>} expected
 */
function counts(compared, expected) {
  const same = compared.filter(({ outcome }) => outcome === "same").length;
  const failed = compared.filter(({ outcome }) => outcome === "differs");
  const known = failed.filter(({ name }) => expected.has(name)).length;
  return [compared.length, same + failed.length, same, known, failed.length - known];
}

/**
 * @param {string} text
 * @param {number} lines
 * @returns {string} the last lines that are not empty, indented
 */
export function tail(text, lines) {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join("\n");
}
