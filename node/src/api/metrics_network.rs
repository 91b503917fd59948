//! What the node counts of its network, for Prometheus.

use std::fmt;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use suyuan_ledger::hash::Hash;

use super::App;
use super::v1::status::{height_of, peers};
use crate::core::{DECIDED_MS, View};
use crate::network::PeerStatus;

/// Digits of a key in a label: enough to tell members apart.
const KEY_DIGITS: usize = 16;

/// Writes all of it.
pub(super) fn encode(app: &App, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let (view, _) = app.node.writer.view();
    let peers = peers(app);
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let connected = peers.iter().filter(|peer| peer.connected).count() as u64;
    let (deciding, round) = view.deciding.unwrap_or_default();
    let lacking = app.node.history.lacks().map_or(0, |(through, to)| to.saturating_sub(through).max(1));
    let gauges = [
        ("peers", "Nodes of other members that may connect", number(peers.len() as u64)),
        ("peers_connected", "Nodes of other members that are connected", number(connected)),
        ("consensus_height", "The height that is being decided; 0 if none is", number(deciding)),
        ("consensus_round", "The round in which it is being decided", i64::from(round)),
        ("block_time_milliseconds", "The time of the last block, since 1970", view.time),
        ("pool_submissions", "Submissions that wait for a block", number(view.waiting.0 as u64)),
        ("pool_bytes", "Bytes of these", number(view.waiting.1 as u64)),
        (
            "history_blocks_lacking",
            "Blocks before the snapshot with which the node has joined that are not there and checked yet",
            number(lacking),
        ),
        (
            "diverged",
            "Whether validators decided another state than this node computed",
            i64::from(view.diverged.is_some()),
        ),
    ];
    for (name, help, value) in gauges {
        let one = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(value).encode(one)?;
    }
    let counters = [
        ("blocks_decided_own", "Blocks decided that this node proposed", view.decided.own),
        ("blocks_decided_others", "Blocks decided that others proposed", view.decided.others),
        ("blocks_decided_later", "Blocks decided that took more than one round", view.decided.later_rounds),
        ("peers_refused", "Connections that were refused", app.node.writer.figures().refused.load(Ordering::Relaxed)),
    ];
    for (name, help, value) in counters {
        let one = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        ConstCounter::new(value).encode(one)?;
    }
    decided(&view, encoder)?;
    alarms(app, encoder)?;
    lags(&view, &peers, encoder)?;
    traffic(&peers, encoder)
}

/// How long blocks took to be decided, from when this validator began with them.
fn decided(view: &View, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Time in which blocks were decided, from when this validator began";
    let mut one = encoder.encode_descriptor("decided_seconds", help, None, MetricType::Histogram)?;
    let bounds = DECIDED_MS.iter().map(|ms| *ms as f64 / 1_000.0).chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(view.decided.within).collect();
    let count = view.decided.within.iter().sum();
    one.encode_histogram::<[(&str, &str); 0]>(view.decided.sum_ms as f64 / 1_000.0, count, &buckets, None)
}

fn alarms(app: &App, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut counts: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for record in app.node.alarms.list() {
        let count = counts.entry(record.code).or_default();
        *count = count.saturating_add(record.count);
    }
    let mut all =
        encoder.encode_descriptor("alarms", "Alarms, by code; kept over starts", None, MetricType::Counter)?;
    for (code, count) in counts {
        ConstCounter::new(count).encode(all.encode_family(&[("code", code.as_str())])?)?;
    }
    Ok(())
}

fn lags(view: &View, peers: &[PeerStatus], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "By how many blocks a connected node is behind this one; negative if it is ahead";
    let mut all = encoder.encode_descriptor("peer_lag", help, None, MetricType::Gauge)?;
    for peer in peers.iter().filter(|peer| peer.connected) {
        let Some(height) = height_of(view, &peer.key) else { continue };
        let number = |height: u64| i64::try_from(height).unwrap_or(i64::MAX);
        let lag = number(view.height).saturating_sub(number(height));
        ConstGauge::new(lag).encode(all.encode_family(&[("peer", label(peer).as_str())])?)?;
    }
    Ok(())
}

fn traffic(peers: &[PeerStatus], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let sums = |class: fn(&PeerStatus) -> &crate::network::ClassStatus| {
        let classes = peers.iter().map(class);
        classes.fold([0u64; 3], |[sent, received, dropped], class| {
            [
                sent.saturating_add(class.sent_bytes),
                received.saturating_add(class.received_bytes),
                dropped.saturating_add(class.dropped),
            ]
        })
    };
    let by_class = [("consensus", sums(|peer| &peer.consensus)), ("bulk", sums(|peer| &peer.bulk))];
    let names = [
        ("peer_sent_bytes", "Bytes sent to other nodes"),
        ("peer_received_bytes", "Bytes received from other nodes"),
        ("peer_dropped_messages", "Messages to other nodes that were dropped"),
    ];
    for (place, (name, help)) in names.into_iter().enumerate() {
        let mut all = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (class, sums) in &by_class {
            let sum = sums.get(place).copied().unwrap_or_default();
            ConstCounter::new(sum).encode(all.encode_family(&[("class", *class)])?)?;
        }
    }
    Ok(())
}

fn label(peer: &PeerStatus) -> String {
    Hash(peer.key).to_string().chars().take(KEY_DIGITS).collect()
}
