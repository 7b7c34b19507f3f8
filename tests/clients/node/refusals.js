// What the host refuses, and what the client makes of it.
"use strict";

const { EntityId } = require("durable-functions");
const { Like, Raised, outcome } = require("./harness");
const { REQUEST } = require("./cases");

/** A call of the client, and what it gives or rejects with. */
const refused = (name, call, expected) => [name, async (client) => [await outcome(call(client)), expected]];

/** The client's words for a status that it does not know, followed by the body. */
const unexpected = (status, words) =>
    new Raised(new Like(new RegExp(`unexpected status code: ${status}\\. Details: .*${words}`)));

const nameless = new Raised(new Like(/must be a valid string/));
const nobody = new Raised("No instance with ID 'nobody' found.");

function refusals({ id, mode }) {
    const [done, forever] = [id("done"), id("forever")];
    return [
        refused("raiseEvent for nobody", (c) => c.raiseEvent("nobody", "E", 1), nobody),
        refused("terminate of nobody", (c) => c.terminate("nobody", "why"), nobody),
        refused("suspend of nobody", (c) => c.suspend("nobody", "why"), nobody),
        refused("resume of nobody", (c) => c.resume("nobody", "why"), nobody),
        // Here the client hands on what the host says.
        refused("rewind of nobody", (c) => c.rewind("nobody", "why"), new Raised(new Like(/nobody/))),
        refused("purge of nobody", async (c) => (await c.purgeInstanceHistory("nobody")).instancesDeleted, 0),

        // The client takes 410 for success.
        refused("raiseEvent for one that has ended", (c) => c.raiseEvent(done, "E", 1), undefined),
        refused("terminate of one that has ended", (c) => c.terminate(done, "why"), undefined),
        refused("suspend of one that has ended", (c) => c.suspend(done, "why"), undefined),
        refused("resume of one that has ended", (c) => c.resume(done, "why"), undefined),
        refused("rewind of one that completed", (c) => c.rewind(done, "why"), new Raised(new Like(/failed/))),

        refused("rewind of one that runs", (c) => c.rewind(forever, "why"), new Raised(new Like(/failed/))),
        refused("purge of one that runs", (c) => c.purgeInstanceHistory(forever), unexpected(412, "")),
        refused(
            "startNew with the id of one that runs",
            (c) => c.startNew("Echo", { instanceId: forever }),
            unexpected(409, "An Orchestration instance with the status Running already exists\\."),
        ),

        refused(
            "startNew of an unknown function",
            (c) => c.startNew("Nobody"),
            unexpected(400, "The function 'Nobody' doesn't exist"),
        ),
        refused("startNew with a bad id", (c) => c.startNew("Echo", { instanceId: "@x" }), unexpected(400, "@")),
        refused(
            "purgeInstanceHistoryBy when nobody matches",
            async (c) => {
                const span = { createdTimeFrom: new Date("2001-01-01"), createdTimeTo: new Date("2001-01-02") };
                return (await c.purgeInstanceHistoryBy(span)).instancesDeleted;
            },
            0,
        ),
        refused(
            "purgeInstanceHistoryBy without a time",
            (c) => c.purgeInstanceHistoryBy({}),
            mode === "rpc" ? unexpected(400, "createdTimeFrom") : new Raised("createdTimeFrom must be a valid Date"),
        ),
        refused(
            "signalEntity of one that nobody serves",
            (c) => c.signalEntity(new EntityId("Nobody", "k"), "add", 1),
            unexpected(400, "The function 'nobody' doesn't exist"),
        ),
        refused(
            "signalEntity without an operation",
            (c) => c.signalEntity(new EntityId("Counter", id("rubbish")), ""),
            unexpected(400, "op is missing"),
        ),
        // What the client refuses by itself.
        refused("startNew without a name", (c) => c.startNew(""), nameless),
        refused("raiseEvent without a name", (c) => c.raiseEvent(forever, ""), nameless),
        refused(
            "waitForCompletion with an interval longer than the time",
            (c) =>
                c.waitForCompletionOrCreateCheckStatusResponse(REQUEST, done, {
                    timeoutInMilliseconds: 1,
                    retryIntervalInMilliseconds: 2,
                }),
            new Raised(new Like(/^Total timeout 1 \(ms\) should be bigger/)),
        ),
    ];
}

module.exports = { refusals };
