//! Four validators on this machine against their bars, PostgreSQL beside them in the same run. `benches/peers/network`
//! starts the server and this.
//!
//! usage: network FOLDER WORK PYTHON SCRIPT PROGRAM     ROUNDS (2) and ONLY (names of parts) from the environment

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use suyuan_benches::chain::Failure;
use suyuan_benches::network::client::Client;
use suyuan_benches::network::load::{Outcome, Plan, Source, load, offer};
use suyuan_benches::network::net::{MEMORY_MIB, NODES, Net};
use suyuan_benches::network::table::{Bar, Rows};
use suyuan_benches::peers::ours::BATCH;
use suyuan_benches::peers::quantiles;
use suyuan_benches::peers::theirs::Theirs;
use suyuan_sims::walk::Graph;

/// Clients that write single events, as PostgreSQL has them, and what each may have on its way.
const WRITERS: usize = 16;
const OUTSTANDING: usize = 16;
/// Single events of each writer.
const SINGLES: usize = 500;
/// Clients that capture batches, over all nodes.
const BATCHERS: usize = 16;
/// Clients at each node when there is too much: more than are worked on and wait there.
const CROWD: usize = 480;
/// So many times the peak is posted then, for so long.
const TOO_MUCH: f64 = 3.0;
const TOO_MUCH_TIME: Duration = Duration::from_secs(60);
/// How long it is looked at whether it has recovered.
const AFTERWARDS: Duration = Duration::from_secs(31);
/// From here on events name eighteen things each, and that is too much for so long.
const HEAVY: usize = 8_000;
const HEAVY_TIME: Duration = Duration::from_secs(15);
/// So many places of the file what is compared second by second comes from, as from as many firms.
const LANES: usize = 64;
/// So many MiB of bodies are ordered.
const BODIES_MIB: usize = 512;
/// Validators are away for so long.
const AWAY: Duration = Duration::from_secs(10);
/// And one is loaded for so long before and after: long enough that stores write out buffers, while which all is slower.
const BEFORE: Duration = Duration::from_secs(12);
const AFTER: Duration = Duration::from_secs(4);
/// The share of its replay that a node may take to join by a snapshot is that of a ledger of a million events, of which
/// the generator makes some less.
const JOIN_EVENTS_MIN: usize = 900_000;
/// Proofs that are verified, of each direction.
const PROOFS: usize = 3;

struct Run {
    folder: PathBuf,
    work: PathBuf,
    program: PathBuf,
    /// In the file's order.
    source: Source,
    /// The same mixture in every second.
    mixed: Arc<Source>,
    theirs: Theirs,
    rows: Rows,
    /// The most that a node has held, but for batches.
    most_mib: u64,
    /// The same, of batches: thousands of events are on their way at a time.
    most_of_batches_mib: u64,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, work, python, script, program] = arguments.as_slice() else {
        return Err("usage: network FOLDER WORK PYTHON SCRIPT PROGRAM".into());
    };
    let rounds: usize = std::env::var("ROUNDS").map_or(Ok(2), |text| text.parse())?;
    let only = std::env::var("ONLY").unwrap_or_default();
    let does = |part: &str| only.is_empty() || only.split(',').any(|one| one == part);
    let (folder, work) = (PathBuf::from(folder), PathBuf::from(work));
    let source = Source::read(&folder, usize::MAX)?.again();
    let mixed = Arc::new(Source::read(&folder, usize::MAX)?.mixed(LANES).again());
    let theirs = Theirs::start(Path::new(python), Path::new(script), &folder)?;
    let (program, rows) = (program.into(), Rows::default());
    let mut run = Run { folder, work, program, source, mixed, theirs, rows, most_mib: 0, most_of_batches_mib: 0 };
    let begun = Instant::now();
    let said = |what: &str| eprintln!("{:>4} s  {what}", begun.elapsed().as_secs());
    for round in 1..=rounds {
        if does("singles") {
            said(&format!("round {round} of {rounds}: blocks and single events"));
            run.singles()?;
        }
        if does("batches") {
            said(&format!("round {round} of {rounds}: batches of {BATCH}"));
            run.batches(round == 1)?;
        }
        if does("bodies") {
            said(&format!("round {round} of {rounds}: bodies of a MiB"));
            run.bodies()?;
        }
    }
    if does("faults") {
        said("validators are killed");
        run.faults()?;
    }
    if does("overload") {
        said("too much for a minute");
        run.overload()?;
    }
    if does("join") {
        said("an audit node joins, by snapshot and by replay");
        run.join()?;
    }
    said("done");
    let over = run.most_mib.saturating_sub(MEMORY_MIB);
    run.rows.add("the most a node held, over its store's 128 MiB", "MiB", Bar::Most(128.0), over as f64);
    if run.most_of_batches_mib > 0 {
        println!("batches: {} MiB over it at most", run.most_of_batches_mib.saturating_sub(MEMORY_MIB));
    }
    if run.rows.show() { Ok(()) } else { Err("not all bars hold".into()) }
}

impl Run {
    fn found(&self, devices: usize) -> Result<Net, Failure> {
        Net::found(&self.program, &self.work.join("net"), devices)
    }

    /// Single events of a source, as many as the network takes, for so long.
    fn load_for(source: &Source, clients: &mut [Client], long: Duration) -> Result<Outcome, Failure> {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(long);
                stop.store(true, Ordering::Relaxed);
            });
            Ok(load(clients, &Plan { source, group: 1, once: false, every: None, stop: &stop })?)
        })
    }

    /// Notes what a network used, and ends it.
    fn end(&mut self, mut net: Net, what: &str) -> Result<(), Failure> {
        let (height, state) = net.together()?;
        let (most, _) = net.used();
        self.most_mib = self.most_mib.max(most);
        println!("{what}: all nodes at height {height} with state {}…, {most} MiB at most", head(&state));
        Ok(())
    }

    fn singles(&mut self) -> Result<(), Failure> {
        let mut net = self.found(WRITERS * OUTSTANDING)?;
        // One client, whose events are alone in their blocks.
        let mut one = clients(&net, 1)?;
        Run::load_for(&self.source, &mut one, Duration::from_secs(1))?;
        let seen = Run::load_for(&self.source, &mut one, Duration::from_secs(4))?;
        let (middle, most) = quantiles(&seen.times());
        println!("one client: {:.0} events/s, final after p50 {middle:.1} ms, p99 {most:.1} ms", seen.rate());
        self.rows.add("one event to its final answer, nothing else to do, p50", "ms", Bar::Most(50.0), middle);
        // One at each node: the next event waits when a block is decided.
        let mut four = clients(&net, NODES)?;
        let (from, began) = (net.height(0)?, Instant::now());
        let seen = Run::load_for(&self.source, &mut four, Duration::from_secs(5))?;
        let (blocks, taken) = ((net.height(0)? - from) as f64, began.elapsed().as_secs_f64());
        println!(
            "four clients: {:.1} events a block, p50 {:.1} ms",
            seen.events() as f64 / blocks,
            quantiles(&seen.times()).0
        );
        self.rows.add("near-empty blocks, one client at each node", "blocks/s", Bar::Least(80.0), blocks / taken);
        self.rows.add("the same, time of a block", "ms", Bar::Most(12.0), taken * 1e3 / blocks);
        let mut many = clients(&net, WRITERS * OUTSTANDING)?;
        let before = (net.used().1, net.height(0)?);
        let stop = AtomicBool::new(false);
        let source = Source::read(&self.folder, WRITERS * SINGLES)?;
        let plan = Plan { source: &source, group: 1, once: true, every: None, stop: &stop };
        let seen = load(&mut many, &plan)?;
        let blocks = net.height(0)? - before.1;
        tell("single events", &seen, net.used().1 - before.0, blocks);
        let theirs = self.theirs.singles(WRITERS, SINGLES)?;
        self.rows.beside("single events, 16 clients of up to 16 on their way", "/s", (0.5, 1.0), seen.rate(), theirs);
        self.end(net, "single events")
    }

    fn batches(&mut self, prove: bool) -> Result<(), Failure> {
        let mut net = self.found(BATCHERS)?;
        let mut clients = clients(&net, BATCHERS)?;
        let before = net.used().1;
        let stop = AtomicBool::new(false);
        let source = Source::read(&self.folder, usize::MAX)?;
        let plan = Plan { source: &source, group: BATCH, once: true, every: None, stop: &stop };
        let seen = load(&mut clients, &plan)?;
        tell("batches", &seen, net.used().1 - before, net.height(0)?);
        let theirs = self.theirs.capture(source.events())?;
        self.rows.beside("captured in batches of 500", "events/s", (0.25, 0.5), seen.rate(), theirs);
        let (height, state) = net.together()?;
        let most = net.used().0;
        self.most_of_batches_mib = self.most_of_batches_mib.max(most);
        println!("batches: all nodes at height {height} with state {}…, {most} MiB at most", head(&state));
        if prove {
            self.prove(&net)?;
            println!("batches: with traces of 99,532 nodes {} MiB at most", net.used().0);
        }
        Ok(())
    }

    /// A new audit node joins a network that has all of the source, by a snapshot and by replay.
    fn join(&mut self) -> Result<(), Failure> {
        let mut net = self.found(BATCHERS)?;
        let mut clients = clients(&net, BATCHERS)?;
        let stop = AtomicBool::new(false);
        let source = Source::read(&self.folder, usize::MAX)?;
        let plan = Plan { source: &source, group: BATCH, once: true, every: None, stop: &stop };
        let seen = load(&mut clients, &plan)?;
        let (height, _) = net.together()?;
        println!("{} events in {height} blocks, captured at {:.0}/s", seen.events(), seen.rate());
        let (snapshot, on_snapshot) = net.join("snapshot")?;
        let (replay, on_replay) = net.join("replay")?;
        let rate = seen.events() as f64 / replay.as_secs_f64();
        println!(
            "joined by snapshot in {:.1} s ({on_snapshot:.1} s of processors), by replay in {:.1} s ({on_replay:.1} s), \
             {rate:.0} events/s",
            snapshot.as_secs_f64(),
            replay.as_secs_f64(),
        );
        let (share, faster) = (snapshot.as_secs_f64() / replay.as_secs_f64(), rate / seen.rate());
        // What both have in common, to start and to find the others, is a tenth of a second, and much of a small replay.
        match seen.events() < JOIN_EVENTS_MIN {
            true => println!("by snapshot: {:.1} % of its replay; its bar is for a million events", share * 100.0),
            false => self.rows.add("a new audit node by snapshot", "% of its replay", Bar::Most(20.0), share * 100.0),
        }
        self.rows.add("the same by replay", "% of the capture rate", Bar::Least(100.0), faster * 100.0);
        self.most_of_batches_mib = self.most_of_batches_mib.max(net.used().0);
        Ok(())
    }

    /// Traces from lots and vessels at all nodes, compared with a plain walk of the same file; some proved, and the
    /// proofs verified against the genesis.
    fn prove(&self, net: &Net) -> Result<(), Failure> {
        net.together()?;
        let events = self.folder.join("events.ndjson");
        let graph = Graph::read(BufReader::with_capacity(1 << 20, std::fs::File::open(events)?))?;
        let queries: Value = serde_json::from_slice(&std::fs::read(self.folder.join("queries.json"))?)?;
        let (mut traced, mut nodes, mut proved) = (0, 0, 0);
        let campaigns = queries["campaigns"].as_array().ok_or("no campaigns")?;
        for (campaign, at) in campaigns.iter().zip((0..NODES).cycle()).take(8 * NODES) {
            for (name, direction) in [("raw", "forward"), ("vessel", "back")] {
                let Some(start) = campaign[name].as_str() else { continue };
                let expected =
                    if direction == "forward" { graph.forward(start).len() } else { graph.back(start).len() };
                let answer = match net.get(at, &format!("/v1/trace/{start}?direction={direction}")) {
                    // Of what the file ends before, nothing is recorded.
                    Err(_) if expected <= 1 => continue,
                    answer => answer?,
                };
                let found = answer["nodes"].as_array().map_or(0, Vec::len);
                if found != expected {
                    return Err(format!("{direction} from {start} at node {at}: {found}, not {expected}").into());
                }
                traced += 1;
                nodes += found;
                if traced <= 2 * PROOFS {
                    let (url, file) = (format!("http://{}", net.address(at)?), net.file("proof"));
                    net.ask(&["trace", start, &format!("--{direction}"), "--url", &url, "--proof", &file])?;
                    let said = net.ask(&["verify", &file, "--trust", &net.genesis])?;
                    proved += usize::from(said.contains("proved"));
                }
            }
        }
        if proved < 2 * PROOFS {
            return Err(format!("{proved} proofs verified").into());
        }
        println!("{traced} traces at all nodes as a plain walk has them, {nodes} nodes; {proved} proofs verified");
        Ok(())
    }

    /// Submissions of four events of 256 KiB, each of one subject.
    fn bodies(&mut self) -> Result<(), Failure> {
        let mut net = self.found(2 * NODES)?;
        let mut clients = clients(&net, 2 * NODES)?;
        let source = Source::bodies(BODIES_MIB)?;
        let before = net.used().1;
        let stop = AtomicBool::new(false);
        let plan = Plan { source: &source, group: source.events() / BODIES_MIB, once: true, every: None, stop: &stop };
        let seen = load(&mut clients, &plan)?;
        let (middle, most) = quantiles(&seen.times());
        let rate = BODIES_MIB as f64 / seen.taken.as_secs_f64();
        println!(
            "bodies: {rate:.1} MiB/s, {} blocks, p50 {middle:.0} ms, p99 {most:.0} ms; {:.1} ms of processors a MiB",
            net.height(0)?,
            (net.used().1 - before) * 1e3 / BODIES_MIB as f64
        );
        self.rows.add("bodies of a MiB, four events each", "MiB/s", Bar::Least(45.0), rate);
        self.end(net, "bodies")
    }

    /// A validator is killed under load and comes back: what was recorded, and how long it took from its start until it was
    /// one block behind at most. Of a network that decides one block after another, some node is always the last to
    /// apply one.
    fn outage(
        &self,
        net: &mut Net,
        clients: &mut [Client],
        every: Option<Duration>,
    ) -> Result<(Outcome, Duration), Failure> {
        let stop = AtomicBool::new(false);
        let plan = Plan { source: &self.mixed, group: 1, once: false, every, stop: &stop };
        thread::scope(|scope| {
            let loading = scope.spawn(|| load(clients, &plan));
            let watched = (|| {
                thread::sleep(BEFORE);
                net.kill(NODES - 1)?;
                thread::sleep(AWAY);
                let begun = Instant::now();
                net.start(NODES - 1)?;
                while net.height(0)? > net.height(NODES - 1)? + 1 && begun.elapsed() < Duration::from_secs(30) {
                    thread::sleep(Duration::from_millis(10));
                }
                let back = begun.elapsed();
                thread::sleep(AFTER);
                Ok::<_, Failure>(back)
            })();
            stop.store(true, Ordering::Relaxed);
            let seen = loading.join().map_err(|_| "a load panicked")?;
            Ok((seen?, watched?))
        })
    }

    /// One of four is killed under load and comes back; then two are.
    fn faults(&mut self) -> Result<(), Failure> {
        let mut net = self.found(3 * 64 + 1)?;
        // At the first three nodes: the fourth is killed.
        let mut three = Vec::new();
        for (number, key) in net.keys.iter().enumerate().skip(1) {
            three.push(Client::open(net.address(number % (NODES - 1))?, key)?);
        }
        let (seen, back) = self.outage(&mut net, &mut three, None)?;
        let rate = seen.rate_between(Duration::from_secs(1), BEFORE);
        told_each_second("one killed after 12 s, back after 22 s", &seen);
        let share = seen.rate_between(BEFORE + Duration::from_secs(5), BEFORE + AWAY) / rate * 100.0;
        self.rows.add("one of four killed: its rate from 5 s after", "% of before", Bar::Least(60.0), share);
        self.rows.add(
            "started to one block behind, under all the load it takes",
            "s",
            Bar::Most(5.0),
            back.as_secs_f64(),
        );
        net.together()?;
        // While others leave it some of the processors that all share here: half of what they take now, of a ledger that has
        // grown since.
        let now = Run::load_for(&self.mixed, &mut three, AFTER)?.rate_between(Duration::from_secs(1), AFTER);
        println!("before the next: {now:.0} events/s, of which half are offered");
        let every = Duration::from_secs_f64(three.len() as f64 / (now / 2.0));
        let (_, back) = self.outage(&mut net, &mut three, Some(every))?;
        self.rows.add("the same, under half of it", "s", Bar::Most(5.0), back.as_secs_f64());
        net.together()?;
        net.kill(NODES - 1)?;
        net.kill(NODES - 2)?;
        let mut client = Client::open(net.address(0)?, net.keys.first().ok_or("no key")?)?;
        let stands = net.height(0)?;
        let stop = AtomicBool::new(false);
        let decided = thread::scope(|scope| {
            let one = std::slice::from_mut(&mut client);
            let asking = scope
                .spawn(|| load(one, &Plan { source: &self.source, group: 1, once: false, every: None, stop: &stop }));
            let watched = (|| {
                thread::sleep(AWAY);
                if net.height(0)? > stands + 1 {
                    return Err("two of four have decided".into());
                }
                let (stands, begun) = (net.height(0)?, Instant::now());
                net.start(NODES - 2)?;
                while net.height(0)? <= stands && begun.elapsed() < Duration::from_secs(60) {
                    thread::sleep(Duration::from_millis(10));
                }
                Ok::<_, Failure>(begun.elapsed())
            })();
            stop.store(true, Ordering::Relaxed);
            asking.join().map_err(|_| "a load panicked")??;
            watched
        })?;
        self.rows.add(
            "two of four killed: first block after one is started",
            "s",
            Bar::Most(5.0),
            decided.as_secs_f64(),
        );
        net.start(NODES - 1)?;
        self.end(net, "kills")
    }

    /// Three times what it can do, for a minute.
    fn overload(&mut self) -> Result<(), Failure> {
        let net = self.found(CROWD * NODES)?;
        let mut many = clients(&net, WRITERS * OUTSTANDING)?;
        // For as long as there is too much: the first seconds of an empty ledger, when no store writes out buffers yet, are
        // no measure of what can be kept up.
        Run::load_for(&self.mixed, &mut many, Duration::from_secs(5))?;
        let most = Run::load_for(&self.mixed, &mut many, TOO_MUCH_TIME)?;
        let peak = most.rate();
        drop(many);
        let crowd = clients(&net, CROWD * NODES)?;
        let every = Duration::from_secs_f64((CROWD * NODES) as f64 / (TOO_MUCH * peak));
        let seen = offer(crowd, &self.mixed, every, TOO_MUCH_TIME)?;
        let offered = seen.posts as f64 / seen.taken.as_secs_f64();
        let busy = seen.busy as f64 / seen.posts as f64 * 100.0;
        let goodput = seen.rate();
        println!(
            "peak {peak:.0}/s; {offered:.0} posts a second for a minute ({:.1} of the peak), {busy:.0} % told to come \
             again, {goodput:.0}/s recorded, p50 {:.0} ms",
            offered / peak,
            quantiles(&seen.times()).0
        );
        self.rows.add("three times too much for 60 s: posted", "× the peak", Bar::Least(2.9), offered / peak);
        self.rows.add("the same, told to come again", "%", Bar::Least(1.0), busy);
        self.rows.add("the same, recorded", "% of peak", Bar::Least(80.0), goodput / peak * 100.0);
        // The same clients as before; in the first second the first answers are on their way. Single seconds are slow at the peak
        // too: medians say more than the few seconds after it.
        let mut many = clients(&net, WRITERS * OUTSTANDING)?;
        let again = Run::load_for(&self.mixed, &mut many, AFTERWARDS)?;
        for (what, seen) in [("the peak", &most), ("too much", &seen), ("after it", &again)] {
            told_each_second(what, seen);
        }
        let share = again.rate_between(Duration::from_secs(1), Duration::from_secs(4)) / peak * 100.0;
        self.rows.add("from 1 to 4 s after it", "% of peak", Bar::Least(80.0), share);
        let (after, peak) = (again.each_second(), quantiles(&most.each_second()).0);
        let first = after.iter().position(|events| *events >= peak * 0.8).map_or(f64::INFINITY, |at| at as f64 + 1.0);
        self.rows.add("after it: until a second is at 80 % of the peak's", "s", Bar::Most(5.0), first);
        let share = quantiles(after.get(1..).unwrap_or_default()).0 / peak * 100.0;
        self.rows.add("the same, a second from 1 to 31 s, median", "% of peak's", Bar::Least(80.0), share);
        // Memory is what it takes at the file's heaviest too.
        let heavy = Arc::new(Source::read(&self.folder, usize::MAX)?.again_from(HEAVY));
        let seen = offer(clients(&net, CROWD * NODES)?, &heavy, every, HEAVY_TIME)?;
        println!("too much where events name the most things: {:.0}/s recorded", seen.rate());
        self.end(net, "too much")
    }
}

fn told_each_second(what: &str, seen: &Outcome) {
    let each: Vec<String> = seen.each_second().iter().map(|events| format!("{events:.0}")).collect();
    println!("{what}: events each second {}", each.join(" "));
}

/// So many clients, dealt to the nodes in turn.
fn clients(net: &Net, count: usize) -> Result<Vec<Client>, Failure> {
    net.keys.iter().take(count).zip((0..NODES).cycle()).map(|(key, at)| Client::open(net.address(at)?, key)).collect()
}

fn tell(what: &str, seen: &Outcome, cpu: f64, blocks: u64) {
    let events = seen.events() as f64;
    let (middle, most) = quantiles(&seen.times());
    println!(
        "{what}: {events} events (refused: {:?}) in {:.1} s, {:.0}/s, {:.0} a block, p50 {middle:.0} ms, p99 {most:.0} ms; \
         the nodes' processors {:.0} µs an event",
        seen.refused,
        seen.taken.as_secs_f64(),
        seen.rate(),
        events / blocks as f64,
        cpu * 1e6 / events
    );
}

fn head(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
