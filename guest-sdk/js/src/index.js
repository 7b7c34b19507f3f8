/** What authors import: `import { activity, orchestrator } from "dacapo"`. */

export { activity, entity, httpTrigger, orchestrator, streamTrigger, timerTrigger } from "./define.js";
export { EntityId } from "./entity-id.js";
export { Failure } from "./failure.js";
export { HttpResponse } from "./http.js";
export { Headers, Request, Response } from "./web.js";
