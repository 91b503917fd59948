//! Notices that a node can't go on by blocks: all who are ahead have none for it, since payloads of the next one are
//! erased everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::core::NodeKey;

/// The file that says so to the next start.
const MARK_NAME: &str = "BEHIND";
/// For so long nothing must have come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is known of the others.
pub struct Stuck {
    mark: PathBuf,
    heights: BTreeMap<NodeKey, u64>,
    /// Those that had nothing for this node since it was at its height.
    without: BTreeSet<NodeKey>,
    height: u64,
    since: Instant,
    is_told: bool,
}

impl Stuck {
    /// Of a node with this data directory.
    pub fn new(directory: &Path) -> Stuck {
        let (heights, without) = (BTreeMap::new(), BTreeSet::new());
        Stuck { mark: directory.join(MARK_NAME), heights, without, height: 0, since: Instant::now(), is_told: false }
    }

    /// Another node says how far it is.
    pub fn status(&mut self, node: NodeKey, height: u64) {
        self.heights.insert(node, height);
    }

    /// Another node is gone.
    pub fn gone(&mut self, node: &NodeKey) {
        self.heights.remove(node);
        self.without.remove(node);
    }

    /// Another node was asked for blocks above this height, and has answered with so many. Whether it is known from now
    /// on that none can be had.
    pub fn answered(&mut self, node: NodeKey, height: u64, blocks: usize) -> bool {
        if blocks > 0 || height != self.height {
            (self.height, self.since) = (height, Instant::now());
            self.without.clear();
        }
        if blocks > 0 {
            return false;
        }
        self.without.insert(node);
        let mut ahead = self.heights.iter().filter(|(_, told)| **told > height).map(|(node, _)| node).peekable();
        let is_stuck = ahead.peek().is_some() && ahead.all(|node| self.without.contains(node));
        if !is_stuck || self.is_told || self.since.elapsed() < PATIENCE {
            return false;
        }
        // Without it the node is as stuck after its next start, and says so again.
        self.is_told = std::fs::File::create(&self.mark).is_ok();
        self.is_told
    }

    /// Whether a data directory is of a node that could not go on by blocks.
    pub fn is_marked(directory: &Path) -> bool {
        directory.join(MARK_NAME).exists()
    }

    /// It can go on.
    pub fn unmark(directory: &Path) {
        let _ = std::fs::remove_file(directory.join(MARK_NAME));
    }
}
