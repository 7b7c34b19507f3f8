/** What remembers and answers: an entity, and the triggers that signal it and start an orchestration of another language. */

import { Failure, entity, httpTrigger, timerTrigger } from "dacapo";

/** What is known of a session. It grows with each message, past what fits in a row. */
class SessionHandler {
    count = 0;
    messages = [];

    /** Counts, and gives the sum. */
    add(n) {
        this.count += n;
        return this.count;
    }

    /** Keeps a message. */
    keep(message) {
        this.messages.push(message);
    }

    /** The count. */
    get(_, cx) {
        cx.log(`session ${cx.key} counts ${this.count} and keeps ${this.messages.length} messages`);
        return this.count;
    }
}

export const sessionHandler = entity("session_handler", { doc: "Remembers a session." }, SessionHandler);

/** `POST /api/sessions/{session}/messages`: remembers the message, starts its run, and answers with where to look. */
export const ingest = httpTrigger(
    "ingest",
    { route: "sessions/{session}/messages", methods: ["POST"] },
    async (request, client) => {
        const posted = checked(await request.json());
        const session = client.entity(sessionHandler, request.params.session);
        session.signal("add", 2);
        session.signal("keep", posted.message);
        session.signal("get");
        const id = client.start("message_orchestrator", posted, { id: `run-${posted.run_id}` });
        return client.createCheckStatusResponse(id);
    },
);

/** Counts one for each night, those included that the host slept through. */
export const nightly = timerTrigger("nightly", (tick, client) => {
    client.entity(sessionHandler, "nights").signal("add", 1 + tick.missed);
});

/** `run_id` names the run, so that posting it again does not run it again. */
function checked(posted) {
    const { run_id, message } = posted ?? {};
    if (typeof run_id === "string" && typeof message === "string") return { run_id, message };
    throw new Failure("invalid-input", "run_id and message are texts", { retryable: false });
}
