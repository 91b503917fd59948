//! `suyuan node run`

use std::io::IsTerminal;
use std::net::SocketAddr;

use suyuan_epcis::problem::Reason;
use suyuan_sdk::signer::MemorySigner;
use tokio::net::TcpListener;
use tokio::signal;
use tracing::Level;

use super::arguments::RunArguments;
use super::outcome::Outcome;
use super::place::{Failure, directory, unlock};
use super::screen::Screen;
use super::text::pick;
use crate::api;
use crate::codes::node as codes;
use crate::config::{Log, LogFormat, LogLevel};
use crate::open::{Node, Opened, io_reason};

/// Threads that may block besides those of requests: metrics, the end.
const BLOCKING_BESIDE: usize = 8;

/// Runs a node until it is told to stop.
pub fn run(options: &RunArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = directory(options.dir.as_deref());
    let mut opened = Opened::open(&path)?;
    opened.configuration.audit |= options.audit;
    let listen = options.listen.unwrap_or(opened.configuration.listen);
    // Before a key is opened and a port is taken.
    opened.configuration.check_listener(listen)?;
    log(&opened.configuration.log);
    let device = unlock(&opened.device_key(), &options.unlock, opened.configuration.allow_unencrypted_keys)?;
    let allow = opened.configuration.allow_unencrypted_keys;
    let validator = unlock(&opened.validator_key(), &options.unlock, allow)?;
    let node = opened.start(validator)?;
    serve(node, device, listen, screen)?;
    Ok(Outcome::Done)
}

/// Logs to standard error as the configuration says. Whoever has set up a log before keeps it.
fn log(configuration: &Log) {
    let level = match configuration.level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let to = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    let _ = match configuration.format {
        LogFormat::Text => to.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => to.json().flatten_event(true).try_init(),
    };
}

/// Serves a node until a signal comes.
pub fn serve(node: Node, device: MemorySigner, listen: SocketAddr, screen: &mut Screen) -> Result<(), Failure> {
    screen.flush()?;
    let at = |error: std::io::Error| io_reason(&node.path, &error);
    // Every request may block one thread, and little else does.
    let blocking = node.configuration.http.requests_max as usize + BLOCKING_BESIDE;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(blocking).build();
    let runtime = runtime.map_err(at)?;
    let scheme = if node.configuration.tls.is_some() { "https" } else { "http" };
    let language = screen.language;
    let words = [pick(language, "listening at", "监听于"), pick(language, "stop with Ctrl-C", "按 Ctrl-C 停止")];
    let listener = runtime.block_on(bind(listen));
    let listener = match listener {
        Ok(listener) => listener,
        Err(reason) => {
            node.close()?;
            return Err(reason.into());
        }
    };
    #[cfg(unix)]
    let _admin = crate::admin::Admin::listen(&node)?;
    let stopped = {
        let _within = runtime.enter();
        stop()
    };
    let mut told = Ok(());
    let served = runtime.block_on(api::serve(
        node,
        device,
        listener,
        |address| told = screen.say(&format!("{} {scheme}://{address} ({})\n", words[0], words[1])),
        stopped,
    ));
    // Requests in work have been waited for; what still blocks must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    served?;
    told?;
    Ok(())
}

async fn bind(listen: SocketAddr) -> Result<TcpListener, Reason> {
    let refused = |error: std::io::Error| Reason::new(codes::PORT, &[&listen.to_string(), &error.to_string()]);
    TcpListener::bind(listen).await.map_err(refused)
}

/// Waits for the signal to stop. It is listened for at once, before anybody is told that there is something to stop, and
/// not only when this is first waited for: until then a signal would end the process where it stands. To be called within
/// a runtime.
pub fn stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        let listened = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            let [interrupted, terminated] = listened.map(|signals| async {
                match signals {
                    Ok(mut signals) => signals.recv().await,
                    Err(_) => std::future::pending().await,
                }
            });
            tokio::select! {
                _ = interrupted => {}
                _ = terminated => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        let _ = signal::ctrl_c().await;
    }
}
