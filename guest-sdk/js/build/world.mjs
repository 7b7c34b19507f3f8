/**
 * The world of a component: exports for the roles that it has, imports for what these need, and the folder of WIT that
 * says so.
 *
 * Packages of WASI are written as `wasj:`, because componentize-qjs cannot snapshot a world that imports some of those
 * itself; `component.mjs` gives them their names back.
 */

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const DURABLE = "dacapo:durable";
const WASI = "0.2.12";

/** The interfaces of each role: what it exports, under which name the bundle has it, and whether it may import. */
const ROLES = {
    activity: { exports: `${DURABLE}/activity@0.1.0`, member: "activity", isActive: true },
    orchestrator: { exports: `${DURABLE}/orchestrator@0.1.0`, member: "orchestrator", isActive: false },
    entity: { exports: `${DURABLE}/entity@0.1.0`, member: "entity", isActive: false },
    "timer-trigger": { exports: `${DURABLE}/timer-trigger@0.1.0`, member: "timerTrigger", isActive: true },
    "stream-trigger": { exports: `${DURABLE}/stream-trigger@0.1.0`, member: "streamTrigger", isActive: true },
    "http-trigger": { exports: `wasj:http/incoming-handler@${WASI}`, member: "incomingHandler", isActive: true },
};

/** What the roles that touch the world import, by the name that the SDK has for it. */
const ACTIVE_IMPORTS = {
    client: `${DURABLE}/client@0.1.0`,
    monotonicClock: `wasj:clocks/monotonic-clock@${WASI}`,
    wallClock: `wasj:clocks/wall-clock@${WASI}`,
    random: `wasj:random/random@${WASI}`,
    stdout: `wasj:cli/stdout@${WASI}`,
    stderr: `wasj:cli/stderr@${WASI}`,
    poll: `wasj:io/poll@${WASI}`,
    streams: `wasj:io/streams@${WASI}`,
};

/** The name of the world. */
export const WORLD = "app";

/**
 * What a component with these roles imports and exports.
 *
 * @returns {{ imports: [string, string][], exports: { interface: string, member: string }[] }} imports as pairs of a
 *   name in the SDK and an interface
 */
export function worldOf(roles) {
    const used = roles.map((role) => ROLES[role]);
    const imports = used.some(({ isActive }) => isActive) ? Object.entries(ACTIVE_IMPORTS) : [];
    if (roles.includes("activity")) imports.push(["progress", `${DURABLE}/progress@0.1.0`]);
    if (roles.includes("http-trigger")) imports.push(["http", `wasj:http/types@${WASI}`]);
    const exports = used.map(({ exports: name, member }) => ({ interface: name, member }));
    const functions = { interface: `${DURABLE}/functions@0.1.0`, member: "functions" };
    return { imports, exports: [functions, ...exports] };
}

/** Writes the folder of WIT for a world. `wit` has the folders `dacapo` and `wasi`. */
export function writeWit(folder, wit, { imports, exports }) {
    const deps = path.join(folder, "deps");
    const own = path.join(path.dirname(fileURLToPath(import.meta.url)), "wit");
    copy(path.join(wit, "dacapo"), path.join(deps, "dacapo"));
    copyFile(path.join(wit, "wasi/http.wit"), path.join(deps, "http"));
    copy(path.join(wit, "wasi/deps/clocks"), path.join(deps, "clocks"));
    copy(path.join(wit, "wasi/deps/io"), path.join(deps, "io"));
    copyFile(path.join(own, "wall-clock.wit"), path.join(deps, "clocks"));
    copyFile(path.join(own, "random.wit"), path.join(deps, "random"));
    copyFile(path.join(own, "cli.wit"), path.join(deps, "cli"));
    const lines = [
        ...imports.map(([, name]) => `  import ${name};`),
        ...exports.map(({ interface: name }) => `  export ${name};`),
    ];
    fs.writeFileSync(path.join(folder, "world.wit"), `package dacapo:app;\nworld ${WORLD} {\n${lines.join("\n")}\n}\n`);
}

function copy(from, to) {
    for (const name of fs.readdirSync(from)) {
        if (name.endsWith(".wit")) copyFile(path.join(from, name), to);
    }
}

function copyFile(file, folder) {
    fs.mkdirSync(folder, { recursive: true });
    const text = fs.readFileSync(file, "utf8").replaceAll("wasi:", "wasj:");
    fs.writeFileSync(path.join(folder, path.basename(file)), text);
}
