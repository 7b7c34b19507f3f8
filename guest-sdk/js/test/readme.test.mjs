/** What the README shows works: its blocks of TypeScript are one app. */

import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { app } from "./app.mjs";

const readme = fs.readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text.replace(/^import .*;$/m, ""));
const played = await app(`\n${blocks.join("\n")}`);

test("an order is charged and shipped a day later", () => {
    const run = played.start("checkout", { id: "7", cents: 995 });
    assert.equal(run.output, "parcel test/1/2 for receipt-7");
    assert.equal(run.elapsed, 24 * 3600 * 1000);
    assert.equal(played.start("checkout", { id: "7", cents: 0 }).failure.kind, "empty-order");
});

test("a trial is cancelled in its fourth month", () => {
    const run = played.start("trial", 0, {
        answers: { month: () => null },
        takes: { month: "1h" },
        events: [{ after: "3h1s", name: "Cancel", value: "too dear" }],
    });
    assert.deepEqual([run.failure.kind, run.executions.length], ["cancelled", 4]);
});

test("money is moved, and silence is a no", () => {
    const run = played.start("transfer", ["a", "b", 5], { entities: { "@account@a": { cents: 9 } } });
    assert.deepEqual([run.output, run.entity("account", "b")], [4, { cents: 5 }]);
    assert.equal(played.start("month", 1).failure.kind, "unpaid");
});

test("triggers start and raise", () => {
    const desk = played.desk();
    assert.equal(desk.request("POST", "/api/shops/7/orders", { body: ["tea"] }).status, 202);
    desk.tick("nightly", { missed: 2 });
    desk.message("on_payment", { json: "i", sequence: 9 });
    assert.deepEqual(desk.asked, [
        'start checkout(["tea"]) as started-1',
        "start report(2) as started-2",
        "raise paid(9) to i",
    ]);
});
