// Half-loaded while it reads a file, as many packages do with their own package.json.
exports.begun = true;
const fs = require("node:fs");
fs.statfsSync(__filename); // is never made at once
exports.text = fs.readFileSync(__filename, "utf8");
exports.nested = require("./nested.cjs").value;
exports.complete = true;
exports.readLater = () => {
  // Who waits may be back before another one has had its turn, but not always.
  for (let i = 0; i < 10; i++) fs.statfsSync(__filename);
  return fs.readFileSync(__filename, "utf8");
};
