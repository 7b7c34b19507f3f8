/**
 * A pipeline as it is told: a request comes in, an entity remembers it, an orchestration handles it, and the caller is
 * told at once where to look.
 */

import {
  Failure,
  activity,
  entity,
  httpTrigger,
  orchestrator,
  streamTrigger,
  timerTrigger,
} from "dacapo";

/** What is known of a session. It grows with each message, past what fits in a row. */
export const sessionHandler = entity(
  "session_handler",
  { doc: "Remembers a session." },
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
      cx.log(
        `session ${cx.key} counts ${this.count} and keeps ${this.messages.length} messages`,
      );
      return this.count;
    }
  },
);

/** Writes a message down. This example has nowhere to write, and gives back what it would have written. */
export const messageLogger = activity(
  "message_logger",
  {
    doc: "Writes a message down.",
    retry: { maxAttempts: 3, firstInterval: "1s" },
  },
  ({ step, message }) => `${step}: ${message}`,
);

/** Logs the message twice, and gives both results. */
export const messageOrchestrator = orchestrator(
  "message_orchestrator",
  { doc: "Logs the message twice, and gives both results." },
  async (cx, posted) => {
    const first = await messageLogger({ step: 1, message: posted.message });
    const second = await messageLogger({ step: 2, message: posted.message });
    return [first, second];
  },
);

/** `POST /api/sessions/{session}/messages`: remembers the message, starts its run, and answers with where to look. */
export const ingest = httpTrigger(
  "ingest",
  { route: "sessions/{session}/messages", methods: ["POST"] },
  async (request, client) => {
    const id = handle(client, request.params.session, await request.json());
    return client.createCheckStatusResponse(id);
  },
);

/** Counts one for each night, those included that the host slept through. */
export const nightly = timerTrigger("nightly", (tick, client) => {
  client.entity(sessionHandler, "nights").signal("add", 1 + tick.missed);
});

/** The same as `ingest` for streaming data. The last part of the subject names the session. */
export const onEvent = streamTrigger("on_event", (message, client) => {
  handle(client, message.subject.split(".").at(-1), message.json());
});

/** `posted` names the run, so that posting it again does not run it again. */
function handle(client, session, posted) {
  const { run_id, message } = posted ?? {};
  for (const [name, value] of Object.entries({ run_id, message })) {
    if (typeof value !== "string")
      throw new Failure("invalid-input", `$.${name} is a text`, {
        retryable: false,
      });
  }
  const handler = client.entity(sessionHandler, session);
  handler.signal("add", 2);
  handler.signal("keep", message);
  handler.signal("get");
  return client.start(
    messageOrchestrator,
    { run_id, message },
    { id: `run-${run_id}` },
  );
}
