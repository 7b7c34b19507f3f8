/**
 * `URL` and `URLSearchParams`, by the rules of the WHATWG for what a server meets.
 *
 * Left out: names of hosts that are not ASCII (they must be given in their `xn--` form), and files with drive letters.
 */

const DEFAULT_PORTS = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s;
const AUTHORITY = /^(?:([^:@]*)(?::([^@]*))?@)?(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::(\d*))?$/;

/** The text with what must not stand in that part of a URL written as escapes. */
function escaped(text, unsafe) {
    return text.replace(unsafe, (character) => {
        const isHalf = character.length === 1 && /[\ud800-\udfff]/.test(character);
        const bytes = encodeURIComponent(isHalf ? "\ufffd" : character);
        return bytes.startsWith("%")
            ? bytes
            : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    });
}

const IN_PATH = /[\x00-\x20"#<>?`{}\x7f-\u{10ffff}]/gu;
const IN_OPAQUE_PATH = /[\x00-\x1f\x7f-\u{10ffff}]/gu;
const IN_QUERY = /[\x00-\x20"#<>\x7f-\u{10ffff}]/gu;
const IN_SPECIAL_QUERY = /[\x00-\x20"#<>'\x7f-\u{10ffff}]/gu;
const IN_HASH = /[\x00-\x20"<>`\x7f-\u{10ffff}]/gu;
const IN_LOGIN = /[\x00-\x20"#<>?`{}/:;=@[\\\]^|\x7f-\u{10ffff}]/gu;

export class URL {
    #protocol;
    #login = { name: "", password: "" };
    #hostname = null;
    #port = "";
    #path = "";
    #search = "";
    #hash = "";
    #parameters;

    constructor(url, base) {
        const from = base === undefined ? null : new URL(String(base));
        const [, protocol, authority, path, search, hash] = PARTS.exec(withSlashes(String(url), from));
        if (protocol === undefined && from === null) throw invalid(url);
        this.#protocol = (protocol ?? from.protocol).toLowerCase();
        const isRelative = protocol === undefined;
        if (authority !== undefined) this.#setAuthority(authority, url);
        else if (isRelative) this.#takeAuthority(from);
        if (this.#isSpecial && this.#protocol !== "file:" && !this.#hostname) throw invalid(url);
        const inherits = isRelative && authority === undefined;
        this.#setPath(inherits ? resolved(path, from) : path);
        const kept = inherits && path === "" && search === undefined ? from.search : search;
        this.#setSearch(kept ?? "");
        this.#hash = hash === undefined || hash === "#" ? "" : escaped(hash, IN_HASH);
        this.#parameters = new URLSearchParams(this.#search);
        watch(this.#parameters, (query) => this.#setSearch(query));
    }

    static canParse(url, base) {
        return URL.parse(url, base) !== null;
    }

    static parse(url, base) {
        try {
            return new URL(url, base);
        } catch {
            return null;
        }
    }

    get #isSpecial() {
        return this.#protocol in DEFAULT_PORTS;
    }

    get protocol() {
        return this.#protocol;
    }

    set protocol(value) {
        this.#protocol = `${String(value).replace(/:.*/s, "").toLowerCase()}:`;
        this.#setPort(this.#port);
    }

    get username() {
        return this.#login.name;
    }

    set username(value) {
        this.#login.name = escaped(String(value), IN_LOGIN);
    }

    get password() {
        return this.#login.password;
    }

    set password(value) {
        this.#login.password = escaped(String(value), IN_LOGIN);
    }

    get hostname() {
        return this.#hostname ?? "";
    }

    set hostname(value) {
        this.#hostname = hostOf(String(value), this.#isSpecial) ?? this.#hostname;
    }

    get port() {
        return this.#port;
    }

    set port(value) {
        this.#setPort(String(value));
    }

    get host() {
        return this.#port === "" ? this.hostname : `${this.hostname}:${this.#port}`;
    }

    set host(value) {
        const [, , , hostname, port] = AUTHORITY.exec(String(value)) ?? [];
        if (hostname !== undefined) this.hostname = hostname;
        if (port !== undefined) this.#setPort(port);
    }

    get origin() {
        return this.#isSpecial && this.#protocol !== "file:" ? `${this.#protocol}//${this.host}` : "null";
    }

    get pathname() {
        return this.#path;
    }

    set pathname(value) {
        this.#setPath(String(value));
    }

    get search() {
        return this.#search;
    }

    set search(value) {
        this.#setSearch(String(value));
        this.#parameters = new URLSearchParams(this.#search);
        watch(this.#parameters, (query) => this.#setSearch(query));
    }

    get searchParams() {
        return this.#parameters;
    }

    get hash() {
        return this.#hash;
    }

    set hash(value) {
        const text = String(value).replace(/^#/, "");
        this.#hash = text === "" ? "" : `#${escaped(text, IN_HASH)}`;
    }

    get href() {
        const { name, password } = this.#login;
        const login = name === "" && password === "" ? "" : `${name}${password === "" ? "" : `:${password}`}@`;
        const authority = this.#hostname === null ? "" : `//${login}${this.host}`;
        return `${this.#protocol}${authority}${this.#path}${this.#search}${this.#hash}`;
    }

    toString() {
        return this.href;
    }

    toJSON() {
        return this.href;
    }

    #setAuthority(authority, url) {
        const [, name = "", password = "", hostname, port = ""] = AUTHORITY.exec(authority) ?? [];
        if (hostname === undefined || Number(port) > 65_535) throw invalid(url);
        this.#login = { name: escaped(name, IN_LOGIN), password: escaped(password, IN_LOGIN) };
        this.#hostname = hostOf(hostname, this.#isSpecial);
        if (this.#hostname === null) throw invalid(url);
        this.#setPort(port);
    }

    #takeAuthority(from) {
        this.#login = { name: from.username, password: from.password };
        this.#hostname = from.href.startsWith(`${from.protocol}//`) ? from.hostname : null;
        this.#port = from.port;
    }

    #setPort(port) {
        if (!/^\d*$/.test(port) || Number(port) > 65_535) return;
        const number = port === "" ? "" : String(Number(port));
        this.#port = number === DEFAULT_PORTS[this.#protocol] ? "" : number;
    }

    #setPath(path) {
        const isList = this.#isSpecial || this.#hostname !== null || path.startsWith("/");
        if (!isList) {
            this.#path = escaped(path, IN_OPAQUE_PATH);
            return;
        }
        const isRooted = path.startsWith("/") || (path === "" && !this.#isSpecial);
        this.#path = withoutDots(escaped(isRooted ? path : `/${path}`, IN_PATH));
    }

    #setSearch(search) {
        const query = search.replace(/^\?/, "");
        this.#search = query === "" ? "" : `?${escaped(query, this.#isSpecial ? IN_SPECIAL_QUERY : IN_QUERY)}`;
    }
}

/**
 * The text without what is ignored, and with two slashes after a scheme that has them, as far as it is not relative.
 */
function withSlashes(url, from) {
    const text = url.trim().replace(/[\t\n\r]/g, "");
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*:)/.exec(text)?.[1].toLowerCase() ?? from?.protocol;
    if (!(scheme in DEFAULT_PORTS)) return text;
    const slashed = text.replace(/^[^?#]*/, (before) => before.replace(/\\/g, "/"));
    const [, own, slashes, rest] = /^([A-Za-z][A-Za-z0-9+.-]*:)?(\/*)(.*)$/s.exec(slashed);
    if (own === undefined || scheme === "file:") return slashed;
    return scheme === from?.protocol && slashes.length < 2 ? slashes + rest : `${own}//${rest}`;
}

function invalid(url) {
    const error = new TypeError(`Invalid URL: ${String(url)}`);
    error.code = "ERR_INVALID_URL";
    return error;
}

function hostOf(text, isSpecial) {
    if (text.startsWith("[")) return text.toLowerCase();
    let host = text;
    try {
        host = isSpecial ? decodeURIComponent(text).toLowerCase() : text;
    } catch {
        return null;
    }
    return /[\x00-\x20#/:<>?@[\\\]^|%\x7f-\uffff]/.test(host) && isSpecial ? null : host;
}

/** A path as it is seen from a base. */
function resolved(path, from) {
    if (path === "") return from.pathname;
    if (path.startsWith("/")) return path;
    return from.pathname.slice(0, from.pathname.lastIndexOf("/") + 1) + path;
}

function withoutDots(path) {
    if (path === "") return "";
    const segments = path.slice(1).split("/");
    const kept = [];
    segments.forEach((segment, index) => {
        const plain = segment.replace(/%2e/gi, ".");
        if (plain === "..") kept.pop();
        else if (plain !== ".") kept.push(segment);
        if ((plain === ".." || plain === ".") && index === segments.length - 1) kept.push("");
    });
    return `/${kept.join("/")}`;
}

/** What a change of parameters must tell. */
const watchers = new WeakMap();

function watch(parameters, changed) {
    watchers.set(parameters, changed);
}

export class URLSearchParams {
    #pairs = [];

    constructor(init = "") {
        if (typeof init === "string") {
            const pieces = init.replace(/^\?/, "").split("&");
            this.#pairs = pieces.filter((piece) => piece !== "").map(pairOf);
        } else {
            const pairs = typeof init[Symbol.iterator] === "function" ? [...init] : Object.entries(init);
            this.#pairs = pairs.map(([name, value]) => [String(name), String(value)]);
        }
    }

    get size() {
        return this.#pairs.length;
    }

    append(name, value) {
        this.#change([...this.#pairs, [String(name), String(value)]]);
    }

    delete(name, value) {
        this.#change(
            this.#pairs.filter(([known, text]) => known !== name || (value !== undefined && text !== String(value))),
        );
    }

    get(name) {
        return this.#pairs.find(([known]) => known === name)?.[1] ?? null;
    }

    getAll(name) {
        return this.#pairs.filter(([known]) => known === name).map(([, value]) => value);
    }

    has(name, value) {
        return this.#pairs.some(([known, text]) => known === name && (value === undefined || text === String(value)));
    }

    set(name, value) {
        const at = this.#pairs.findIndex(([known]) => known === name);
        if (at < 0) {
            this.append(name, value);
            return;
        }
        const rest = this.#pairs.filter(([known], index) => known !== name || index === at);
        this.#change(rest.map((pair) => (pair[0] === name ? [name, String(value)] : pair)));
    }

    sort() {
        this.#change([...this.#pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    }

    forEach(work, self) {
        for (const [name, value] of this.#pairs) work.call(self, value, name, this);
    }

    keys() {
        return this.#pairs.map(([name]) => name)[Symbol.iterator]();
    }

    values() {
        return this.#pairs.map(([, value]) => value)[Symbol.iterator]();
    }

    entries() {
        return this.#pairs.map(([name, value]) => [name, value])[Symbol.iterator]();
    }

    [Symbol.iterator]() {
        return this.entries();
    }

    toString() {
        return this.#pairs.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join("&");
    }

    #change(pairs) {
        this.#pairs = pairs;
        watchers.get(this)?.(this.toString());
    }
}

function pairOf(piece) {
    const at = piece.indexOf("=");
    const [name, value] = at < 0 ? [piece, ""] : [piece.slice(0, at), piece.slice(at + 1)];
    return [formDecoded(name), formDecoded(value)];
}

/** The text without escapes. What is no escape, or no UTF-8, stays as it is. */
export function unescaped(text) {
    return text.replace(/(%[0-9A-Fa-f]{2})+/g, (escapes) => {
        try {
            return decodeURIComponent(escapes);
        } catch {
            return escapes;
        }
    });
}

function formDecoded(text) {
    return unescaped(text.replace(/\+/g, " "));
}

function formEncoded(text) {
    const encoded = encodeURIComponent(typeof text.toWellFormed === "function" ? text.toWellFormed() : text);
    return encoded
        .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
        .replace(/%20/g, "+");
}
