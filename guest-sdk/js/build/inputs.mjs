/**
 * Which of the author's files went into a bundle: its modules, those of packages included, and what says how modules are
 * read. A build whose inputs have not changed need not be made again.
 *
 * What the SDK brings is not the author's.
 */

import fs from "node:fs";
import path from "node:path";

/** Files that are looked for in the folder of a module and in all folders above it. */
const SETTINGS = ["package.json", "tsconfig.json"];

/**
 * The absolute paths, in order.
 *
 * @param {{ inputs: object }} metafile what esbuild says of a bundle
 * @param {(name: string) => boolean} isAuthors whether esbuild's name is that of a file of the author
 * @param {string} directory the folder from which esbuild names files
 * @returns {string[]}
 */
export function inputsOf({ inputs }, isAuthors, directory) {
    const names = Object.keys(inputs).filter(isAuthors);
    const modules = names.map((name) => path.resolve(directory, name));
    const folders = new Set(modules.flatMap(foldersAbove));
    const settings = new Set([...folders].flatMap(settingsIn));
    // What is added to a set while it is walked is walked as well.
    for (const file of settings) basesOf(file).forEach((base) => settings.add(base));
    return [...new Set([...modules, ...settings])].sort();
}

function foldersAbove(file) {
    const folder = path.dirname(file);
    return folder === file ? [] : [folder, ...foldersAbove(folder)];
}

function settingsIn(folder) {
    return SETTINGS.map((name) => path.join(folder, name)).filter(isFile);
}

/** The files that a `tsconfig.json` extends, but for those of packages. */
function basesOf(file) {
    const [, extended = ""] = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(fs.readFileSync(file, "utf8")) ?? [];
    const names = [...extended.matchAll(/"(\.[^"]*)"/g)].map(([, name]) => path.resolve(path.dirname(file), name));
    return names.flatMap((name) => [name, `${name}.json`]).filter(isFile);
}

function isFile(file) {
    return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
