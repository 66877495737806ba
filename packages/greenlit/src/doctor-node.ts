import { PROVED, standingOf, type SwitcherReport } from "@greenlit/switcher";

/**
 * What there is to say of a Node on which greenlit has not been proved; null when it has been.
 * @param version as `process.version` tells it.
 * @param switcher what runs on it; null when nothing does.
 */
export function warnOfNode(version: string, switcher: SwitcherReport | null): string | null {
  const { line, newest, proved } = standingOf(version);
  if (proved) return null;
  const all = Object.values(PROVED);
  const what =
    newest === null
      ? `Node ${version}: greenlit has been proved on no Node ${line}, only on ${all.join(", ")} and those before them.`
      : `Node ${version} is newer than the newest of its line on which greenlit has been proved, ${newest}.`;
  const instead = newest === null ? `one of ${all.join(", ")}` : newest;
  if (switcher === null) {
    return `${what} No driver has passed the self-test here: see whether there is a newer greenlit, or use ${instead}.`;
  }
  return (
    `${what} The self-test has passed here with the driver ${switcher.driver}, so greenlets run; what it does not try has ` +
    `been tried by nobody yet. Run your own tests before you rely on it, see whether there is a newer greenlit, or use ${instead}.`
  );
}
