// Opens the switcher; prints which driver it chose.
import { report } from "greenlit/switcher";

console.log(JSON.stringify({ driver: report().driver }));
