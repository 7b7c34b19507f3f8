/** HTTP messages as a trigger sees them, in the form that browsers gave them. */

type Piece = string | Uint8Array | ArrayBuffer;
type Body = Piece | URLSearchParams | Iterable<Piece> | AsyncIterable<Piece> | null;

/** An HTTP request as a trigger sees it. */
export class Request {
    constructor(url: string | URL, init?: { method?: string; headers?: HeadersInit; body?: Body });
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    /** The parameters of the route: `session` of `sessions/{session}/messages`. */
    readonly params: Readonly<Record<string, string>>;
    readonly query: URLSearchParams;
    readonly bodyUsed: boolean;
    /** The pieces of the body, as they come. */
    chunks(): AsyncIterable<Uint8Array>;
    bytes(): Promise<Uint8Array>;
    arrayBuffer(): Promise<ArrayBuffer>;
    text(): Promise<string>;
    json<T = any>(): Promise<T>;
}

/** An HTTP response. A body may come piece by piece; an error meanwhile breaks the connection off. */
export class Response {
    constructor(body?: Body, init?: { status?: number; headers?: HeadersInit });
    static json(value: unknown, init?: { status?: number; headers?: HeadersInit }): Response;
    static redirect(url: string | URL, status?: number): Response;
    readonly status: number;
    readonly ok: boolean;
    readonly headers: Headers;
    chunks(): AsyncIterable<Uint8Array>;
    bytes(): Promise<Uint8Array>;
    text(): Promise<string>;
    json<T = any>(): Promise<T>;
}

type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;

/** The headers of a message. */
export class Headers implements Iterable<[string, string]> {
    constructor(init?: HeadersInit);
    append(name: string, value: string): void;
    set(name: string, value: string): void;
    get(name: string): string | null;
    getSetCookie(): string[];
    has(name: string): boolean;
    delete(name: string): void;
    forEach(work: (value: string, name: string, headers: Headers) => void): void;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    entries(): IterableIterator<[string, string]>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
}
