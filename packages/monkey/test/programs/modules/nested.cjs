require("node:fs").statSync(__filename);
exports.value = "nested";
