//! Connections, every one bounded: in number, in the time of each step, in what is held for it.
//!
//! | Who | Is stopped by |
//! |---|---|
//! | opens connections and asks nothing, or half | [`HEADER_TIME`]; and when there is no room, whoever has asked nothing for longest makes room for who comes |
//! | begins a TLS handshake and does not go on | [`HANDSHAKE_TIME`], and the same |
//! | sends a header without end | [`HEADER_BYTES_MAX`] |
//! | sends a body slowly, or without end | [`BODY_STALL`](super::limits::BODY_STALL), the request's time, the route's size |
//! | does not read its answer | [`WRITE_STALL`](guarded::WRITE_STALL), [`WRITE_TIME`](guarded::WRITE_TIME) |
//!
//! So whoever watches the node by `/health` always finds room: a connection that asks at once is the last to go.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

use super::held::Held;
use guarded::Guarded;
pub use places::Places;
use places::{Busy, Place};
pub use tls::Certificates;

mod guarded;
mod places;
mod tls;

/// A header is complete so long after the connection is made or the last answer given, or it is closed: as long
/// may a connection be kept without use.
pub const HEADER_TIME: Duration = Duration::from_secs(30);
/// Bytes of a request's line and header fields.
pub const HEADER_BYTES_MAX: usize = 32 << 10;
/// Header fields of a request.
pub const HEADERS_MAX: usize = 64;
/// A TLS handshake takes so long at most.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Where the system has no more room for connections, the node waits so long before it takes the next.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// What serves connections.
pub struct Server {
    /// What answers.
    pub router: Router,
    /// Room for connections.
    pub places: Arc<Places>,
    /// The certificates, if the node talks TLS.
    pub certificates: Option<Arc<Certificates>>,
}

impl Server {
    /// Takes connections until `stop` turns true; those that are open end with the answer under way.
    pub async fn run(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let stopped = stop.clone();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = told(&mut stop) => break,
            };
            match accepted {
                Ok((stream, peer)) => match self.places.enter().await {
                    Some(place) => drop(tokio::spawn(self.clone().connection(stream, peer, place, stopped.clone()))),
                    None => drop(stream),
                },
                // Out of descriptors, most likely.
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    self.places.make_room();
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
        self.places.empty().await;
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        place: Arc<Place>,
        stop: watch::Receiver<bool>,
    ) {
        // Answers are written whole; waiting for more to send with them only costs time.
        let _ = stream.set_nodelay(true);
        let stream = Guarded::new(stream);
        let Some(certificates) = &self.certificates else { return self.talk(stream, peer, place, stop).await };
        let handshake = tokio::time::timeout(HANDSHAKE_TIME, certificates.accept(stream));
        let made = tokio::select! {
            made = handshake => made,
            () = place.asked_to_leave() => return,
        };
        match made {
            Ok(Ok(stream)) => self.talk(stream, peer, place, stop).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%peer, "no TLS handshake in time"),
        }
    }

    async fn talk<S>(&self, stream: S, peer: SocketAddr, place: Arc<Place>, mut stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answering = Answering { router: self.router.clone(), peer, place: place.clone() };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(HEADER_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), answering);
        let (mut connection, mut leave) = (pin!(connection), pin!(place.asked_to_leave()));
        let mut stopping = false;
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a connection ended");
                    }
                    return;
                }
                () = &mut leave => return,
                () = told(&mut stop), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Waits until it turns true, or nobody is left who could say so.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Answers the requests of one connection.
struct Answering {
    router: Router,
    peer: SocketAddr,
    place: Arc<Place>,
}

impl hyper::service::Service<Request<Incoming>> for Answering {
    type Response = Response<Held<Busy>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Held<Busy>>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let busy = self.place.busy();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answer = self.router.clone().oneshot(request);
        Box::pin(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| Held::new(body, busy)))
        })
    }
}

impl Places {
    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}
