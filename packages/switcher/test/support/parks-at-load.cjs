// Loaded by require() in a greenlet: the module's own top level parks.
exports.loaded = globalThis.parkAtLoad("while loading");
