//! What a guest asks of its hub reaches the client as it was meant, and what it is told comes back.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use kernel::model::{
    EntityId, EntityState, EventName, FunctionName, InstanceId, OperationName, Payload, Raised, Status, Tags, Timestamp,
};
use sandbox::{
    Answer, Ask, Attempt, Client, ClientError, EntityRead, Filter, InstanceStatus, ManagementUrls, Page, StartOptions,
    Told,
};

use crate::Host;
use crate::activities::{attempt, block_on};
use crate::guest::{Guest, RESULT, data};
use crate::layout::{Layout, case, text};

/// Answers everything the same, and remembers what it was asked.
#[derive(Debug)]
pub struct Recorder {
    pub told: Result<Told, ClientError>,
    pub asked: Mutex<Vec<Ask>>,
}

impl Recorder {
    pub fn new(told: Result<Told, ClientError>) -> Arc<Self> {
        Arc::new(Self { told, asked: Mutex::default() })
    }
}

impl Client for Recorder {
    fn ask(&self, ask: Ask) -> Answer<'_> {
        self.asked.lock().unwrap().push(ask);
        Box::pin(std::future::ready(self.told.clone()))
    }
}

/// Where the arguments of a call lie, what it returns, and the digits that the guest shows.
const ARGUMENTS: u32 = 20_000;
const TOLD: u32 = 2_048;
const DIGITS: u32 = 3_072;

/// The arguments of a call as instructions, and the memory that they point into.
#[derive(Default)]
pub struct Arguments {
    memory: Vec<u8>,
    code: String,
}

impl Arguments {
    pub fn text(self, text: &str) -> Self {
        self.list(text.as_bytes(), text.len())
    }

    /// A list of so many items that lie in memory like this.
    fn list(mut self, bytes: &[u8], count: usize) -> Self {
        let at = ARGUMENTS as usize + self.memory.len();
        self.memory.extend_from_slice(bytes);
        self.memory.resize(self.memory.len().next_multiple_of(8), 0);
        write!(self.code, "(i32.const {at}) (i32.const {count}) ").unwrap();
        self
    }

    fn some(mut self) -> Self {
        self.code += "(i32.const 1) ";
        self
    }

    fn no_text(mut self) -> Self {
        self.code += "(i32.const 0) (i32.const 0) (i32.const 0) ";
        self
    }

    fn number(mut self, number: u32) -> Self {
        write!(self.code, "(i32.const {number}) ").unwrap();
        self
    }

    fn time(mut self, time: Option<u64>) -> Self {
        let (case, time) = (u32::from(time.is_some()), time.unwrap_or_default());
        write!(self.code, "(i32.const {case}) (i64.const {time}) ").unwrap();
        self
    }
}

/// The import of a function and a call of it, what it returns put at [`TOLD`].
pub fn call(function: &str, arguments: &Arguments) -> (String, String) {
    let params = match function {
        "start" => "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32",
        "signal" => "i32 i32 i32 i32 i32 i32 i32 i32 i32 i64",
        "raise" => "i32 i32 i32 i32 i32 i32",
        "query" => "i32 i32 i32 i32 i32 i32 i64 i32 i64 i32 i32 i64",
        "terminate" | "suspend" | "resume" | "read-entity" => "i32 i32 i32 i32",
        "status" | "purge" | "urls" => "i32 i32",
        other => panic!("no function {other}"),
    };
    let import = format!(r#"(import "dacapo:durable/client@0.1.0" "{function}" (func $asked (param {params} i32)))"#);
    (import, format!("(call $asked {} (i32.const {TOLD}))", arguments.code))
}

pub fn memory(arguments: &Arguments) -> String {
    data(ARGUMENTS, &arguments.memory)
}

/// How far the payload of what `function` returns lies behind its beginning: it is aligned.
fn payload_offset(function: &str) -> u32 {
    if ["status", "query", "read-entity"].contains(&function) { 8 } else { 4 }
}

/// Asks and shows whether it was refused and how: `100` if not.
fn shows_refusal(function: &str, arguments: &Arguments) -> Guest {
    let (imports, call) = call(function, arguments);
    let digit = |place: u32, value: &str| {
        format!("(i32.store8 (i32.const {}) (i32.add (i32.const 48) {value}))", DIGITS + place)
    };
    let refused = format!("(i32.load8_u (i32.const {TOLD}))");
    let error = TOLD + payload_offset(function);
    let how = format!("(i32.mul {refused} (i32.load8_u (i32.const {error})))");
    let (first, second, third) = (digit(0, "(i32.const 1)"), digit(1, &refused), digit(2, &how));
    let run = format!(
        "{call} {first} {second} {third}
        (i32.store (i32.const {}) (i32.const {DIGITS})) (i32.store (i32.const {}) (i32.const 3)) i32.const {RESULT}",
        RESULT + 4,
        RESULT + 8
    );
    Guest { imports, run, fields: memory(arguments), ..Guest::activities() }
}

/// Asks and shows the text that lies so far behind the payload of the answer.
fn shows_text(function: &str, arguments: &Arguments, offset: usize) -> Guest {
    let (imports, call) = call(function, arguments);
    let at = (TOLD + payload_offset(function)) as usize + offset;
    let run = format!("{call} (i64.store (i32.const {}) (i64.load (i32.const {at}))) i32.const {RESULT}", RESULT + 4);
    let result = case("ok", text("null"));
    Guest { imports, run, result, fields: memory(arguments), ..Guest::activities() }
}

fn id(text: &str) -> InstanceId {
    InstanceId::parse(text).unwrap()
}

fn json(text: &str) -> Payload {
    Payload::parse(text.as_bytes()).unwrap()
}

fn asked(host: &Host, guest: &Guest, client: Arc<Recorder>) -> (Vec<Ask>, String) {
    let attempt = Attempt { client: Arc::clone(&client) as Arc<dyn Client>, ..attempt(60_000) };
    let output = block_on(host.sandbox.run(host.deploy(guest), &attempt, &Payload::null())).unwrap();
    (client.asked.lock().unwrap().clone(), output.shown().into_owned())
}

fn arguments() -> Arguments {
    Arguments::default()
}

#[test]
fn what_is_asked_reaches_the_client_field_by_field() {
    let host = Host::new();
    let check = |function: &str, arguments: Arguments, told: Told, expect: Ask| {
        let got = asked(&host, &shows_refusal(function, &arguments), Recorder::new(Ok(told)));
        assert_eq!(got, (vec![expect], "100".to_owned()));
    };
    let plain = arguments().text("O.x").text("[1]").no_text().no_text().time(None).list(b"", 0);
    let (name, input) = (FunctionName::parse("O.x").unwrap(), json("[1]"));
    let start = |options| Ask::Start { name: name.clone(), input: input.clone(), options };
    check("start", plain, Told::Started(id("i")), start(StartOptions::default()));
    let at = |place: u32| (ARGUMENTS + place).to_le_bytes();
    let length = |length: u32| length.to_le_bytes();
    // The texts of the tag are the name and the input, which lie first.
    let tag = [at(0), length(3), at(8), length(3)].concat();
    let chosen = arguments().text("O.x").text("[1]").some().text("i-1").some().text("v2").time(Some(7)).list(&tag, 1);
    let tags = Tags::new([("O.x".to_owned(), "[1]".to_owned())]).unwrap();
    let options = StartOptions { instance: Some(id("i-1")), version: Some("v2".into()), at: Some(Timestamp(7)), tags };
    check("start", chosen, Told::Started(id("i-1")), start(options));

    let signal = |at: Option<u64>| Ask::Signal {
        to: EntityId::new("counter", "@k").unwrap(),
        name: OperationName::parse("Add").unwrap(),
        input: json("2"),
        at: at.map(Timestamp),
    };
    for at in [None, Some(1 << 40)] {
        let arguments = arguments().text("Counter").text("@k").text("Add").text("2").time(at);
        check("signal", arguments, Told::Done, signal(at));
    }
    let event = Raised { name: EventName::parse("Paid").unwrap(), input: json("true") };
    check("raise", arguments().text("i-1").text("Paid").text("true"), Told::Done, Ask::Raise { to: id("i-1"), event });
    check("status", arguments().text("i-1"), Told::Status(None), Ask::Status(id("i-1")));
    check("purge", arguments().text("i-1"), Told::Done, Ask::Purge(id("i-1")));
    check("urls", arguments().text("i-1"), Told::Urls(ManagementUrls::default()), Ask::Urls(id("i-1")));
    let entity = Ask::ReadEntity(EntityId::new("counter", "").unwrap());
    check("read-entity", arguments().text("Counter").text(""), Told::Entity(None), entity);
    let (instance, reason) = (id("i-1"), "why".to_owned());
    let because = || arguments().text("i-1").text("why");
    let ask = Ask::Terminate { instance: instance.clone(), reason: reason.clone() };
    check("terminate", because(), Told::Done, ask);
    let ask = Ask::Suspend { instance: instance.clone(), reason: reason.clone() };
    check("suspend", because(), Told::Done, ask);
    check("resume", because(), Told::Done, Ask::Resume { instance, reason });

    let all = arguments().no_text().list(b"", 0).time(None).time(None).number(100).time(None);
    let page = || Told::Page(Page::default());
    check("query", all, page(), Ask::Query(Filter { limit: 100, ..Filter::default() }));
    let some = arguments().some().text("or").list(&[5, 0, 5], 3).time(Some(1)).time(Some(2)).number(3).time(Some(4));
    let filter = Filter {
        prefix: Some("or".into()),
        statuses: vec![Status::Pending, Status::Terminated],
        created_from: Some(Timestamp(1)),
        created_to: Some(Timestamp(2)),
        limit: 3,
        after: Some(4),
    };
    check("query", some, page(), Ask::Query(filter));
}

#[test]
fn what_is_told_reaches_the_guest() {
    let host = Host::new();
    let layout = Layout::new();
    let check = |function: &str, arguments: Arguments, told: Told, offset: usize, expect: &str| {
        let got = asked(&host, &shows_text(function, &arguments, offset), Recorder::new(Ok(told)));
        assert_eq!((got.0.len(), got.1.as_str()), (1, expect), "{function}");
    };
    let start = || arguments().text("o").text("1").no_text().no_text().time(None).list(b"", 0);
    check("start", start(), Told::Started(id("17")), 0, "17");
    let status = InstanceStatus {
        instance: id("18"),
        name: FunctionName::parse("o").unwrap(),
        status: Status::Failed,
        created: Timestamp(1),
        updated: Timestamp(2),
        input: json("[1]"),
        custom_status: json("[2]"),
        output: json("[3]"),
    };
    for (field, expect) in [("instance", "18"), ("input", "[1]"), ("custom-status", "[2]"), ("output", "[3]")] {
        // An option with a time in it: the payload is 8 bytes behind its case.
        let offset = 8 + layout.offset("instance-status", field);
        check("status", arguments().text("i"), Told::Status(Some(status.clone())), offset, expect);
    }
    let read = EntityRead { state: EntityState { data: json("{}"), version: 3 }, last_operation: Timestamp(4) };
    let offset = 8 + layout.offset("entity-state", "data");
    check("read-entity", arguments().text("e").text("k"), Told::Entity(Some(read)), offset, "{}");
    let urls = ManagementUrls { resume_post: "7".into(), ..ManagementUrls::default() };
    check("urls", arguments().text("i"), Told::Urls(urls), layout.offset("management-urls", "resume-post"), "7");
}

#[test]
fn what_is_refused() {
    let host = Host::new();
    let check = |function: &str, arguments: Arguments, told: Result<Told, ClientError>, asks: usize, expect: &str| {
        let got = asked(&host, &shows_refusal(function, &arguments), Recorder::new(told));
        assert_eq!((got.0.len(), got.1.as_str()), (asks, expect), "{function}");
    };
    let errors = [
        (ClientError::NotGranted(String::new()), "110"),
        (ClientError::Invalid(String::new()), "111"),
        (ClientError::UnknownFunction("no".into()), "112"),
        (ClientError::NotFound("no".into()), "113"),
        (ClientError::Exists("no".into()), "114"),
        (ClientError::Conflict("no".into()), "115"),
        (ClientError::Unavailable("no".into()), "116"),
    ];
    for (error, expect) in errors {
        check("purge", arguments().text("i"), Err(error.clone()), 1, expect);
        check("status", arguments().text("i"), Err(error), 1, expect);
    }

    // The client never hears of what cannot be.
    let invalid = |function: &str, arguments: Arguments| check(function, arguments, Ok(Told::Done), 0, "111");
    for function in ["status", "purge", "urls"] {
        invalid(function, arguments().text("@e@k"));
    }
    for function in ["terminate", "suspend", "resume"] {
        invalid(function, arguments().text("a/b").text("why"));
    }
    let start = |name: &str, input: &str, instance: &str, version: &str| {
        let arguments = arguments().text(name).text(input).some().text(instance).some().text(version);
        arguments.time(None).list(b"", 0)
    };
    invalid("start", start("?", "1", "i", "v"));
    invalid("start", start("o", "{", "i", "v"));
    invalid("start", start("o", "1", "", "v"));
    invalid("start", start("o", "1", "i", &"v".repeat(101)));
    let tags = arguments().text("o").text("1").no_text().no_text().time(None).list(&[0; 33 * 16], 33);
    invalid("start", tags);
    let tags = arguments().text("o").text("1").no_text().no_text().time(None).list(&[0; 16], 1);
    invalid("start", tags);
    let signal = |name: &str, key: &str, operation: &str, input: &str| {
        arguments().text(name).text(key).text(operation).text(input).time(None)
    };
    invalid("signal", signal("?", "k", "a", "1"));
    invalid("signal", signal("e", "a/b", "a", "1"));
    invalid("signal", signal("e", "k", "", "1"));
    invalid("signal", signal("e", "k", "a", ""));
    invalid("raise", arguments().text("i").text("").text("1"));
    invalid("raise", arguments().text("i").text("n").text("nope"));
    invalid("read-entity", arguments().text("e").text("#"));
    for limit in [0, 101] {
        invalid("query", arguments().no_text().list(b"", 0).time(None).time(None).number(limit).time(None));
    }
}
