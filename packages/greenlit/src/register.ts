// node --import greenlit/register app.js
// node --require greenlit/register app.js
// Node goes on with the main module when this module is done; then that runs in a greenlet.

import { start } from "./start.js";

start(true);
