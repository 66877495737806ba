// Opens the switcher; prints which driver it chose, and from which binary.
import { report } from "greenlit/switcher";

const { driver } = report();
const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
const binary = sharedObjects.find((path) => path.includes("switcher") && path.endsWith(".node"));
console.log(JSON.stringify({ driver, binary }));
