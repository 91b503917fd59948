//! Tries networks of a few nodes over sockets of this machine, with good peers and bad ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libp2p::futures::{AsyncWriteExt as _, StreamExt as _};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::*;

mod probe;
mod replay;

use probe::{Probe, Seen};

const CHAIN: [u8; 32] = [7; 32];
const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
const SOON: Duration = Duration::from_secs(8);

fn key(seed: u8) -> NodeKey {
    node_key(&[seed; 32]).unwrap()
}

fn member(seed: u8, addresses: &[String]) -> Member {
    Member { key: key(seed), addresses: addresses.to_vec() }
}

fn settings(seed: u8, listen: &[&str]) -> Settings {
    Settings::new([seed; 32], CHAIN, listen.iter().map(|text| (*text).to_owned()).collect())
}

struct Node {
    network: Network,
    events: Events,
}

impl Node {
    async fn with(settings: Settings, members: Vec<Member>) -> Node {
        let (network, events) = Network::start(settings, members).await.unwrap();
        Node { network, events }
    }

    async fn start(seed: u8, listen: &[&str]) -> Node {
        Node::with(settings(seed, listen), Vec::new()).await
    }

    fn addresses(&self) -> Vec<String> {
        self.network.listening()
    }

    /// The next event that is as wanted; those before it are thrown away.
    async fn until(&mut self, long: Duration, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        let mut seen = Vec::new();
        let found = timeout(long, async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if wanted(&event) {
                    return event;
                }
                if !matches!(event, Event::Message { .. }) {
                    seen.push(event);
                }
            }
        });
        match found.await {
            Ok(event) => event,
            Err(_) => panic!("in {long:?} there was only {seen:?}"),
        }
    }

    async fn connected(&mut self, seed: u8) {
        self.until(SOON, |event| *event == Event::Connected(key(seed))).await;
    }

    async fn disconnected(&mut self, seed: u8) {
        self.until(SOON, |event| *event == Event::Disconnected(key(seed))).await;
    }

    /// Nothing that is as told happens for so long.
    async fn never(&mut self, long: Duration, what: impl Fn(&Event) -> bool) {
        let happened = timeout(long, async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if what(&event) {
                    return event;
                }
            }
        });
        if let Ok(event) = happened.await {
            panic!("{event:?}");
        }
    }

    async fn message(&mut self) -> Vec<u8> {
        match self.until(SOON, |event| matches!(event, Event::Message { .. })).await {
            Event::Message { bytes, .. } => bytes,
            _ => unreachable!(),
        }
    }
}

/// Sends, however long the queue is full.
async fn send(network: &Network, to: NodeKey, class: Class, bytes: Arc<[u8]>) {
    while let Err(error) = network.send(to, class, bytes.clone()) {
        assert_eq!(error, NotSent::Full);
        sleep(Duration::from_millis(1)).await;
    }
}

/// Two nodes; the second dials the first.
async fn pair(listen: &str) -> (Node, Node) {
    let mut one = Node::start(1, &[listen]).await;
    let mut two = Node::start(2, &[listen]).await;
    one.network.set_members(vec![member(2, &[])]);
    two.network.set_members(vec![member(1, &one.addresses())]);
    one.connected(2).await;
    two.connected(1).await;
    (one, two)
}

async fn exchange(listen: &str) {
    const COUNT: u32 = 10_000;
    let (one, two) = pair(listen).await;
    let run = |mut node: Node, to: NodeKey| async move {
        let Node { network, events } = &mut node;
        let sending = async {
            for index in 0..COUNT {
                send(network, to, Class::Consensus, Arc::from(index.to_le_bytes().repeat(10))).await;
            }
        };
        let receiving = async {
            for index in 0..COUNT {
                match events.recv().await.unwrap() {
                    Event::Message { from, class, bytes } => {
                        assert_eq!((from, class), (to, Class::Consensus));
                        assert_eq!(bytes, index.to_le_bytes().repeat(10));
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        tokio::join!(sending, receiving);
        node
    };
    let both = async { tokio::join!(run(one, key(2)), run(two, key(1))) };
    let (one, two) = timeout(Duration::from_secs(20), both).await.unwrap();
    let status = &one.network.peers()[0];
    assert!(status.connected && status.address.is_some());
    assert_eq!((status.consensus.received, status.consensus.received_bytes), (u64::from(COUNT), 400_000));
    assert_eq!((status.consensus.sent, status.consensus.queued), (u64::from(COUNT), 0));
    one.network.stop().await;
    two.network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_messages_arrive_in_order_over_tcp() {
    exchange(TCP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_messages_arrive_in_order_over_quic() {
    exchange(QUIC).await;
}

/// While 32 MiB blocks go one way, votes go forth and back.
async fn block_and_votes(listen: &str) -> (Duration, u32) {
    let (one, mut two) = pair(listen).await;
    let one = Arc::new(tokio::sync::Mutex::new(one));
    let echo = {
        let one = one.clone();
        tokio::spawn(async move {
            let mut one = one.lock().await;
            let mut blocks = 0;
            while blocks < 3 {
                match one.events.recv().await.unwrap() {
                    Event::Message { class: Class::Bulk, bytes, .. } => {
                        assert!(bytes.len() == 32 << 20 && bytes.iter().all(|byte| *byte == 9));
                        blocks += 1;
                    }
                    Event::Message { from, bytes, .. } => {
                        one.network.send(from, Class::Consensus, Arc::from(bytes)).unwrap();
                    }
                    _ => {}
                }
            }
        })
    };
    let block: Arc<[u8]> = vec![9; 32 << 20].into();
    for _ in 0..3 {
        two.network.send(key(1), Class::Bulk, block.clone()).unwrap();
    }
    let (mut longest, mut count) = (Duration::ZERO, 0);
    while !echo.is_finished() {
        let begun = Instant::now();
        two.network.send(key(1), Class::Consensus, Arc::from([1; 200])).unwrap();
        match timeout(Duration::from_secs(3), two.message()).await {
            Ok(_) => {}
            Err(_) if echo.is_finished() => break,
            Err(_) => panic!("a vote takes more than 3 s"),
        }
        longest = longest.max(begun.elapsed());
        count += 1;
    }
    echo.await.unwrap();
    (longest, count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_do_not_hold_up_votes() {
    for listen in [TCP, QUIC] {
        let (longest, count) = block_and_votes(listen).await;
        println!("{listen}: {count} votes beside 96 MiB of blocks, the slowest in {longest:?}");
        assert!(count > 5 && longest < Duration::from_secs(1), "{count} {longest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_that_dial_each_other_at_once_are_all_connected() {
    let mut nodes = Vec::new();
    for seed in 1..=4 {
        nodes.push(Node::start(seed, if seed % 2 == 0 { &[TCP, QUIC] } else { &[TCP] }).await);
    }
    let members: Vec<Member> = (1..=4).zip(&nodes).map(|(seed, node)| member(seed, &node.addresses())).collect();
    for node in &nodes {
        node.network.set_members(members.clone());
    }
    for node in &mut nodes {
        let mut left = 3;
        node.until(SOON, |event| {
            assert!(!matches!(event, Event::Disconnected(_)), "{event:?}");
            left -= i32::from(matches!(event, Event::Connected(_)));
            left == 0
        })
        .await;
    }
    for node in &nodes {
        for other in (1..=4).map(key).filter(|other| *other != node.network.key()) {
            for class in Class::ALL {
                node.network.send(other, class, Arc::from(node.network.key())).unwrap();
            }
        }
    }
    for node in &mut nodes {
        for _ in 0..6 {
            node.message().await;
        }
    }
    for node in &mut nodes {
        node.never(Duration::from_millis(400), |event| !matches!(event, Event::Message { .. })).await;
        assert!(node.network.peers().iter().all(|peer| peer.connected));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_dial_at_once_converge_without_losing_a_message() {
    for round in 0..40 {
        let listen = if round % 2 == 0 { TCP } else { QUIC };
        let (mut one, mut two) = (Node::start(1, &[listen]).await, Node::start(2, &[listen]).await);
        let (first, second) = (one.addresses(), two.addresses());
        one.network.set_members(vec![member(2, &second)]);
        // In step, or a little later each time, so that the two meet in every stage of a handshake.
        sleep(Duration::from_micros(150 * round)).await;
        two.network.set_members(vec![member(1, &first)]);
        one.connected(2).await;
        one.network.send(key(2), Class::Bulk, Arc::from([1])).unwrap();
        two.connected(1).await;
        two.network.send(key(1), Class::Bulk, Arc::from([2])).unwrap();
        assert_eq!((one.message().await, two.message().await), (vec![2], vec![1]));
        // Nor is the connection that was one too many told as refused.
        one.never(Duration::from_millis(60), |_| true).await;
        two.never(Duration::from_millis(5), |_| true).await;
        one.network.stop().await;
        two.disconnected(1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_listed_gets_no_stream() {
    let mut node = Node::with(settings(1, &[TCP, QUIC]), vec![member(2, &[])]).await;
    for address in node.addresses() {
        for asks in [true, false] {
            let (mut swarm, mut look) = Probe::swarm(9, asks);
            let peer = address::peer_id(&node.network.key()).unwrap();
            let options = DialOpts::peer_id(peer).addresses(vec![address.parse().unwrap()]).build();
            swarm.dial(options).unwrap();
            let closed = timeout(Duration::from_secs(3), Probe::until_closed(&mut swarm)).await;
            assert!(closed.is_ok(), "{address}: stays connected");
            let id = swarm.local_peer_id().to_string();
            drop(swarm);
            while let Some(seen) = look.recv().await {
                assert!(matches!(seen, Seen::NotOpened), "{address}: {seen:?}");
            }
            let told = |event: &Event| match event {
                Event::Refused { peer, why: Refusal::NotListed, .. } => peer.as_ref() == Some(&id),
                _ => false,
            };
            node.until(SOON, told).await;
        }
    }
    node.never(Duration::from_millis(50), |event| matches!(event, Event::Connected(_))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_strangers_is_told_of_a_little() {
    let mut node = Node::with(settings(1, &[TCP]), vec![]).await;
    let socket = node.addresses()[0].replace("/ip4/", "").replace("/tcp/", ":");
    for _ in 0..300 {
        drop(TcpStream::connect(&socket).await.unwrap());
    }
    let mut told = 0;
    let _ = timeout(Duration::from_secs(1), async {
        while let Some(event) = node.events.recv().await {
            assert!(matches!(event, Event::Refused { .. }), "{event:?}");
            told += 1;
        }
    })
    .await;
    assert!((1..=64).contains(&told), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_handshakes_end_and_keep_nobody_out() {
    let mut limits = Limits { handshake_max: Duration::from_millis(500), ..Limits::default() };
    limits.pending_per_ip_max = 4;
    let mut node = Node::with(Settings { limits, ..settings(1, &[TCP]) }, vec![member(2, &[])]).await;
    let socket = node.addresses()[0].replace("/ip4/", "").replace("/tcp/", ":");
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(&socket).await.unwrap());
    }
    node.until(SOON, |event| matches!(event, Event::Refused { why: Refusal::TooMany, .. })).await;
    let mut two = Node::with(settings(2, &[]), vec![member(1, &node.addresses())]).await;
    two.connected(1).await;
    node.connected(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_peer_of_another_chain_is_refused() {
    for listen in [TCP, QUIC] {
        // Whichever of the two decides.
        for (first, second) in [(1, 2), (2, 1)] {
            let mut one = Node::with(settings(first, &[listen]), vec![member(second, &[])]).await;
            let other = Settings { chain: [8; 32], ..settings(second, &[]) };
            let mut two = Node::with(other, vec![member(first, &one.addresses())]).await;
            let expected = |why: &Refusal| match why {
                Refusal::Handshake(_) => listen == TCP,
                Refusal::OtherChain => listen == QUIC,
                _ => false,
            };
            // Whoever dials over TCP sees a handshake that fails, as with any address where nobody answers as he should.
            let told = if listen == QUIC { vec![&mut one, &mut two] } else { vec![&mut one] };
            for node in told {
                let event = node.until(SOON, |event| matches!(event, Event::Refused { .. })).await;
                let Event::Refused { why, .. } = event else { unreachable!() };
                assert!(expected(&why), "{listen}: {why:?}");
            }
            one.never(Duration::from_millis(300), |event| matches!(event, Event::Connected(_))).await;
            two.never(Duration::from_millis(50), |event| matches!(event, Event::Connected(_))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_is_disconnected_and_comes_back_when_listed_again() {
    for listen in [TCP, QUIC] {
        let (mut one, mut two) = pair(listen).await;
        let begun = Instant::now();
        one.network.set_members(Vec::new());
        assert_eq!(one.network.send(key(2), Class::Bulk, Arc::from([1])), Err(NotSent::NotConnected));
        one.disconnected(2).await;
        two.disconnected(1).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        let comes = |event: &Event| matches!(event, Event::Connected(_));
        one.never(Duration::from_millis(800), comes).await;
        two.never(Duration::from_millis(50), comes).await;
        one.network.set_members(vec![member(2, &[])]);
        one.connected(2).await;
        two.connected(1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_starts_again_is_connected_again() {
    for listen in [TCP, QUIC] {
        let (mut one, mut two) = pair(listen).await;
        let address = one.addresses();
        sleep(Duration::from_millis(1100)).await;
        one.network.stop().await;
        two.disconnected(1).await;
        sleep(Duration::from_millis(300)).await;
        one = Node::with(settings(1, &[address[0].as_str()]), vec![member(2, &[])]).await;
        one.connected(2).await;
        two.connected(1).await;
        two.network.send(key(1), Class::Bulk, Arc::from([5])).unwrap();
        assert_eq!(one.message().await, [5]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again_at_once() {
    let (mut one, two) = pair(TCP).await;
    sleep(Duration::from_millis(1100)).await;
    // Both keep running; the one that dials loses its connection and is refused for no time at all.
    let begun = Instant::now();
    one.network.set_members(Vec::new());
    one.network.set_members(vec![member(2, &[])]);
    one.connected(2).await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    drop(two);
}

/// A listed peer that misbehaves, on the stream that it opened as told.
async fn hostile(own: u8, seed: u8, listen: &str, bytes: &[u8]) -> Node {
    let mut node = Node::with(settings(own, &[listen]), vec![member(seed, &[])]).await;
    let (mut swarm, mut look) = Probe::swarm(seed, true);
    swarm.dial(node.addresses()[0].parse::<Multiaddr>().unwrap()).unwrap();
    let writing = async {
        let mut held = Vec::new();
        while let Some(seen) = look.recv().await {
            match seen {
                Seen::Opened(mut stream) => {
                    // Fails once what went over the other stream has had its effect.
                    let _ = stream.write_all(&[&[0; 4], bytes].concat()).await;
                    let _ = stream.flush().await;
                    held.push(stream);
                }
                Seen::Accepted(stream) => held.push(stream),
                Seen::NotOpened => panic!("a member gets no stream"),
            }
        }
    };
    let closed = async {
        tokio::select! {
            closed = Probe::until_closed(&mut swarm) => assert!(closed),
            () = writing => unreachable!(),
        }
    };
    timeout(Duration::from_secs(5), closed).await.expect("is disconnected");
    node.until(SOON, |event| matches!(event, Event::Refused { why: Refusal::Misbehaved(_), .. })).await;
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_announces_too_much_is_disconnected_and_penalised() {
    // Whichever of the two decides.
    for listen in [TCP, QUIC] {
        for (own, seed) in [(1, 2), (2, 1)] {
            let node = hostile(own, seed, listen, &u32::MAX.to_le_bytes()).await;
            let status = &node.network.peers()[0];
            assert!(!status.connected && status.score >= 45, "{status:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_too_many_points_is_refused_for_a_while() {
    let limits = Limits { refused_first: Duration::from_millis(700), ..Limits::default() };
    let mut one = Node::with(Settings { limits, ..settings(1, &[TCP]) }, vec![member(2, &[])]).await;
    let mut two = Node::with(settings(2, &[]), vec![member(1, &one.addresses())]).await;
    one.connected(2).await;
    two.connected(1).await;
    one.network.penalise(key(2), 60);
    assert!(one.network.peers()[0].connected);
    let begun = Instant::now();
    one.network.penalise(key(2), 60);
    assert!(one.network.peers()[0].refused_for.is_some());
    one.disconnected(2).await;
    two.disconnected(1).await;
    one.until(SOON, |event| matches!(event, Event::Refused { why: Refusal::Penalised, .. })).await;
    one.connected(2).await;
    assert!(begun.elapsed() >= Duration::from_millis(650), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_receiver_slows_the_sender() {
    for (listen, class) in [(TCP, Class::Bulk), (QUIC, Class::Bulk), (TCP, Class::Consensus), (QUIC, Class::Consensus)]
    {
        let mut limits = Limits::default();
        limits.bulk.queue_bytes_max = 4 << 20;
        limits.consensus.queue_bytes_max = 4 << 20;
        let receiver = Settings { limits: limits.clone(), ..settings(1, &[listen]) };
        let mut one = Node::with(receiver, vec![member(2, &[])]).await;
        let sender = Settings { limits, ..settings(2, &[]) };
        let mut two = Node::with(sender, vec![member(1, &one.addresses())]).await;
        one.connected(2).await;
        two.connected(1).await;
        let mut sent = 0_u32;
        let mut full_for = 0;
        while full_for < 50 {
            let message: Vec<u8> = [sent.to_le_bytes().to_vec(), vec![3; 256 << 10]].concat();
            match two.network.send(key(1), class, message.into()) {
                Ok(()) => (sent, full_for) = (sent + 1, 0),
                Err(error) => {
                    assert_eq!(error, NotSent::Full);
                    full_for += 1;
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
        // Both queues, what is in the sockets, and the windows of the streams.
        println!("{listen} {class:?}: full after {sent} messages of 256 KiB");
        assert!(sent < 200, "{sent}");
        let status = |node: &Node| {
            let peer = node.network.peers().remove(0);
            if class == Class::Bulk { peer.bulk } else { peer.consensus }
        };
        let waiting = status(&one).waiting_bytes;
        assert!(waiting <= (4 << 20) + (257 << 10), "{waiting}");
        assert!(status(&two).dropped >= 50);
        // Nobody takes a slow one for dead, and nothing is lost.
        sleep(Duration::from_secs(5)).await;
        for index in 0..sent {
            assert_eq!(one.message().await[..4], index.to_le_bytes());
        }
        assert!(one.network.peers()[0].connected && two.network.peers()[0].connected);
        two.never(Duration::from_millis(50), |event| matches!(event, Event::Disconnected(_))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_too_fast_is_read_slowly() {
    let mut limits = Limits::default();
    limits.bulk.bytes_per_second = 1 << 20;
    let mut one = Node::with(Settings { limits, ..settings(1, &[TCP]) }, vec![member(2, &[])]).await;
    let mut two = Node::with(settings(2, &[]), vec![member(1, &one.addresses())]).await;
    one.connected(2).await;
    two.connected(1).await;
    let begun = Instant::now();
    for _ in 0..12 {
        two.network.send(key(1), Class::Bulk, vec![1; 256 << 10].into()).unwrap();
    }
    for _ in 0..12 {
        one.message().await;
    }
    let taken = begun.elapsed();
    assert!(taken > Duration::from_millis(1700) && taken < Duration::from_secs(4), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_nobody_disturb_nobody() {
    let mut one = Node::start(1, &[TCP]).await;
    let mut two = Node::start(2, &[]).await;
    one.network.set_members(vec![member(2, &[])]);
    let nobody = ["/dns4/nobody.invalid/tcp/4001".to_owned(), "/ip4/127.0.0.1/tcp/1".to_owned()];
    let all = [&nobody[..], &one.addresses()].concat();
    let useless = two.network.set_members(vec![
        member(3, &nobody),
        member(1, &all),
        member(4, &["nonsense".to_owned()]),
        Member { key: [2; 32], addresses: Vec::new() },
    ]);
    assert!(matches!(useless[0], AddressError::Syntax { .. }), "{useless:?}");
    one.connected(2).await;
    two.connected(1).await;
    // And another node answers at an address of the third.
    let useless = two.network.set_members(vec![member(3, &one.addresses()), member(1, &all)]);
    assert_eq!(useless, []);
    two.until(SOON, |event| matches!(event, Event::Refused { why: Refusal::WrongKey, .. })).await;
    two.never(Duration::from_millis(500), |event| matches!(event, Event::Disconnected(_))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_looked_up() {
    for listen in [TCP, QUIC] {
        let mut one = Node::with(settings(1, &[listen]), vec![member(2, &[])]).await;
        let named: Vec<String> =
            one.addresses().iter().map(|address| address.replace("/ip4/127.0.0.1/", "/dns4/localhost/")).collect();
        let mut two = Node::with(settings(2, &[]), vec![member(1, &named)]).await;
        one.connected(2).await;
        two.connected(1).await;
    }
}

/// Members come and go while everybody talks: what is told is consistent, and all are connected at the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go() {
    let mut nodes = Vec::new();
    for seed in 1..=3 {
        nodes.push(Node::start(seed, &[if seed == 2 { QUIC } else { TCP }]).await);
    }
    let members: Vec<Member> = (1..=3).zip(&nodes).map(|(seed, node)| member(seed, &node.addresses())).collect();
    let mut told = vec![std::collections::HashMap::new(); 3];
    for round in 0..60_usize {
        for (index, node) in nodes.iter_mut().enumerate() {
            let mut some = members.clone();
            if round < 50 && (round * 7 + index * 3) % 5 == 0 {
                some.remove((round + index) % 3);
            }
            node.network.set_members(some);
            for other in members.iter().filter(|other| other.key != node.network.key()) {
                let _ = node.network.send(other.key, Class::Bulk, vec![1; 100_000].into());
            }
            while let Some(event) = node.events.try_recv() {
                let (from, now) = match event {
                    Event::Connected(from) => (from, true),
                    Event::Disconnected(from) => (from, false),
                    _ => continue,
                };
                assert_ne!(told[index].insert(from, now).unwrap_or(false), now, "{index} told {now} twice");
            }
        }
        sleep(Duration::from_millis(40)).await;
    }
    let all = async {
        while !nodes.iter().all(|node| node.network.peers().iter().all(|peer| peer.connected)) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, all).await.expect("all are connected");
}

/// Passes bytes on between a port of its own and another, while it is told so.
async fn relay(to: String, flows: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(&to).await.unwrap();
            let mut flows = flows.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
                    _ = flows.wait_for(|flows| !*flows) => {}
                }
                // The sockets stay open, and nothing comes through.
                sleep(Duration::from_secs(60)).await;
                drop((near, far));
            });
        }
    });
    format!("/ip4/127.0.0.1/tcp/{port}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_is_noticed_on_both_sides() {
    let (cut, flows) = watch::channel(true);
    let mut one = Node::with(settings(1, &[TCP]), vec![member(2, &[])]).await;
    let socket = one.addresses()[0].replace("/ip4/", "").replace("/tcp/", ":");
    let address = relay(socket, flows).await;
    let mut two = Node::with(settings(2, &[]), vec![member(1, &[address])]).await;
    one.connected(2).await;
    two.connected(1).await;
    let still = |event: &Event| matches!(event, Event::Disconnected(_));
    one.never(Duration::from_secs(6), still).await;
    two.never(Duration::from_millis(10), still).await;
    let begun = Instant::now();
    cut.send(false).unwrap();
    one.disconnected(2).await;
    two.disconnected(1).await;
    let taken = begun.elapsed();
    println!("a cut was noticed after {taken:?}");
    assert!(taken > Duration::from_secs(3) && taken < Duration::from_millis(5500), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_the_stop_arrives() {
    for listen in [TCP, QUIC] {
        let (one, mut two) = pair(listen).await;
        for index in 0..1000_u32 {
            one.network.send(key(2), Class::Consensus, Arc::from(index.to_le_bytes())).unwrap();
        }
        one.network.send(key(2), Class::Bulk, vec![1; 4 << 20].into()).unwrap();
        let Node { network, mut events } = one;
        network.stop().await;
        assert_eq!(events.recv().await, Some(Event::Disconnected(key(2))));
        assert_eq!(events.recv().await, None);
        let mut got = 0;
        for _ in 0..1001 {
            let bytes = two.message().await;
            if bytes.len() == 4 {
                assert_eq!(bytes, u32::to_le_bytes(got));
                got += 1;
            }
        }
        assert_eq!(got, 1000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sent_is_not() {
    let (one, _two) = pair(TCP).await;
    let send = |to, class, length| one.network.send(to, class, vec![1; length].into());
    assert_eq!(send(key(3), Class::Bulk, 1), Err(NotSent::NotConnected));
    assert_eq!(send(key(2), Class::Consensus, (1 << 20) + 1), Err(NotSent::TooLarge));
    assert_eq!(send(key(2), Class::Consensus, 0), Err(NotSent::Empty));
    assert_eq!(send(key(2), Class::Consensus, 1 << 20), Ok(()));
    assert_eq!(send(key(2), Class::Bulk, 64 << 20), Ok(()));
    let taken = one.addresses();
    let again = Network::start(settings(4, &[&taken[0]]), Vec::new()).await;
    assert!(matches!(again, Err(NetworkError::Listen { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measure() {
    for listen in [TCP, QUIC] {
        let mut limits = Limits::default();
        limits.bulk.bytes_per_second = u32::MAX;
        let first = Settings { limits, ..settings(1, &[listen]) };
        let mut one = Node::with(first, vec![member(2, &[])]).await;
        let mut two = Node::with(settings(2, &[]), vec![member(1, &one.addresses())]).await;
        one.connected(2).await;
        two.connected(1).await;
        let begun = Instant::now();
        let echo = tokio::spawn(async move {
            while let Some(event) = one.events.recv().await {
                match event {
                    Event::Message { bytes, .. } if bytes.len() == 1 << 20 => {}
                    Event::Message { from, class, bytes } => {
                        send(&one.network, from, class, Arc::from(bytes)).await;
                        continue;
                    }
                    _ => break,
                }
                let count = one.network.peers()[0].bulk.received;
                if count == 512 {
                    one.network.send(key(2), Class::Consensus, Arc::from([0])).unwrap();
                }
            }
        });
        let mut trips = 0;
        while begun.elapsed() < Duration::from_secs(3) {
            two.network.send(key(1), Class::Consensus, Arc::from([1; 200])).unwrap();
            two.message().await;
            trips += 1;
        }
        let rate = f64::from(trips) / begun.elapsed().as_secs_f64();
        println!("{listen}: {rate:.0} round trips of 200 bytes a second, one at a time");
        let block: Arc<[u8]> = vec![4; 1 << 20].into();
        let begun = Instant::now();
        for _ in 0..512 {
            send(&two.network, key(1), Class::Bulk, block.clone()).await;
        }
        two.message().await;
        println!("{listen}: {:.0} MiB/s of 1 MiB messages", 512.0 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let small: Arc<[u8]> = Arc::from([1; 200]);
        let mut back = 0;
        for _ in 0..100_000 {
            send(&two.network, key(1), Class::Consensus, small.clone()).await;
            while two.events.try_recv().is_some() {
                back += 1;
            }
        }
        while back < 100_000 {
            two.message().await;
            back += 1;
        }
        println!("{listen}: {:.0} echoes of 200 bytes a second, many at a time", 1e5 / begun.elapsed().as_secs_f64());
        two.network.stop().await;
        let _ = echo.await;
    }
}
