// Hello in C, on nothing but the interfaces in wit/: an orchestrator that greets cities one after another, and the activity
// that does it.
//
// An SDK would let the orchestrator be written as if it waited. Here the waiting is plain to see: an orchestrator is a state
// machine. `open` makes the state and takes the first decision, each event moves it on, and between two calls there is only
// `run`. What it decides depends on the start and on the events and on nothing else, so it decides the same when it is
// played again from the beginning.

#include <stdlib.h>

#include "dacapo.h"
#include "text.h"

typedef exports_dacapo_durable_orchestrator_event_t Event;
typedef exports_dacapo_durable_orchestrator_step_t Step;
typedef exports_dacapo_durable_orchestrator_decision_t Decision;
typedef exports_dacapo_durable_functions_function_t Function;
typedef dacapo_durable_types_activity_options_t Options;
typedef dacapo_durable_types_failure_t Failure;
typedef dacapo_durable_types_payload_t Payload;

// What an execution remembers from one call to the next.
typedef struct {
    enum { WAITING, ENDED } phase;
    // The cities that are still to be greeted: the rest of a list in `input`.
    Slice cities;
    Text input;
    // The greetings so far: the beginning of a list.
    Text greetings;
    // The task that is waited for. Decisions are numbered from 0, and each of them schedules a task.
    uint32_t task;
} Run;

static Run run;

// ---- Ownership: what is given to the host must lie on the heap, and the host's side frees it. What is got is ours to free.

static Slice slice(Payload payload) {
    return (Slice){payload.ptr, payload.len};
}

// Gives the bytes away.
static Payload payload(Text *text) {
    Payload payload = {text->at, text->length};
    *text = (Text){0};
    return payload;
}

static Failure failure(const char *kind, const char *message) {
    Failure failure = {0};
    dacapo_string_dup(&failure.kind, kind);
    dacapo_string_dup(&failure.message, message);
    return failure;
}

// How `say_hello` is to be called: an activity that fails is tried three times in all. A caller writes that into its decision.
static Options say_hello_options(void) {
    Options options = {0};
    options.retry.is_some = true;
    options.retry.val = (dacapo_durable_types_retry_policy_t){.max_attempts = 3, .first_interval = 1000, .coefficient = 1};
    options.timeout.is_some = true;
    options.timeout.val = 30000;
    return options;
}

// ---- The catalogue

static Function function(const char *name, uint8_t kind, const char *doc, const char *input, const char *output) {
    Function function = {.kind = kind, .doc.is_some = true, .input_schema.is_some = true, .output_schema.is_some = true};
    dacapo_string_dup(&function.name, name);
    dacapo_string_dup(&function.doc.val, doc);
    dacapo_string_dup(&function.input_schema.val, input);
    dacapo_string_dup(&function.output_schema.val, output);
    return function;
}

void exports_dacapo_durable_functions_describe(exports_dacapo_durable_functions_list_function_t *functions) {
    functions->len = 2;
    functions->ptr = calloc(functions->len, sizeof(Function));
    functions->ptr[0] = function("hello_sequence", EXPORTS_DACAPO_DURABLE_FUNCTIONS_KIND_ORCHESTRATOR,
        "Greets the cities one after another; without any, Tokyo, Seattle and London.",
        "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"}}", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
    functions->ptr[1] = function("say_hello", EXPORTS_DACAPO_DURABLE_FUNCTIONS_KIND_ACTIVITY, "Greets one city.",
        "{\"type\":\"string\"}", "{\"type\":\"string\"}");
    functions->ptr[1].defaults = say_hello_options();
}

// ---- The activity. There is only one, so the name in the invocation is its name.

bool exports_dacapo_durable_activity_run(exports_dacapo_durable_activity_invocation_t *invocation, Payload *input,
    Payload *output, Failure *error) {
    Slice city;
    bool is_city = json_string(slice(*input), &city);
    if (is_city) {
        Text greeting = {0};
        text_add(&greeting, SLICE("\"Hello, "));
        text_add(&greeting, city);
        text_add(&greeting, SLICE("!\""));
        *output = payload(&greeting);
    } else {
        *error = failure("invalid-input", "say_hello takes the name of a city, which is a string");
    }
    exports_dacapo_durable_activity_invocation_free(invocation);
    exports_dacapo_durable_activity_payload_free(input);
    return is_city;
}

// ---- The orchestrator

static void decide(Step *step, Decision decision) {
    size_t size = (step->decisions.len + 1) * sizeof(Decision);
    step->decisions.ptr = realloc(step->decisions.ptr, size);
    step->decisions.ptr[step->decisions.len++] = decision;
}

static void fail(Step *step, Failure failure) {
    run.phase = ENDED;
    step->status.tag = EXPORTS_DACAPO_DURABLE_ORCHESTRATOR_STATUS_FAILED;
    step->status.val.failed = failure;
}

// Asks for the next greeting, or ends with all of them.
static void go_on(Step *step) {
    Slice city;
    if (json_next(&run.cities, &city)) {
        Decision decision = {.tag = EXPORTS_DACAPO_DURABLE_ORCHESTRATOR_DECISION_SCHEDULE_ACTIVITY};
        Text input = {0};
        text_add(&input, city);
        dacapo_string_dup(&decision.val.schedule_activity.name, "say_hello");
        decision.val.schedule_activity.input = payload(&input);
        decision.val.schedule_activity.options = say_hello_options();
        decide(step, decision);
    } else {
        text_add(&run.greetings, SLICE("]"));
        run.phase = ENDED;
        step->status.tag = EXPORTS_DACAPO_DURABLE_ORCHESTRATOR_STATUS_COMPLETED;
        step->status.val.completed = payload(&run.greetings);
    }
}

// Lets one event move the state on. What nobody waits for is passed over.
static void take(Step *step, Event *event) {
    if (run.phase == ENDED) return;
    switch (event->tag) {
        case EXPORTS_DACAPO_DURABLE_ORCHESTRATOR_EVENT_TASK_COMPLETED:
            if (event->val.task_completed.task != run.task) return;
            if (run.greetings.length > 1) text_add(&run.greetings, SLICE(","));
            text_add(&run.greetings, slice(event->val.task_completed.output));
            run.task += 1;
            go_on(step);
            return;
        case EXPORTS_DACAPO_DURABLE_ORCHESTRATOR_EVENT_TASK_FAILED:
            if (event->val.task_failed.task != run.task) return;
            // As it is; it is not the event's to free any more.
            fail(step, event->val.task_failed.failure);
            event->val.task_failed.failure = (Failure){0};
            return;
    }
}

void exports_dacapo_durable_orchestrator_open(exports_dacapo_durable_orchestrator_start_t *start, Step *step) {
    // Until something else is said: no decisions, and waiting.
    *step = (Step){0};
    free(run.input.at);
    free(run.greetings.at);
    run = (Run){0};
    // The cities are parts of the input, so a copy of it stays.
    text_add(&run.input, json_is_null(slice(start->input)) ? SLICE("[\"Tokyo\",\"Seattle\",\"London\"]") : slice(start->input));
    text_add(&run.greetings, SLICE("["));
    exports_dacapo_durable_orchestrator_start_free(start);
    if (json_strings((Slice){run.input.at, run.input.length}, &run.cities)) {
        go_on(step);
    } else {
        fail(step, failure("invalid-input", "hello_sequence takes a list of names of cities, which are strings"));
    }
}

void exports_dacapo_durable_orchestrator_advance(exports_dacapo_durable_orchestrator_list_turn_t *turns, Step *step) {
    *step = (Step){0};
    // However many turns there are in a call: all that counts is the order of the events.
    for (size_t turn = 0; turn < turns->len; turn++) {
        for (size_t event = 0; event < turns->ptr[turn].events.len; event++) {
            take(step, &turns->ptr[turn].events.ptr[event]);
        }
    }
    exports_dacapo_durable_orchestrator_list_turn_free(turns);
}
