/** From a bundle to a component: the module around it, the interpreter, the snapshot, and the names of WASI. */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { GLOBAL, tool } from "./bundle.mjs";
import { WORLD, worldOf, writeWit } from "./world.mjs";

/** The sections of a component that hold its imports and its exports. */
const SECTIONS = [10, 11];

/**
 * Makes a component of a bundle.
 *
 * @param {{ code: string, lineMap: object }} bundle what `bundle.mjs` made
 * @param {{ roles: string[], wit: string, modules?: string }} options the roles that it has, the folder of WIT, and the
 *   folder in which componentize-qjs is installed
 * @returns {Promise<Buffer>} its bytes
 */
export async function component(bundle, { roles, wit, modules }) {
    const { componentize } = await tool("componentize-qjs", modules);
    const world = worldOf(roles);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dacapo-js-"));
    try {
        writeWit(folder, wit, world);
        const jsSource = moduleAround(bundle, world);
        const made = await componentize({ witPath: folder, jsSource, world: WORLD, stubWasi: true, sync: true });
        return renamed(made.component);
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

/** The module that the interpreter loads: imports above the bundle, exports below it. */
function moduleAround({ code, lineMap }, { imports, exports }) {
    const above = imports.map(([name, source]) => `import * as ${name} from ${JSON.stringify(source)};`);
    const map = JSON.stringify({ ...lineMap, before: above.length });
    const below = [
        `${GLOBAL}.connect({ ${imports.map(([name]) => name).join(", ")} }, ${map});`,
        ...exports.map(({ member }) => `export const ${member} = ${GLOBAL}.${member};`),
    ];
    return [...above, code.trimEnd(), ...below, ""].join("\n");
}

/** The component with `wasi:` in place of `wasj:`. Both are as long, so nothing moves. */
function renamed(bytes) {
    const result = Buffer.from(bytes);
    for (const { id, begin, end } of sections(result)) {
        if (!SECTIONS.includes(id)) continue;
        for (let at = result.indexOf("wasj:", begin); at >= 0 && at < end; at = result.indexOf("wasj:", at)) {
            at += result.write("wasi:", at);
        }
    }
    return result;
}

/** The sections of a component: their ids, and where their contents are. */
function* sections(bytes) {
    let at = 8;
    const number = () => {
        let [value, shift, byte] = [0, 0, 0];
        do {
            byte = bytes[at++];
            value += (byte & 127) * 2 ** shift;
            shift += 7;
        } while (byte & 128);
        return value;
    };
    while (at < bytes.length) {
        const id = bytes[at++];
        const size = number();
        yield { id, begin: at, end: at + size };
        at += size;
    }
}
