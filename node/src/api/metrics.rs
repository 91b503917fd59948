//! What the node counts, for Prometheus, in OpenMetrics text.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use suyuan_epcis::problem::Reason;

use super::problem::{blocking, problem};
use super::{App, Shared};
use crate::codes::node as codes;

/// Bounds of the histograms of time, in seconds.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What requests are counted by.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    /// The route, as OpenAPI has it; never a path.
    pub route: String,
    /// The method.
    pub method: &'static str,
    /// The answer's status.
    pub status: u16,
}

/// A label for a route alone.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct TimeLabels {
    route: String,
}

/// A label for a code.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct CodeLabels {
    code: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    /// Requests, by route, method and status.
    pub requests: Family<RouteLabels, Counter>,
    reads: Family<TimeLabels, Histogram, fn() -> Histogram>,
    writes: Family<TimeLabels, Histogram, fn() -> Histogram>,
    problems: Family<CodeLabels, Counter>,
    submissions: Family<CodeLabels, Counter>,
    in_flight: AtomicI64,
    /// Requests that were told to come again: for want of a place, or of room for a body.
    pub turned_away: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        Metrics {
            started: Instant::now(),
            requests: Family::default(),
            reads: Family::new_with_constructor(histogram),
            writes: Family::new_with_constructor(histogram),
            problems: Family::default(),
            submissions: Family::default(),
            in_flight: AtomicI64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }
}

/// Counts a request as under way until it is dropped.
pub struct InFlight<'a>(&'a AtomicI64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Says that a request is under way.
    pub fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// The histogram of a route's times.
    pub fn seconds(&self, route: &str, reads: bool) -> Histogram {
        let family = if reads { &self.reads } else { &self.writes };
        family.get_or_create_owned(&TimeLabels { route: route.to_owned() })
    }

    /// Counts a problem that was answered.
    pub fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&CodeLabels { code }).inc();
    }

    /// Counts what became of a submission: `accepted`, or the code of the refusal.
    pub fn submission(&self, outcome: &'static str) {
        self.submissions.get_or_create(&CodeLabels { code: outcome }).inc();
    }

    fn registry(self: &Arc<Self>, app: &Arc<App>) -> Registry {
        let mut registry = Registry::with_prefix("suyuan");
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register("read_seconds", "Time of requests that read", self.reads.clone());
        registry.register("capture_seconds", "Time of requests that write", self.writes.clone());
        registry.register("problems", "Problems answered, by code", self.problems.clone());
        registry.register(
            "submissions",
            "Submissions answered, by code; accepted if they are on the ledger",
            self.submissions.clone(),
        );
        registry.register_collector(Box::new(Moment(app.clone())));
        registry
    }
}

/// What is read at the moment when it is asked for.
struct Moment(Arc<App>);

impl fmt::Debug for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Moment")
    }
}

impl prometheus_client::collector::Collector for Moment {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let Moment(app) = self;
        let (figures, places, metrics) = (app.node.writer.figures(), &app.places, &app.metrics);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = [
            ("blocks", "Blocks written since the start", read(&figures.blocks)),
            ("blocks_with_events", "Blocks written that carry events", read(&figures.blocks_with_events)),
            ("ledger_events", "Events in blocks written since the start", read(&figures.events)),
            ("ledger_submissions", "Submissions in blocks written since the start", read(&figures.submissions)),
            ("commit_nanoseconds", "Time in which blocks were written and synced", read(&figures.commit_ns)),
            ("turned_away", "Requests told to come again (429)", read(&metrics.turned_away)),
            ("writer_busy", "Submissions told to come again since the writer's queue was full", read(&figures.busy)),
            ("connections_evicted", "Idle connections closed to make room", read(&places.evicted)),
            ("connections_refused", "Connections that found no room", read(&places.refused)),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            let one = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode(one)?;
        }
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let height = super::health::height(app).unwrap_or(0);
        let read = suyuan_ledger::credit::reading::height(app.node.store.as_ref()).unwrap_or(0);
        let gauges = [
            ("height", "Height of the last block", i64::try_from(height).unwrap_or(i64::MAX)),
            (
                "credit_height",
                "Height up to which blocks were read for contracts and credit",
                i64::try_from(read).unwrap_or(i64::MAX),
            ),
            ("requests_in_flight", "Requests under way", metrics.in_flight.load(Ordering::Relaxed)),
            ("connections_open", "Connections open", count(places.open())),
            (
                "writer_queue",
                "Submissions that wait for the writer",
                count(figures.on_their_way.load(Ordering::Relaxed)),
            ),
            ("store_bytes", "Bytes of the store's files", folder_bytes(&app.node.path.join("db"))),
            ("process_resident_memory_bytes", "Memory of the process", resident_bytes().unwrap_or(0)),
            (
                "uptime_seconds",
                "Seconds since the start",
                i64::try_from(metrics.started.elapsed().as_secs()).unwrap_or(0),
            ),
            ("writer_running", "Whether the writer is there", i64::from(app.node.writer.is_running())),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            let one = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            gauge.encode(one)?;
        }
        super::metrics_network::encode(app, &mut encoder)
    }
}

/// Bytes of the files of a folder; what goes while they are counted counts for nothing.
fn folder_bytes(folder: &Path) -> i64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes: u64 = files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Bytes of memory that the process fills, where the system tells.
pub fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib.saturating_mul(1 << 10))
}

/// What the node counts, for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, description = "OpenMetrics text", content_type = "application/openmetrics-text", body = String),
        super::problem::Refusals,
    ),
)]
pub async fn metrics(State(app): Shared) -> Response {
    blocking(move || {
        let mut text = String::new();
        let registry = app.metrics.registry(&app);
        match prometheus_client::encoding::text::encode(&mut text, &registry) {
            Ok(()) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()),
            Err(error) => {
                let reason = Reason::new(codes::API_FAULT, &[&error.to_string()]);
                Ok(problem(StatusCode::INTERNAL_SERVER_ERROR, &reason))
            }
        }
    })
    .await
}
