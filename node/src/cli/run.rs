//! `suyuan node run`

use std::net::SocketAddr;

use suyuan_epcis::problem::Reason;
use suyuan_sdk::signer::MemorySigner;
use tokio::net::TcpListener;
use tokio::signal;

use super::arguments::RunArguments;
use super::outcome::Outcome;
use super::place::{Failure, directory, start, unlock};
use super::screen::Screen;
use super::text::pick;
use crate::api;
use crate::codes::node as codes;
use crate::open::{Node, Opened, io_reason};

/// Runs a node until it is told to stop.
pub fn run(options: &RunArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = directory(options.dir.as_deref());
    let opened = Opened::open(&path)?;
    let listen = options.listen.unwrap_or(opened.configuration.listen);
    let device = unlock(&opened.device_key(), &options.unlock, opened.configuration.allow_unencrypted_keys)?;
    let node = start(opened, &options.unlock)?;
    serve(node, device, listen, screen)?;
    Ok(Outcome::Done)
}

/// Serves a node until a signal comes.
pub fn serve(node: Node, device: MemorySigner, listen: SocketAddr, screen: &mut Screen) -> Result<(), Failure> {
    screen.flush()?;
    let at = |error: std::io::Error| io_reason(&node.path, &error);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(at)?;
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
    let mut told = Ok(());
    let served = runtime.block_on(api::serve(
        node,
        device,
        listener,
        |address| told = screen.say(&format!("{} http://{address} ({})\n", words[0], words[1])),
        stop(),
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

/// Waits for the signal to stop.
async fn stop() {
    let interrupted = signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminated = async {
            match signal::unix::signal(signal::unix::SignalKind::terminate()) {
                Ok(mut signals) => signals.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}
