const { existsSync } = require("fs");
exports.existsSync = existsSync;
