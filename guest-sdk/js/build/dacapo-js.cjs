#!/usr/bin/env node
/** The build tool as a command of the package. */

import("./main.mjs");
