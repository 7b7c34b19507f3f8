// What the client can do, each with the answer that a program built on it relies on.
"use strict";

const { HttpRequest } = require("@azure/functions");
const { EntityId } = require("durable-functions");
const { Like, Raised, outcome } = require("./harness");

const TERMINAL = ["Completed", "Failed", "Terminated", "Canceled"];
const REQUEST = new HttpRequest({ method: "POST", url: "https://front.example/api/start", body: {} });

/** The status of an instance, once it is one of these. */
async function until(client, instanceId, wanted) {
    for (;;) {
        const status = await client.getStatus(instanceId);
        if (wanted.includes(status.runtimeStatus)) {
            return status;
        }
    }
}

/** Starts an instance and waits until its status is one of these. */
async function started(client, name, instanceId, wanted, input) {
    await client.startNew(name, { instanceId, input });
    return until(client, instanceId, wanted);
}

function cases(names) {
    return [starts, statuses, lists, changes, answers, entities].flatMap((area) => area(names));
}

function starts({ id }) {
    return [
        [
            "three instances that other cases look at and none changes",
            async (client) => {
                const done = await started(client, "Echo", id("done"), TERMINAL, { a: 1 });
                const failed = await started(client, "Fail", id("failed"), TERMINAL);
                await started(client, "Forever", id("forever"), ["Running"]);
                return [[done.runtimeStatus, failed.runtimeStatus], ["Completed", "Failed"]];
            },
        ],
        ["startNew makes an id", async (client) => [await client.startNew("Echo"), new Like(/^[0-9a-f]{32}$/)]],
        [
            "startNew takes an id, a version and a function name in any case",
            async (client) => [await client.startNew("eCHO", { instanceId: id("v"), version: "2.0 b" }), id("v")],
        ],
        [
            "an input arrives as it is",
            async (client) => {
                const status = await client.getStatus(id("done"));
                return [[status.input, status.output], [{ a: 1 }, { a: 1 }]];
            },
        ],
        [
            "a parent gives what its child gave, an eternal one what its last execution gave",
            async (client) => {
                const parent = await started(client, "Parent", id("parent"), TERMINAL, [1]);
                const eternal = await started(client, "Eternal", id("eternal"), TERMINAL, { times: 3 });
                return [[parent.output, eternal.output], [[1], 3]];
            },
        ],
        [
            // The client encodes nothing at all as a string without letters.
            "no input is an empty string",
            async (client) => {
                const status = await started(client, "Echo", id("empty"), TERMINAL);
                return [[status.input, status.output], ["", ""]];
            },
        ],
    ];
}

function statuses({ id, mode }) {
    return [
        [
            "getStatus tells everything about an instance",
            async (client) => {
                const status = await started(client, "Chain", id("chain"), TERMINAL, ["Rome", "Oslo"]);
                const times = status.createdTime <= status.lastUpdatedTime && status.createdTime <= new Date();
                const { name, instanceId, runtimeStatus, customStatus, output } = status;
                const got = [name, instanceId, runtimeStatus, customStatus, output, times];
                return [got, ["Chain", id("chain"), "Completed", "done", ["Hello Rome!", "Hello Oslo!"], true]];
            },
        ],
        [
            // The host sends `historyEvents`; the client looks for `history` only.
            "getStatus asks for a history and does not show it",
            async (client) => {
                const options = { showHistory: true, showHistoryOutput: true, showInput: true };
                const status = await client.getStatus(id("done"), options);
                return [[status.history, status.input], [undefined, { a: 1 }]];
            },
        ],
        [
            // On the local port the client leaves the flag out when it is false, and inputs are shown by default.
            "getStatus hides the input",
            async (client) => {
                const status = await client.getStatus(id("done"), { showInput: false });
                return [status.input, mode === "rpc" ? { a: 1 } : null];
            },
        ],
        [
            "getStatus of nobody",
            async (client) => [
                await outcome(client.getStatus("nobody")),
                new Raised(new Like(/HTTP 404 response\..* provided: nobody\.$/)),
            ],
        ],
    ];
}

function lists({ id, hub }) {
    const ids = (rows) => rows.map((row) => row.instanceId).sort();
    return [
        [
            "getStatusAll has them all",
            async (client) => {
                const rows = await client.getStatusAll();
                return [["done", "failed", "forever"].every((name) => ids(rows).includes(id(name))), true];
            },
        ],
        [
            "getStatusBy filters by time and status, and reads page after page",
            async (client) => {
                const mine = ["by-1", "by-2", "by-3", "by-4", "by-5"].map(id);
                const ended = [];
                for (const instanceId of mine) {
                    ended.push(await started(client, "Echo", instanceId, TERMINAL));
                }
                let pages = 0;
                client.axiosInstance.interceptors.response.use((response) => {
                    pages += 1;
                    return response;
                });
                const span = { createdTimeFrom: ended[0].createdTime, createdTimeTo: ended[4].createdTime };
                // The client has no option for the size of a page; the name of the hub goes into the query as it is.
                const small = { taskHubName: `${hub}&top=2` };
                const completed = await client.getStatusBy({ ...span, ...small, runtimeStatus: ["Completed"] });
                const read = pages;
                const failed = await client.getStatusBy({ ...span, runtimeStatus: ["Failed", "Running"] });
                return [[ids(completed), read, failed], [mine, 3, []]];
            },
        ],
    ];
}

function changes({ id, hub }) {
    const named = { taskHubName: hub, connectionName: "Storage" };
    return [
        [
            "raiseEvent wakes its waiter, whatever the case of its name",
            async (client) => {
                await started(client, "WaitForApproval", id("event"), ["Running"]);
                await client.raiseEvent(id("event"), "approval", { by: "bob" }, named);
                return [(await until(client, id("event"), TERMINAL)).output, { by: "bob" }];
            },
        ],
        [
            "raiseEvent without data sends nothing at all, which is null",
            async (client) => {
                await started(client, "WaitForApproval", id("event-null"), ["Running"]);
                await client.raiseEvent(id("event-null"), "Approval");
                return [(await until(client, id("event-null"), TERMINAL)).output, null];
            },
        ],
        [
            "suspend holds back what comes, resume lets it go",
            async (client) => {
                await started(client, "WaitForApproval", id("suspend"), ["Running"]);
                await client.suspend(id("suspend"), "lunch");
                await until(client, id("suspend"), ["Suspended"]);
                await client.raiseEvent(id("suspend"), "Approval", 1);
                const held = (await client.getStatus(id("suspend"))).runtimeStatus;
                await client.resume(id("suspend"), "back");
                return [[held, (await until(client, id("suspend"), TERMINAL)).output], ["Suspended", 1]];
            },
        ],
        [
            "terminate ends an instance with its reason",
            async (client) => {
                await started(client, "Forever", id("terminate"), ["Running"]);
                await client.terminate(id("terminate"), "why not ü");
                const status = await until(client, id("terminate"), TERMINAL);
                return [[status.runtimeStatus, status.output], ["Terminated", "why not ü"]];
            },
        ],
        [
            "rewind lets a failed instance go on",
            async (client) => {
                const failed = await started(client, "FlakyOnce", id("rewind"), TERMINAL);
                await client.rewind(id("rewind"), "try again", named);
                const rewound = await until(client, id("rewind"), ["Completed"]);
                const age = rewound.createdTime - failed.createdTime;
                return [[failed.runtimeStatus, age, rewound.output], ["Failed", 0, 2]];
            },
        ],
        [
            "purgeInstanceHistory removes an instance",
            async (client) => {
                await started(client, "Echo", id("purge"), TERMINAL);
                const { instancesDeleted } = await client.purgeInstanceHistory(id("purge"));
                const left = await outcome(client.getStatus(id("purge")));
                return [[instancesDeleted, left instanceof Raised], [1, true]];
            },
        ],
        [
            "purgeInstanceHistoryBy removes what matches",
            async (client) => {
                const kept = await started(client, "Echo", id("purge-1"), TERMINAL);
                const gone = await started(client, "Fail", id("purge-2"), TERMINAL);
                const span = { createdTimeFrom: kept.createdTime, createdTimeTo: gone.createdTime };
                const ended = ["Failed", "Terminated"];
                const result = await client.purgeInstanceHistoryBy({ ...span, runtimeStatus: ended });
                const left = await client.getStatusBy(span);
                return [[result.instancesDeleted, left.map((row) => row.instanceId)], [1, [id("purge-1")]]];
            },
        ],
    ];
}

function answers({ id, mode }) {
    const wait = (client, name, timeoutInMilliseconds) =>
        client.waitForCompletionOrCreateCheckStatusResponse(REQUEST, id(name), {
            timeoutInMilliseconds,
            retryIntervalInMilliseconds: 10,
        });
    return [
        [
            "waitForCompletion gives the output of what completes, and the status of what fails",
            async (client) => {
                await client.startNew("Sleep", { instanceId: id("sleep"), input: { ms: 20 } });
                const [slept, done, failed] = [
                    await wait(client, "sleep", 60000),
                    await wait(client, "done", 10),
                    await wait(client, "failed", 10),
                ];
                const got = [await slept.json(), await done.json(), failed.status, (await failed.json()).runtimeStatus];
                return [got, ["slept 20 ms", { a: 1 }, 500, "Failed"]];
            },
        ],
        [
            "waitForCompletion gives links to what runs on",
            async (client) => {
                const answer = await wait(client, "forever", 20);
                const links = await client.createCheckStatusResponse(REQUEST, id("forever")).json();
                return [[answer.status, await answer.json()], [202, links]];
            },
        ],
        [
            "createCheckStatusResponse points to where the caller came from",
            async (client) => {
                const answer = client.createCheckStatusResponse(REQUEST, id("done"));
                const links = await answer.json();
                const foreign = Object.entries(links).filter(
                    ([key, link]) => key !== "id" && !link.startsWith("https://front.example/runtime/"),
                );
                const location = answer.headers.get("location") === links.statusQueryGetUri;
                return [[answer.status, answer.headers.get("retry-after"), location, foreign], [202, "10", true, []]];
            },
        ],
        [
            // On the local port the client takes itself to be on a developer's machine, and the host at its usual port.
            "createHttpManagementPayload names the instance and its links",
            async (client) => {
                const { id: name, statusQueryGetUri } = client.createHttpManagementPayload(id("done"));
                const url = new URL(statusQueryGetUri);
                const local = url.host === "localhost:7071";
                const path = `/runtime/webhooks/durabletask/instances/${id("done")}`;
                return [[name, local, url.pathname], [id("done"), mode === "rpc", path]];
            },
        ],
    ];
}

/** The state of an entity, once it is this one; `undefined` is none at all. */
async function untilState(client, entityId, wanted) {
    for (;;) {
        const { entityExists, entityState } = await client.readEntityState(entityId);
        if (entityState === wanted) {
            return [entityExists, entityState];
        }
    }
}

function entities({ id, hub }) {
    const counter = (key) => new EntityId("Counter", id(key));
    const named = { taskHubName: hub, connectionName: "Storage" };
    return [
        [
            "readEntityState of one that nobody has signalled",
            async (client) => [(await client.readEntityState(counter("nobody"), named)).entityExists, false],
        ],
        [
            "signalEntity runs operations, readEntityState gives the state as it is",
            async (client) => {
                await client.signalEntity(counter("count"), "add", 10, named);
                await client.signalEntity(new EntityId("COUNTER", id("count")), "ADD", -3);
                return [await untilState(client, counter("count"), 7), [true, 7]];
            },
        ],
        [
            "signalEntity without an input takes the state away",
            async (client) => {
                await client.signalEntity(counter("delete"), "add", 1);
                const before = await untilState(client, counter("delete"), 1);
                await client.signalEntity(counter("delete"), "delete");
                const after = await untilState(client, counter("delete"), undefined);
                return [
                    [before, after],
                    [
                        [true, 1],
                        [false, undefined],
                    ],
                ];
            },
        ],
        [
            "an operation that the entity refuses is accepted, and changes nothing",
            async (client) => {
                await client.signalEntity(counter("refused"), "add", 1);
                await client.signalEntity(counter("refused"), "explode", 2);
                await client.signalEntity(counter("refused"), "add", { no: "number" });
                await client.signalEntity(counter("refused"), "add", 4);
                return [await untilState(client, counter("refused"), 5), [true, 5]];
            },
        ],
        [
            "an orchestration locks, calls and signals entities",
            async (client) => {
                const status = await started(client, "Move", id("move"), TERMINAL);
                const wanted = { from: -3, to: 3, moves: 1 };
                const states = {};
                for (const [end, state] of Object.entries(wanted)) {
                    [, states[end]] = await untilState(client, counter(`move-${end}`), state);
                }
                return [
                    [status.output, states],
                    [[-3, 3], wanted],
                ];
            },
        ],
        [
            "purgeInstanceHistory removes an entity by its id",
            async (client) => {
                await client.signalEntity(counter("purge"), "add", 1);
                await untilState(client, counter("purge"), 1);
                const { instancesDeleted } = await client.purgeInstanceHistory(`@counter@${id("purge")}`);
                return [[instancesDeleted, (await client.readEntityState(counter("purge"))).entityExists], [1, false]];
            },
        ],
    ];
}

module.exports = { REQUEST, cases };
