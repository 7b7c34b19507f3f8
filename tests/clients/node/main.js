// Drives every method of the Durable Functions client of npm, unmodified, against a running host.
//
//     DACAPO_BINDING="$(dacapo client-binding)" NODE_PATH=…/node_modules node main.js rpc|webhook
//
// `rpc` is how the client speaks to a host beside it, `webhook` how it speaks to one that gave no `rpcBaseUrl`. Each
// case leaves its own instances behind and reads only those and the ones of the first case, so the order of the others
// does not matter.
"use strict";

const { InvocationContext } = require("@azure/functions");
const df = require("durable-functions");
const { cases } = require("./cases");
const harness = require("./harness");
const { refusals } = require("./refusals");

/** The methods that the package declares for its users. */
const METHODS = [
    "createCheckStatusResponse",
    "createHttpManagementPayload",
    "getStatus",
    "getStatusAll",
    "getStatusBy",
    "purgeInstanceHistory",
    "purgeInstanceHistoryBy",
    "raiseEvent",
    "readEntityState",
    "rewind",
    "signalEntity",
    "startNew",
    "terminate",
    "suspend",
    "resume",
    "waitForCompletionOrCreateCheckStatusResponse",
];

/** A client made as in a function app: from the context of an invocation, which has the binding as an extra input. */
function clientOf(binding) {
    const input = df.input.durableClient();
    const context = new InvocationContext({ functionName: "test", options: { extraInputs: [input] } });
    context.extraInputs.set(input, binding);
    return df.getClient(context);
}

async function main(mode) {
    const binding = JSON.parse(process.env.DACAPO_BINDING);
    if (mode === "webhook") {
        delete binding.rpcBaseUrl;
        // Without it the client takes itself to be on a developer's machine and asks http://localhost:7071 instead.
        process.env.WEBSITE_HOSTNAME = new URL(binding.baseUrl).host;
    }
    const { client, used } = harness.watched(clientOf(binding));
    const names = { mode, id: (name) => `js-${mode}-${name}`, hub: binding.taskHubName };
    const everyMethod = async () => [METHODS.filter((name) => !used.has(name)), []];
    return harness.run([...cases(names), ...refusals(names), ["every method was used", everyMethod]], client);
}

main(process.argv[2]).then((failed) => process.exit(Math.min(failed, 1)));
