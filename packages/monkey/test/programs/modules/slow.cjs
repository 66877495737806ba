// Half-loaded while it reads a file, as many packages do with their own package.json.
exports.begun = true;
exports.text = require("node:fs").readFileSync(__filename, "utf8");
exports.nested = require("./nested.cjs").value;
exports.complete = true;
exports.readLater = () => require("node:fs").readFileSync(__filename, "utf8");
