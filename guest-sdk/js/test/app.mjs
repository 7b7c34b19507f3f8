/** Apps of a few lines for tests, bundled as the build tool does it. */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { load } from "../testing/index.mjs";

const WORDS = "activity, orchestrator, entity, httpTrigger, timerTrigger, streamTrigger, EntityId, Failure";

/** An app of this source, which is `app.ts`; its first line imports all of the SDK. */
export async function app(source) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "dacapo-test-"));
    try {
        fs.writeFileSync(path.join(directory, "app.ts"), `import { ${WORDS} } from "dacapo";${source}`);
        return await load("app.ts", { directory });
    } finally {
        fs.rmSync(directory, { recursive: true });
    }
}
