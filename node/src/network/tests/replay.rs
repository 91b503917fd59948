//! Plays back what two members once said to each other, to each of them.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;

use super::*;

/// What both sides of TCP say before Noise: the negotiation of it, each message behind its length.
const NEGOTIATED: &[u8] = b"\x13/multistream/1.0.0\n\x07/noise\n";
/// Long enough for what follows a handshake to be on the tape.
const TAPE: Duration = Duration::from_millis(500);

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Dialler,
    Listener,
}

/// What was said, by whom, in its order.
type Spoken = Vec<(Side, Vec<u8>)>;

/// What went through a relay.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Spoken>>);

impl Tape {
    fn add(&self, side: Side, bytes: &[u8]) {
        self.0.lock().unwrap().push((side, bytes.to_vec()));
    }

    fn all(&self) -> Spoken {
        self.0.lock().unwrap().clone()
    }
}

/// Passes one connection on to a socket, and records it.
async fn record_tcp(to: String, tape: Tape) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (near, _) = listener.accept().await.unwrap();
        let far = TcpStream::connect(&to).await.unwrap();
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        for (side, mut from, mut to) in [(Side::Dialler, near_in, far_out), (Side::Listener, far_in, near_out)] {
            let tape = tape.clone();
            tokio::spawn(async move {
                let mut bytes = vec![0; 1 << 16];
                while let Ok(count @ 1..) = from.read(&mut bytes).await {
                    tape.add(side, &bytes[..count]);
                    to.write_all(&bytes[..count]).await.unwrap_or_default();
                }
            });
        }
    });
    format!("/ip4/127.0.0.1/tcp/{port}")
}

/// The same of datagrams.
async fn record_udp(to: String, tape: Tape) -> String {
    let near = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = near.local_addr().unwrap().port();
    let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    far.connect(&to).await.unwrap();
    tokio::spawn(async move {
        let (mut come, mut answer, mut dialler) = (vec![0; 1 << 16], vec![0; 1 << 16], None);
        loop {
            tokio::select! {
                Ok((count, from)) = near.recv_from(&mut come) => {
                    dialler = Some(from);
                    tape.add(Side::Dialler, &come[..count]);
                    far.send(&come[..count]).await.unwrap_or_default();
                }
                Ok(count) = far.recv(&mut answer) => {
                    tape.add(Side::Listener, &answer[..count]);
                    near.send_to(&answer[..count], dialler.unwrap()).await.unwrap_or_default();
                }
            }
        }
    });
    format!("/ip4/127.0.0.1/udp/{port}/quic-v1")
}

fn socket_of(address: &str) -> String {
    address.replace("/ip4/", "").replace("/tcp/", ":").replace("/udp/", ":").replace("/quic-v1", "")
}

/// Says what one side said, waiting for as much of the other side's answers as there was, or at once. What came back,
/// when the connection has ended.
async fn play_tcp(mut socket: TcpStream, tape: &[(Side, Vec<u8>)], as_side: Side, waits: bool) -> Vec<u8> {
    let (mut come, mut due) = (Vec::new(), 0);
    for (side, bytes) in tape {
        if *side == as_side {
            if socket.write_all(bytes).await.is_err() {
                break;
            }
        } else if waits {
            due += bytes.len();
            while come.len() < due {
                if !matches!(timeout(SOON, socket.read_buf(&mut come)).await, Ok(Ok(1..))) {
                    break;
                }
            }
        }
    }
    // A connection that is torn ends with an error, behind what had come.
    let _ = timeout(SOON, socket.read_to_end(&mut come)).await.expect("is closed");
    come
}

/// Whether it is the negotiation, one message of Noise, and nothing behind it.
fn is_one_message_of_noise(said: &[u8]) -> bool {
    match said.strip_prefix(NEGOTIATED) {
        Some([high, low, rest @ ..]) => rest.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

/// Two members, of whom the second has dialled the first through a relay, and what they said.
async fn recorded(listen: &str) -> (Node, Node, Spoken) {
    let limits = Limits { handshake_max: Duration::from_secs(1), ..Limits::default() };
    let mut one = Node::with(Settings { limits, ..settings(1, &[listen]) }, vec![member(2, &[])]).await;
    let (tape, socket) = (Tape::default(), socket_of(&one.addresses()[0]));
    let address = match listen {
        TCP => record_tcp(socket, tape.clone()).await,
        _ => record_udp(socket, tape.clone()).await,
    };
    let mut two = Node::with(settings(2, &[]), vec![member(1, &[address])]).await;
    one.connected(2).await;
    two.connected(1).await;
    // A message that would be taken twice.
    two.network.send(key(1), Class::Bulk, Arc::from([5])).unwrap();
    assert_eq!(one.message().await, [5]);
    sleep(TAPE).await;
    let said = tape.all();
    assert!(
        said.iter().any(|(side, _)| *side == Side::Dialler) && said.iter().any(|(side, _)| *side == Side::Listener)
    );
    (one, two, said)
}

/// Nothing that needs a substream has happened, nor is the member's connection lost.
async fn nothing_came_of_it(node: &mut Node, long: Duration) {
    node.never(long, |event| !matches!(event, Event::Refused { .. })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_members_handshake_played_back_to_who_listens_is_refused() {
    let (mut one, two, said) = recorded(TCP).await;
    let socket = socket_of(&one.addresses()[0]);
    let mut answers = Vec::new();
    let mut play = async |node: &mut Node, waits| {
        let stream = TcpStream::connect(&socket).await.unwrap();
        let answer = play_tcp(stream, &said, Side::Dialler, waits).await;
        // It got as far as to be asked for a proof that it knows this handshake's secrets, and no further.
        assert!(is_one_message_of_noise(&answer), "{answer:x?}");
        answers.push(answer);
        node.until(SOON, |event| matches!(event, Event::Refused { peer: None, why: Refusal::Handshake(_), .. })).await;
        nothing_came_of_it(node, Duration::from_millis(200)).await;
    };
    // While the member is connected, and when it has gone.
    for waits in [true, false] {
        play(&mut one, waits).await;
    }
    assert!(one.network.peers()[0].connected && two.network.peers()[0].connected);
    two.network.stop().await;
    one.disconnected(2).await;
    for waits in [true, false] {
        play(&mut one, waits).await;
    }
    assert!(!one.network.peers()[0].connected);
    // No two answers are the same: there is none that a recording could fit.
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_members_handshake_played_back_to_who_dials_is_refused() {
    let (one, two, said) = recorded(TCP).await;
    one.network.stop().await;
    two.network.stop().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port());
    let mut two = Node::with(settings(2, &[]), vec![member(1, &[address])]).await;
    for waits in [true, false] {
        let (stream, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
        let come = play_tcp(stream, &said, Side::Listener, waits).await;
        // Its proof of who it is would be its second message.
        assert!(is_one_message_of_noise(&come), "{come:x?}");
    }
    nothing_came_of_it(&mut two, Duration::from_millis(200)).await;
    assert!(!two.network.peers()[0].connected);
}

/// Sends one side's datagrams a little apart. How many came back.
async fn play_udp(socket: &UdpSocket, said: &[(Side, Vec<u8>)], as_side: Side) -> usize {
    let (mut bytes, mut come) = (vec![0; 1 << 16], 0);
    for (_, datagram) in said.iter().filter(|(side, _)| *side == as_side) {
        socket.send(datagram).await.unwrap();
        while let Ok(Ok(_)) = timeout(Duration::from_millis(10), socket.recv(&mut bytes)).await {
            come += 1;
        }
    }
    come
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_members_datagrams_played_back_to_who_listens_are_refused() {
    let (mut one, two, said) = recorded(QUIC).await;
    let player = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    player.connect(socket_of(&one.addresses()[0])).await.unwrap();
    // To the connection that they are of, from elsewhere: each has been there.
    play_udp(&player, &said, Side::Dialler).await;
    nothing_came_of_it(&mut one, Duration::from_millis(1500)).await;
    assert!(one.network.peers()[0].connected && two.network.peers()[0].connected);
    two.network.stop().await;
    one.disconnected(2).await;
    // And when that has gone: the first one asks for a new connection.
    sleep(Duration::from_secs(1)).await;
    assert!(play_udp(&player, &said, Side::Dialler).await > 0, "is answered");
    one.until(SOON, |event| matches!(event, Event::Refused { peer: None, why: Refusal::Handshake(_), .. })).await;
    nothing_came_of_it(&mut one, Duration::from_millis(200)).await;
    assert!(!one.network.peers()[0].connected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_members_datagrams_played_back_to_who_dials_are_refused() {
    let (one, two, said) = recorded(QUIC).await;
    one.network.stop().await;
    two.network.stop().await;
    let player = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/udp/{}/quic-v1", player.local_addr().unwrap().port());
    let mut two = Node::with(settings(2, &[]), vec![member(1, &[address])]).await;
    let mut bytes = vec![0; 1 << 16];
    let (_, dialler) = timeout(SOON, player.recv_from(&mut bytes)).await.unwrap().unwrap();
    for (_, datagram) in said.iter().filter(|(side, _)| *side == Side::Listener) {
        player.send_to(datagram, dialler).await.unwrap();
        sleep(Duration::from_millis(5)).await;
    }
    nothing_came_of_it(&mut two, Duration::from_secs(1)).await;
    // It still asks, as if nothing had been said.
    timeout(SOON, player.recv_from(&mut bytes)).await.expect("is dialled").unwrap();
    assert!(!two.network.peers()[0].connected);
}
