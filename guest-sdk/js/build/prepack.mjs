/** Brings the contract and its parts of WASI into the package before it is packed. */

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const sdk = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(sdk, "wit");

fs.rmSync(target, { recursive: true, force: true });
fs.cpSync(path.join(sdk, "../../wit"), path.join(target, "dacapo"), { recursive: true });
fs.cpSync(path.join(sdk, "../rust/wasi"), path.join(target, "wasi"), { recursive: true });
