//! `suyuan node status`: how it goes with a node that runs, once or second after second.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;
use console::{Key, Term, truncate_str};
use serde_json::Value;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;

use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, node_url, remote_at};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::clock::now_ms;
use crate::link::Remote;

/// A live view is drawn so often.
const EVERY: Duration = Duration::from_secs(1);
/// Digits of a key that are shown.
const KEY_DIGITS: usize = 8;

/// `suyuan node status`
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// Address of a node [default: SUYUAN_URL]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Token of an account of that node [default: SUYUAN_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Show it every second until q or Ctrl-C; without a terminal a line each
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Says how it goes.
pub fn run(options: &StatusArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let remote = remote_at(&node_url(options.url.as_deref()), options.token.as_deref())?;
    if !options.watch {
        let status = fetch(&remote)?;
        let mut sink = screen.answers();
        match options.json {
            true => writeln!(sink, "{status}")?,
            false => lines(&status, screen.language).iter().try_for_each(|line| writeln!(sink, "{line}"))?,
        }
        return Ok(Outcome::Done);
    }
    match std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        true => draw(&remote, screen),
        false => print(&remote, screen),
    }
}

fn fetch(remote: &Remote) -> Result<Value, Reason> {
    remote.said("/v1/status")
}

/// A line a second, for a log or a pipe. Ends when nobody reads it.
fn print(remote: &Remote, screen: &mut Screen) -> Result<Outcome, Failure> {
    loop {
        let line = match fetch(remote) {
            Ok(status) => line(&status),
            Err(reason) => reason.to_string(),
        };
        writeln!(screen.answers(), "{} {}", time_text(now_ms()), printable(&line))?;
        screen.flush()?;
        std::thread::sleep(EVERY);
    }
}

/// Draws over and over, until a key says that it is enough.
fn draw(remote: &Remote, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (enough, told) = channel();
    // It ends with the process: what it waits for is the user.
    std::thread::spawn(move || {
        let terminal = Term::stdout();
        loop {
            if matches!(terminal.read_key_raw(), Ok(Key::Char('q' | 'Q') | Key::CtrlC | Key::Escape) | Err(_)) {
                // Whoever draws has ended if it is not heard.
                let _ = enough.send(());
                return;
            }
        }
    });
    let (terminal, language) = (Term::stdout(), screen.language);
    terminal.hide_cursor()?;
    terminal.clear_screen()?;
    loop {
        let mut shown = match fetch(remote) {
            Ok(status) => lines(&status, language),
            Err(reason) => vec![printable(&reason.what(language)).into_owned(), reason.remedy(language)],
        };
        let hint = pick(language, "q ends", "按 q 退出");
        shown.push(String::new());
        shown.push(format!("{}  {}  {hint}", remote.url(), time_text(now_ms())));
        let (height, width) = terminal.size();
        terminal.move_cursor_to(0, 0)?;
        for line in shown.iter().take(usize::from(height).saturating_sub(1)) {
            terminal.clear_line()?;
            terminal.write_line(&truncate_str(line, usize::from(width), "…"))?;
        }
        terminal.clear_to_end_of_screen()?;
        if !matches!(told.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            break;
        }
    }
    terminal.show_cursor()?;
    Ok(Outcome::Done)
}

// ---- what is shown ----

fn text(value: &Value, pointer: &str) -> String {
    printable(value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()).into_owned()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn short(key: &str) -> &str {
    key.get(..KEY_DIGITS).unwrap_or(key)
}

fn is(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The connected of a list, and all.
fn connected(listed: &[Value]) -> (usize, usize) {
    (listed.iter().filter(|one| is(one, "connected")).count(), listed.len())
}

fn seconds(ms: i64) -> String {
    format!("{}.{} s", ms / 1_000, (ms % 1_000).abs() / 100)
}

/// How long, in the two greatest units.
fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

fn rate(status: &Value) -> f64 {
    status.get("events_per_second").and_then(Value::as_f64).unwrap_or_default()
}

fn age_ms(status: &Value) -> i64 {
    status.get("age_ms").and_then(Value::as_i64).unwrap_or_default()
}

fn alarms(status: &Value) -> u64 {
    number(status, "/alarms/errors").saturating_add(number(status, "/alarms/warnings"))
}

/// How much of the history is there, while some is lacking.
fn history(status: &Value) -> Option<(u64, u64)> {
    let said = status.get("history").filter(|said| said.is_object())?;
    Some((number(said, "/through"), number(said, "/to")))
}

/// Everything in one line.
fn line(status: &Value) -> String {
    let ((validators, all), (peers, _)) = (connected(list(status, "validators")), connected(list(status, "peers")));
    format!(
        "role={} height={} age={} validators={validators}/{all} peers={peers} pool={} events/s={:.1} alarms={}{}",
        text(status, "/role"),
        number(status, "/height"),
        seconds(age_ms(status)).replace(' ', ""),
        number(status, "/pool/submissions"),
        rate(status),
        alarms(status),
        if status.get("diverged").is_some_and(Value::is_u64) { " DIVERGED" } else { "" },
    ) + &history(status).map(|(through, to)| format!(" history={through}/{to}")).unwrap_or_default()
        + &status.get("stale").and_then(Value::as_str).map(|why| format!(" STALE={why}")).unwrap_or_default()
}

/// That what a node answers may be behind what was decided, and why.
pub fn stale(why: &str, language: Language) -> String {
    let say = |english: &'static str, chinese: &'static str| pick(language, english, chinese);
    let why = match why.split(';').next().unwrap_or_default() {
        "no-quorum" => {
            say("less than two thirds of the validators' power are connected", "已连接的验证节点不足三分之二表决权")
        }
        "behind" => say("this node is catching up", "本节点正在追赶"),
        _ => say("no block was decided for long", "长时间未产生区块"),
    };
    format!("{}: {why}", say("what this node says may be stale", "本节点所答可能已过时"))
}

/// Everything, for people.
pub fn lines(status: &Value, language: Language) -> Vec<String> {
    let say = |english: &'static str, chinese: &'static str| pick(language, english, chinese);
    let role = match text(status, "/role").as_str() {
        "validator" => say("validator", "验证节点"),
        "abstaining" => say("validator that does not vote yet", "尚未参与投票的验证节点"),
        "audit" => say("audit node", "审计节点"),
        "alone" => say("only validator", "唯一验证节点"),
        _ => say("gateway", "接入节点"),
    };
    let mut lines = vec![format!(
        "{}  {role}  {}  {} {}",
        text(status, "/network"),
        text(status, "/organisation"),
        say("chain", "链"),
        short(&text(status, "/chain")),
    )];
    match status.get("trial_time").and_then(Value::as_str) {
        Some(time) => {
            let words = say("a trial, whose clock is set: it is", "试验网络，时钟由人设定，现为");
            lines.push(format!("{words} {}", printable(time)));
        }
        None if is(status, "trial") => {
            lines.push(say("a trial, whose clock may be set", "试验网络，时钟可由人设定").to_owned());
        }
        None => {}
    }
    if let Some(why) = status.get("stale").and_then(Value::as_str) {
        lines.push(stale(why, language));
    }
    let deciding = match status.get("deciding").is_some_and(Value::is_object) {
        true => format!(
            "  {} {} {} {}",
            say("deciding", "正在决定"),
            number(status, "/deciding/height"),
            say("round", "轮次"),
            number(status, "/deciding/round")
        ),
        false => String::new(),
    };
    lines.push(format!(
        "{} {}  {} {}  {} {}  {} {}{deciding}",
        say("height", "高度"),
        number(status, "/height"),
        say("header", "区块头"),
        short(&text(status, "/header")),
        say("state", "状态"),
        short(&text(status, "/state")),
        say("age", "距今"),
        seconds(age_ms(status)),
    ));
    lines.push(format!(
        "{} {} ({} {})  {:.1} {}  {} {}",
        say("waiting", "等待"),
        number(status, "/pool/submissions"),
        number(status, "/pool/bytes"),
        say("bytes", "字节"),
        rate(status),
        say("events/s", "事件/秒"),
        say("alarms", "告警"),
        alarms(status),
    ));
    if let Some((through, to)) = history(status) {
        let words = say(
            "history before the snapshot is taken; till then nothing is answered from it. Height",
            "正在获取快照之前的历史，完成前不提供相关查询。高度",
        );
        lines.push(format!("{words} {through} / {to}"));
    }
    if let Some(height) = status.get("diverged").and_then(Value::as_u64) {
        let words = say("DIVERGED: nothing is applied from height", "状态分歧：自此高度起不再应用");
        lines.push(format!("{words} {height}"));
    }
    let total: u64 = list(status, "validators").iter().map(|one| number(one, "/power")).sum();
    let here = list(status, "validators").iter().filter(|one| is(one, "connected"));
    let power: u64 = here.map(|one| number(one, "/power")).sum();
    lines.push(String::new());
    let words = [say("validators", "验证节点"), say("power connected", "已连接权重"), say("of", "/")];
    lines.push(format!("{}: {} {power} {} {total}", words[0], words[1], words[2]));
    let own = text(status, "/key");
    for one in list(status, "validators") {
        let key = text(one, "/key");
        let this = if key == own { say("  (this node)", "  （本节点）") } else { "" };
        let power = number(one, "/power");
        let organisation = text(one, "/organisation");
        lines.push(format!("  {} {}  {power}  {organisation}{this}", mark(one), short(&key)));
    }
    let peers = list(status, "peers");
    if !peers.is_empty() {
        lines.push(String::new());
        let (here, all) = connected(peers);
        lines.push(format!("{}: {here} / {all}", say("peers connected", "已连接的对等节点")));
        lines.extend(peers.iter().map(|peer| peer_line(peer, language)));
    }
    lines
}

fn mark(one: &Value) -> &'static str {
    if is(one, "connected") { "✓" } else { "✗" }
}

fn peer_line(peer: &Value, language: Language) -> String {
    let key = text(peer, "/key");
    let mut line = format!("  {} {}  {}", mark(peer), short(&key), text(peer, "/organisation"));
    if is(peer, "connected") {
        line.push_str(&format!(
            "  {}  {} {}  {} {}  {} {}",
            // Behind it stands its identity, which the key says already.
            text(peer, "/address").split("/p2p/").next().unwrap_or_default(),
            pick(language, "for", "已连接"),
            span(number(peer, "/connected_ms")),
            pick(language, "height", "高度"),
            number(peer, "/height"),
            pick(language, "lag", "落后"),
            number(peer, "/lag"),
        ));
    }
    let points = number(peer, "/points");
    if points > 0 {
        line.push_str(&format!("  {} {points}", pick(language, "points", "扣分")));
    }
    if let Some(ms) = peer.get("refused_ms").and_then(Value::as_u64) {
        line.push_str(&format!("  {} {}", pick(language, "refused for", "拒绝连接"), span(ms)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // Goal: what is shown says what the status says, in both languages, and no text of others steers the terminal.
    // Method: a status with a hostile name.
    #[test]
    fn shown() {
        let status = json!({
            "network": "n", "role": "audit", "height": 812, "age_ms": 3_250, "organisation": "a\u{1b}[2J",
            "key": "00", "pool": {"submissions": 2, "bytes": 900}, "events_per_second": 12.04, "diverged": 813,
            "history": {"through": 40, "to": 800},
            "alarms": {"errors": 1, "warnings": 2},
            "validators": [{"key": "0123456789", "power": 1, "connected": true}, {"key": "98", "power": 2}],
            "peers": [{"key": "0123456789", "connected": true, "connected_ms": 3_723_000u64, "height": 810, "lag": 2}],
        });
        assert_eq!(
            line(&status),
            "role=audit height=812 age=3.2s validators=1/2 peers=1 pool=2 events/s=12.0 alarms=3 DIVERGED history=40/800"
        );
        for language in [Language::En, Language::Zh] {
            let text = lines(&status, language).join("\n");
            for part in ["812", "3.2 s", "01234567", "1 h 2 m", "813", "900"] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }
}
