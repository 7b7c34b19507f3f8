#![allow(unsafe_code, missing_docs)]
use kernel::model::*;
use kernel::port::{Sandbox as _, Session as _};
use sandbox::*;

use std::time::Duration;
struct Instant(Duration);
impl Instant {
    fn now() -> Self {
        let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
        Self(Duration::new(t.tv_sec as u64, t.tv_nsec as u32))
    }
    fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}
fn rss() -> usize {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().find(|l| l.starts_with("VmRSS")).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
fn main() {
    let dir = tempfile::tempdir().unwrap();
    let sb = Sandbox::open(dir.path(), [1; 32]).unwrap();
    let path = std::env::args().nth(1).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let t = Instant::now();
    let d = sb.deploy(&bytes).unwrap();
    println!(
        "deploy {:?} {} {:?}",
        t.elapsed(),
        d.world,
        d.functions.iter().map(|f| f.name.as_str().to_owned()).collect::<Vec<_>>()
    );
    let t = Instant::now();
    sb.deploy(&bytes).unwrap();
    println!("redeploy {:?}", t.elapsed());
    let t = Instant::now();
    assert!(sb.restore(d.digest).is_some());
    println!("restore {:?} rss {} KiB", t.elapsed(), rss());
    let start = |n: u32, play| Start {
        name: FunctionName::parse("sequence").unwrap(),
        instance: InstanceId::parse("i").unwrap(),
        execution: Execution::FIRST,
        version: None,
        parent: None,
        now: Timestamp(1),
        seed: 2,
        input: Payload::parse(n.to_string().as_bytes()).unwrap(),
        play,
    };
    // open + drop
    let n = 20000;
    let t = Instant::now();
    let s = start(5, Play::New);
    for _ in 0..n {
        sb.open(d.digest, &s).unwrap();
    }
    println!("open+drop {:?}", t.elapsed() / n);
    // seq 3: open + 3 advances
    let turn = |i: u32, play| Turn {
        now: Timestamp(u64::from(i)),
        play,
        events: vec![Inbound::TaskCompleted {
            task: TaskId(i),
            output: Payload::parse(i.to_string().as_bytes()).unwrap(),
        }],
    };
    let (mut ses, _) = sb.open(d.digest, &start(1_000_000, Play::New)).unwrap();
    let n = 20000u32;
    let ts: Vec<_> = (0..n).map(|i| turn(i, Play::New)).collect();
    let t = Instant::now();
    for x in &ts {
        ses.advance(std::slice::from_ref(x)).unwrap();
    }
    println!("warm advance {:?}", t.elapsed() / n);
    drop(ses);
    let ts: Vec<_> = (0..10_000).map(|i| turn(i, Play::Again)).collect();
    for chunk in [64, 1024, 10_000] {
        for _ in 0..3 {
            let t = Instant::now();
            let (mut ses, _) = sb.open(d.digest, &start(10_001, Play::Again)).unwrap();
            let mut c = 0;
            for x in ts.chunks(chunk) {
                c += ses.advance(x).unwrap().decisions.len();
            }
            println!("replay 10k by {chunk}: {:?} ({c} decisions)", t.elapsed());
        }
    }
    let before = rss();
    let sessions: Vec<_> = (0..128)
        .map(|_| {
            let (mut s, _) = sb.open(d.digest, &start(50, Play::New)).unwrap();
            for i in 0..20 {
                s.advance(&[turn(i, Play::New)]).unwrap();
            }
            s
        })
        .collect();
    println!("warm session {} KiB each", (rss() - before) / 128);
    drop(sessions);
    println!("rss after {} KiB", rss());
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let a = Attempt {
        name: FunctionName::parse("echo").unwrap(),
        instance: InstanceId::parse("i").unwrap(),
        task: TaskId(0),
        attempt: 1,
        idempotency_key: "i/1/0".into(),
        deadline: Timestamp(5),
        timeout: Millis(30_000),
    };
    let input = Payload::parse(b"7").unwrap();
    rt.block_on(async {
        for _ in 0..3 {
            let n = 20000;
            let t = Instant::now();
            for _ in 0..n {
                sb.run(d.digest, &a, &input).await.unwrap();
            }
            println!("activity {:?}", t.elapsed() / n);
        }
        for c in [8usize, 64] {
            let n = 20000u32;
            let t = Instant::now();
            let hs: Vec<_> = (0..c)
                .map(|_| {
                    let (sb, a, input) = (sb.clone(), a.clone(), input.clone());
                    tokio::spawn(async move {
                        for _ in 0..n / c as u32 {
                            sb.run(d.digest, &a, &input).await.unwrap();
                        }
                    })
                })
                .collect();
            for h in hs {
                h.await.unwrap();
            }
            println!("activity by {c} tasks {:?} each, rss {}", t.elapsed() / n, rss());
        }
    });
    // mixed: threads with turns
    let t = Instant::now();
    std::thread::scope(|sc| {
        for _ in 0..2 {
            sc.spawn(|| {
                for _ in 0..5000 {
                    sb.open(d.digest, &s).unwrap();
                }
            });
        }
    });
    println!("open+drop on 2 threads {:?}", t.elapsed() / 10000);
    println!("rss end {} KiB", rss());
}
