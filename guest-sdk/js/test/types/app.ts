/** What must pass the type check, and what must not. */

import { Failure, activity, entity, httpTrigger, orchestrator, timerTrigger } from "dacapo";
import type { Context, Task } from "dacapo";

interface Order {
    id: string;
    cents: number;
}

const charge = activity("charge", { retry: { maxAttempts: 3 }, timeout: "30s" }, async (order: Order, cx) => {
    cx.progress({ at: 1 });
    return { receipt: order.id };
});
const ping = activity("ping", () => 7);

const counter = entity(
    "counter",
    class Counter {
        value = 0;
        add(n: number) {
            return (this.value += n);
        }
        get() {
            return this.value;
        }
    },
);
const register = entity("register", {
    initial: () => 0,
    operations: {
        set(cx, value: number) {
            cx.state = value;
        },
        get: (cx) => cx.state,
    },
});

const month = orchestrator("month", async (cx: Context, n: number) => n + 1);

export const checkout = orchestrator("checkout", async (cx, order: Order) => {
    const [{ receipt }, seven] = await Promise.all([charge(order), ping()]);
    const text: string = receipt;
    const number: number = seven;
    const task: Task<number> = month(3, { id: "m" });
    task.cancel();
    const sum: number = await cx.entity(counter, "a").call("add", 2);
    const got: number = await cx.entity(register, "a").call("get");
    cx.entity(register, "a").signal("set", 4, { at: new Date() });
    const approved = await cx.event<{ ok: boolean }>("approved", { timeout: "1d" });
    if (approved === undefined) throw new Failure("late", "nobody answered", { retryable: false });
    // @ts-expect-error an order has cents
    charge({ id: "7" });
    // @ts-expect-error there is no such operation
    cx.entity(counter, "a").call("subtract", 2);
    // @ts-expect-error the input is a number
    cx.entity(counter, "a").call("add", "2");
    return { text, number, sum, got };
});

httpTrigger("start", { route: "orders", methods: "POST" }, async (request, client) => {
    const id = client.start(checkout, await request.json<Order>());
    return client.createCheckStatusResponse(id);
});
timerTrigger("nightly", (tick, client) => client.entity(counter, "nights").signal("add", 1 + tick.missed));
