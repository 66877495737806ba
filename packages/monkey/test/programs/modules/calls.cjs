"use strict";

globalThis.callAll();
