/** Errors as Durable Functions has them. */

/** The failure of a task. Thrown on, it is recorded as it was. */
export class TaskFailedError extends Error {
    constructor(failure) {
        super(`${failure.kind}: ${failure.message}`);
        this.name = "TaskFailedError";
        this.failure = failure;
        this.failureDetails = detailsOf([failure, ...failure.causes], !failure.retryable);
    }
}

function detailsOf([first, ...causes], isNonRetriable) {
    if (first === undefined) return undefined;
    const { kind, message, details } = first;
    return {
        errorType: kind,
        errorMessage: message,
        stackTrace: details,
        isNonRetriable,
        innerFailure: detailsOf(causes, isNonRetriable),
        isCausedBy: (type) => [first, ...causes].some((failure) => failure.kind === type),
    };
}
