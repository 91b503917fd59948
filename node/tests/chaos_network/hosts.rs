//! Hosts with addresses of their own: network namespaces on one bridge, which can be split, and whose links lose and delay
//! packets. The kernel need not have netem: packets are dropped by iptables, and held by `delay.py` in NFQUEUE.
//!
//! Nodes serve their clients on the loopback of their own host, as they do where no account is needed. So a helper in each
//! host, which is this very program, carries connections between that and a socket in the file system.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Where the helper finds its socket.
const SOCKET: &str = "SUYUAN_CHAOS_SOCKET";
/// Helpers are there within this.
const HELPER_WAIT: Duration = Duration::from_secs(20);

/// What a command said if it failed.
fn sh(script: &str) -> Result<(), String> {
    let output = Command::new("sh").args(["-ec", script]).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{script}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Hosts on one bridge.
pub struct Hosts {
    prefix: String,
    helpers: Vec<Child>,
    delays: Vec<Child>,
    gates: Vec<Gate>,
    work: tempfile::TempDir,
}

/// The way to a host's loopback from here.
struct Gate {
    url: String,
    port: Arc<AtomicU16>,
}

impl Hosts {
    /// So many hosts; `None`, and a line that says why, if they can't be made here.
    pub fn new(count: usize) -> Option<Hosts> {
        if std::env::var_os("SUYUAN_CHAOS_NETWORK").is_none() {
            println!("SKIPPED: needs namespaces; make chaos-network, as root");
            return None;
        }
        let prefix = format!("sy{}x", std::process::id() % 100_000);
        let mut script = format!(
            "ip netns add {prefix}s; ip -n {prefix}s link set lo up; ip -n {prefix}s link add br0 type bridge; \
             ip -n {prefix}s link set br0 up\n"
        );
        for host in 0..count {
            let (name, last) = (format!("{prefix}{host}"), host + 1);
            script.push_str(&format!(
                "ip netns add {name}; ip link add v{host} netns {name} type veth peer name p{host} netns {prefix}s\n\
                 ip -n {name} addr add 10.99.7.{last}/24 dev v{host}; ip -n {name} link set v{host} up; \
                 ip -n {name} link set lo up\n\
                 ip -n {prefix}s link set p{host} master br0; ip -n {prefix}s link set p{host} up\n\
                 ip netns exec {name} iptables -L -n >/dev/null\n"
            ));
        }
        let work = tempfile::tempdir().unwrap();
        let mut hosts = Hosts { prefix, helpers: Vec::new(), delays: Vec::new(), gates: Vec::new(), work };
        if let Err(why) = sh(&script) {
            println!("SKIPPED: needs root, iproute2 and iptables (Debian: apt-get install iproute2 iptables): {why}");
            return None;
        }
        for host in 0..count {
            let (helper, gate) = hosts.gate(host);
            hosts.helpers.push(helper);
            hosts.gates.push(gate);
        }
        Some(hosts)
    }

    fn gate(&self, host: usize) -> (Child, Gate) {
        let socket = self.work.path().join(format!("{host}"));
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("{}{host}", self.prefix)]).arg(std::env::current_exe().unwrap());
        command.args(["hosts::helper", "--exact", "--ignored", "--nocapture"]).env(SOCKET, &socket);
        let helper = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < HELPER_WAIT, "no helper in host {host}");
            thread::sleep(Duration::from_millis(10));
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let port = Arc::new(AtomicU16::new(0));
        let to = Arc::clone(&port);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (socket, port) = (socket.clone(), to.load(Ordering::Relaxed));
                thread::spawn(move || carry_to(&client, &socket, port));
            }
        });
        (helper, Gate { url, port })
    }

    /// What a program of this host is started with.
    pub fn tool(&self, host: usize) -> Vec<String> {
        ["ip", "netns", "exec", &format!("{}{host}", self.prefix)].map(str::to_owned).to_vec()
    }

    /// Its address for other hosts.
    pub fn address(&self, host: usize) -> String {
        format!("10.99.7.{}", host + 1)
    }

    /// How its loopback is reached from here, where something listens at this port now.
    pub fn reach(&self, host: usize, port: u16) -> String {
        let gate = &self.gates[host];
        gate.port.store(port, Ordering::Relaxed);
        gate.url.clone()
    }

    /// Cuts the network: whoever is on one side hears nothing of the other.
    pub fn split(&self, one: &[usize], other: &[usize]) {
        for (from, to) in one.iter().flat_map(|from| other.iter().map(move |to| (*from, *to))) {
            for (from, to) in [(from, to), (to, from)] {
                let source = self.address(from);
                sh(&format!("ip netns exec {}{to} iptables -A INPUT -s {source} -j DROP", self.prefix)).unwrap();
            }
        }
    }

    /// The network is whole again, loses nothing and is fast.
    pub fn heal(&mut self) {
        for host in 0..self.gates.len() {
            let exec = format!("ip netns exec {}{host} iptables", self.prefix);
            sh(&format!("{exec} -F INPUT; {exec} -F OUTPUT")).unwrap();
        }
        for mut delay in self.delays.drain(..) {
            let _ = delay.kill();
            let _ = delay.wait();
        }
    }

    /// Every packet between hosts is lost with this chance, and takes so long. Whether packets can be held here: if not,
    /// they are only lost.
    pub fn shake(&mut self, delay_ms: u32, lost: f64) -> bool {
        let python = std::env::var("SUYUAN_CHAOS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let holds = Command::new(&python).args(["-c", "import netfilterqueue"]).stderr(Stdio::null()).status();
        let holds = holds.is_ok_and(|status| status.success());
        if !holds {
            println!(
                "missing: Python's NetfilterQueue (pip, with Debian's libnetfilter-queue-dev): no delay, only loss"
            );
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chaos_network/delay.py");
        for host in 0..self.gates.len() {
            let exec = format!("ip netns exec {}{host}", self.prefix);
            sh(&format!("{exec} iptables -A INPUT -i v{host} -m statistic --mode random --probability {lost} -j DROP"))
                .unwrap();
            if holds {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", &format!("{}{host}", self.prefix), &python]).arg(&script);
                let delay = command.arg(delay_ms.to_string()).stdin(Stdio::null()).spawn().unwrap();
                self.delays.push(delay);
                sh(&format!("{exec} iptables -A OUTPUT -o v{host} -j NFQUEUE --queue-num 1 --queue-bypass")).unwrap();
            }
        }
        holds
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for helper in self.helpers.iter_mut().chain(&mut self.delays) {
            let _ = helper.kill();
            let _ = helper.wait();
        }
        let names = (0..self.gates.len().max(8)).map(|host| host.to_string()).chain(["s".to_owned()]);
        for name in names {
            let _ = sh(&format!("ip netns del {}{name} 2>/dev/null", self.prefix));
        }
    }
}

fn carry_to(client: &TcpStream, socket: &PathBuf, port: u16) {
    let Ok(mut host) = UnixStream::connect(socket) else { return };
    if host.write_all(&port.to_be_bytes()).is_ok() {
        carry(client, &host);
    }
}

/// Carries bytes both ways until both ends have said all.
fn carry(tcp: &TcpStream, unix: &UnixStream) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut from, mut to) = (tcp, unix);
            let _ = std::io::copy(&mut from, &mut to);
            let _ = unix.shutdown(Shutdown::Write);
        });
        let (mut from, mut to) = (unix, tcp);
        let _ = std::io::copy(&mut from, &mut to);
        // Nobody waits for more of an answer that ended.
        let _ = tcp.shutdown(Shutdown::Both);
        let _ = unix.shutdown(Shutdown::Both);
    });
}

/// No test: what runs in each host.
#[test]
#[ignore = "a helper of the others"]
fn helper() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let listener = UnixListener::bind(socket).unwrap();
    for mut client in listener.incoming().map_while(Result::ok) {
        thread::spawn(move || {
            let mut port = [0; 2];
            if client.read_exact(&mut port).is_ok()
                && let Ok(node) = TcpStream::connect(("127.0.0.1", u16::from_be_bytes(port)))
            {
                carry(&node, &client);
            }
        });
    }
}
