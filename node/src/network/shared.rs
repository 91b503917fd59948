//! Shares what the network, its task and the handlers of its connections know.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use libp2p::{PeerId, StreamProtocol};
use tokio::sync::Notify;

use super::address::{peer_id, to_dial};
use super::each::{Each, lock};
use super::inbox::Inbox;
use super::peer::Peer;
use super::settings::Limits;
use super::{AddressError, Class, Member, NetworkError, NodeKey, Refusal};

#[derive(Default)]
struct Directory {
    by_key: HashMap<NodeKey, Arc<Peer>>,
    by_id: HashMap<PeerId, Arc<Peer>>,
}

/// What all parts of a network share.
pub(super) struct Shared {
    pub own: NodeKey,
    pub limits: Arc<Limits>,
    pub protocols: Each<StreamProtocol>,
    pub inbox: Arc<Inbox>,
    directory: RwLock<Directory>,
    /// Members have changed, or how they are connected: the task looks whom to dial.
    pub changed: Notify,
    stopping: AtomicBool,
    pub listening: Mutex<Vec<String>>,
}

impl Shared {
    pub fn new(own: NodeKey, chain: &[u8; 32], limits: Limits) -> Result<Shared, NetworkError> {
        let hex: String = chain.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = |class: &str| {
            StreamProtocol::try_from_owned(format!("/suyuan/{hex}/{class}/1"))
                .map_err(|error| NetworkError::Identity(error.to_string()))
        };
        let (consensus, bulk) = (name("consensus")?, name("bulk")?);
        Ok(Shared {
            own,
            limits: Arc::new(limits),
            protocols: Each::new(|class| match class {
                Class::Consensus => consensus.clone(),
                Class::Bulk => bulk.clone(),
            }),
            inbox: Arc::new(Inbox::new()),
            directory: RwLock::default(),
            changed: Notify::new(),
            stopping: AtomicBool::new(false),
            listening: Mutex::default(),
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn find(&self, key: &NodeKey) -> Option<Arc<Peer>> {
        self.read().by_key.get(key).cloned()
    }

    pub fn find_id(&self, id: &PeerId) -> Option<Arc<Peer>> {
        self.read().by_id.get(id).cloned()
    }

    pub fn peers(&self) -> Vec<Arc<Peer>> {
        self.read().by_key.values().cloned().collect()
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        for peer in self.peers() {
            peer.wake();
        }
        self.changed.notify_one();
    }

    /// Makes these the members. Those that were and are not any more are disconnected when this returns.
    pub fn set_members(&self, members: Vec<Member>) -> Vec<AddressError> {
        let mut useless = Vec::new();
        let mut next = Directory::default();
        let mut directory = self.write();
        for member in members.into_iter().filter(|member| member.key != self.own) {
            let id = match peer_id(&member.key) {
                Ok(id) => id,
                Err(error) => {
                    useless.push(error);
                    continue;
                }
            };
            let peer = directory.by_key.get(&member.key).cloned().unwrap_or_else(|| {
                Arc::new(Peer::new(member.key, id, &self.own, self.limits.clone(), self.inbox.clone()))
            });
            let mut addresses = Vec::new();
            for address in &member.addresses {
                match to_dial(address, Some(id)) {
                    Ok(address) if addresses.contains(&address) => {}
                    Ok(address) => addresses.push(address),
                    Err(error) => useless.push(error),
                }
            }
            *lock(&peer.addresses) = addresses;
            next.by_key.insert(member.key, peer.clone());
            next.by_id.insert(id, peer);
        }
        std::mem::swap(&mut *directory, &mut next);
        for (key, peer) in &next.by_key {
            if !directory.by_key.contains_key(key) {
                peer.remove();
            }
        }
        drop(directory);
        for error in &useless {
            tracing::warn!(%error, "what a member is listed with is of no use");
        }
        self.changed.notify_one();
        useless
    }

    /// Counts points against a peer; it may be refused then.
    pub fn penalise(&self, peer: &Arc<Peer>, points: u32) {
        if let Some(until) = peer.penalise(points) {
            let seconds = until.saturating_duration_since(std::time::Instant::now()).as_secs_f32();
            tracing::warn!(peer = %peer.id, seconds, "a member has too many points and is refused for a while");
            self.changed.notify_one();
        }
    }

    /// Tells that somebody was refused.
    pub fn refused(&self, address: String, peer: Option<PeerId>, why: Refusal) {
        let peer = peer.map(|peer| peer.to_string());
        let named = peer.clone().unwrap_or_default();
        // What is not told for being too much is not logged either, or a flood would fill the disk.
        if self.inbox.refused(address.clone(), peer, why.clone()) {
            tracing::warn!(address, peer = named, %why, "a connection was refused");
        }
    }
}
