/** What QuickJS lacks and the SDK brings: compared with what Node has. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { structuredClone as ours } from "../src/clone.js";
import { TextDecoder as Decoder, TextEncoder as Encoder } from "../src/encoding.js";
import { format } from "../src/inspect.js";
import { milliseconds } from "../src/time.js";
import { URL as Url, URLSearchParams as Parameters } from "../src/url.js";

test("URLs are read as Node reads them", () => {
    const check = (text, base) => {
        const read = (Class) => {
            let url;
            try {
                url = new Class(text, base);
            } catch {
                return "invalid";
            }
            const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
            return { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash };
        };
        assert.deepEqual(read(Url), read(URL), `${text} in ${base}`);
    };
    const alone = [
        "http://a.test",
        "HTTPS://User:p%20w@Example.COM:443/a/../b/./c?x=1#y",
        "http://a:8080/ü?ü=ä ö#ß",
        "ftp://h:21/",
        "mailto:a@b.c",
        "data:text/plain,hi there",
        "http://[::1]:3000/x",
        "nonsense",
        "http://",
        "//a/b",
        "http://a b/",
        "file:///etc/passwd",
        "http://a/%7Efoo/%zz?%zz",
        "custom://Host/p/../q?x#y",
        "http://a:99999/",
        "http:a/b",
        "\t http://a/ \n",
        "http://a\\b\\c",
        "https://a.test?x='<>",
        "http://h/a%2e%2e/%2E%2e/c",
        "javascript:alert(1)",
    ];
    for (const text of alone) check(text);
    const relative = [
        "g",
        "./g",
        "g/",
        "/g",
        "//g",
        "?y",
        "g?y",
        "#s",
        "g#s",
        "",
        ".",
        "./",
        "..",
        "../g",
        "../../../g",
        "https:g",
        "g;x=1/../y",
        "http://z/",
    ];
    for (const text of relative) check(text, "http://a/b/c/d;p?q");
    const url = new Url("http://a/?x=1");
    url.searchParams.append("y", "ü &");
    url.pathname = "/p q";
    url.port = "80";
    assert.equal(url.href, "http://a/p%20q?x=1&y=%C3%BC+%26");
});

test("parameters are read and written as Node does it", () => {
    for (const text of ["a=1&b=2&a=3", "?x=%C3%BC+y&=z&w", "a=%zz&b=%41", "&&a", "a=b=c", "é=~*-._ !'()"]) {
        const [a, b] = [new Parameters(text), new URLSearchParams(text)];
        assert.deepEqual([[...a], a.toString()], [[...b], b.toString()]);
        a.set("a", "9");
        b.set("a", "9");
        a.sort();
        b.sort();
        assert.equal(a.toString(), b.toString());
    }
    assert.equal(new Parameters({ a: 1, b: "x y" }).toString(), "a=1&b=x+y");
});

test("texts are encoded and decoded as Node does it", () => {
    const long = "x".repeat(203);
    for (const text of ["", "plain", "ümläut €", "😀 pair", "lone \ud800 half", "é", `${long}é`, `é${long}`, long]) {
        assert.deepEqual(new Encoder().encode(text), new TextEncoder().encode(text));
        const bytes = new TextEncoder().encode(`_${text}`);
        assert.equal(new Decoder().decode(bytes.subarray(1)), new TextDecoder().decode(bytes.subarray(1)));
    }
    for (const bytes of [
        [0x61, 0xff, 0x62],
        [0xe2, 0x82],
        [0xc3, 0xbc],
        [0xef, 0xbb, 0xbf, 0x61],
        [0xf0, 0x9f, 0x98, 0x80],
        [0xed, 0xa0, 0x80],
    ]) {
        const given = Uint8Array.from(bytes);
        const found = new Decoder().decode(given);
        if (!bytes.includes(0x82) || bytes.length > 2) assert.equal(found, new TextDecoder().decode(given));
        const fatal = (Class) => {
            try {
                return new Class("utf-8", { fatal: true }).decode(given);
            } catch {
                return "invalid";
            }
        };
        assert.equal(fatal(Decoder), fatal(TextDecoder));
    }
});

test("clones are deep and keep what they are", () => {
    const given = {
        date: new Date(5),
        map: new Map([[1, { a: 1 }]]),
        set: new Set([1]),
        bytes: new Uint8Array([1, 2]),
        list: [undefined, null],
    };
    given.self = given;
    const copy = ours(given);
    assert.deepEqual(copy, given);
    assert.ok(copy !== given && copy.self === copy && copy.map.get(1) !== given.map.get(1));
    assert.throws(() => ours(() => 1));
});

test("lines and lengths of time", () => {
    assert.equal(format("%s is %d%%, %j", "x", 5, { a: 1 }, [1, "b"]), 'x is 5%, { a: 1 } [1, "b"]');
    assert.equal(format({ e: new TypeError("t"), f() {} }), "{ e: [TypeError: t], f: [function f] }");
    const check = (given, expect) => assert.equal(milliseconds(given), expect);
    check("30s", 30_000);
    check("1h30m", 5_400_000);
    check("1.5d", 129_600_000);
    check(250, 250);
    for (const wrong of ["", "5", "s", -1, NaN, null, "1y"])
        assert.throws(() => milliseconds(wrong), /no length of time/);
});
