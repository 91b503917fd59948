//! Costs against size: the rows that `line` writes, and the picture of them.

use std::fmt;
use std::path::Path;

use plotters::prelude::{
    ChartBuilder, DrawingArea, IntoDrawingArea, IntoLogRange, LineSeries, RGBColor, SVGBackend, WHITE,
};

use crate::chain::Failure;

/// The first line of the file: what a row has, each with its unit.
pub const COLUMNS: &str = "subjects,events,events_per_s,processor_us_per_event,disk_bytes_per_event,resident_mib,\
    item_history_us,item_history_p99_us,pallet_closure_us,proof_bytes,proof_made_ms,proof_checked_ms,\
    absence_bytes,absence_made_ms,reopen_s";

/// What things cost at a size: a row but for its last column, how long the store takes to open again. Times of proofs
/// are of the processor.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Subjects there are.
    pub subjects: u64,
    /// Events captured.
    pub events: u64,
    /// Events captured in a second since the row before.
    pub rate: f64,
    /// What an event took of processors since the row before, all threads together.
    pub processor_us: f64,
    /// Bytes of all files an event, not compacted.
    pub disk_bytes: f64,
    /// The most that the kernel held of the process that captured since the row before.
    pub resident_mib: f64,
    /// The history of an item, of the processor.
    pub item_us: f64,
    /// What 99 of 100 of them do not exceed, by the clock.
    pub item_p99_us: f64,
    /// The closure back from a pallet, of 521 nodes, of the processor.
    pub pallet_us: f64,
    /// The proof of an item's history.
    pub proof_bytes: f64,
    /// Making it.
    pub proof_made_ms: f64,
    /// Checking it.
    pub proof_checked_ms: f64,
    /// The proof that a thing is not there.
    pub absence_bytes: f64,
    /// Making it.
    pub absence_made_ms: f64,
}

impl fmt::Display for Costs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},{}", self.subjects, self.events)?;
        self.values().iter().try_for_each(|value| write!(formatter, ",{value:.2}"))
    }
}

impl Costs {
    fn values(&self) -> [f64; 12] {
        [
            self.rate,
            self.processor_us,
            self.disk_bytes,
            self.resident_mib,
            self.item_us,
            self.item_p99_us,
            self.pallet_us,
            self.proof_bytes,
            self.proof_made_ms,
            self.proof_checked_ms,
            self.absence_bytes,
            self.absence_made_ms,
        ]
    }
}

/// To how many subjects the curves are continued.
const EXTRAPOLATED_TO: f64 = 2e8;
/// So many of the last rows say how they go on.
const FITTED_ROWS: usize = 4;
const WIDTH: u32 = 1_000;
const HEIGHT: u32 = 1_000;
const PANELS: [(&str, usize); 9] = [
    ("events a second", 2),
    ("processor, µs an event", 3),
    ("disk, bytes an event", 4),
    ("resident, MiB", 5),
    ("item history, µs", 6),
    ("closure of a pallet, µs", 8),
    ("proof of a history, bytes", 9),
    ("proof of absence, bytes", 12),
    ("opening again, s", 14),
];
const MEASURED: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const EXTRAPOLATED: RGBColor = RGBColor(0xd0, 0x60, 0x20);

/// Draws the rows of a file, a panel for each cost, both axes logarithmic. What follows from the last rows is of
/// another colour, and the title says so.
pub fn plot(csv: &Path, svg: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(csv)?;
    let mut lines = text.lines();
    if lines.next() != Some(COLUMNS) {
        return Err(format!("{}: not a file of costs: its first line must be {COLUMNS}", csv.display()).into());
    }
    let rows = lines.map(|line| line.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>());
    let rows = rows.collect::<Result<Vec<Vec<f64>>, _>>()?;
    let root = SVGBackend::new(svg, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE).map_err(|error| error.to_string())?;
    let title = "Costs against subjects: measured (blue), continued to 2 × 10⁸ by the slope of the last rows (orange)";
    let root = root.titled(title, ("sans-serif", 16)).map_err(|error| error.to_string())?;
    for ((name, column), area) in PANELS.iter().zip(root.split_evenly((3, 3))) {
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter_map(|row| Some((*row.first()?, *row.get(*column)?)))
            .filter(|(x, y)| *x > 0.0 && *y > 0.0)
            .collect();
        panel(&area, name, &points).map_err(|error| format!("{name}: {error}"))?;
    }
    root.present()?;
    Ok(())
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    name: &str,
    points: &[(f64, f64)],
) -> Result<(), Failure> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    let beyond = [*last, (EXTRAPOLATED_TO.max(last.0), extrapolated(points))];
    let all = || points.iter().chain(&beyond).map(|(_, y)| *y);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let caption = format!("{name}: {} at {}; {} at 2e8", short(last.1), short(last.0), short(beyond[1].1));
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 13))
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(52)
        .build_cartesian_2d((first.0..EXTRAPOLATED_TO * 1.2).log_scale(), (low / 1.6..high * 1.6).log_scale())?;
    chart
        .configure_mesh()
        .x_labels(5)
        .y_labels(5)
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| short(*y))
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), MEASURED).point_size(3))?;
    chart.draw_series(LineSeries::new(beyond, EXTRAPOLATED))?;
    Ok(())
}

/// What a power law through the last rows (least squares of the logarithms) gives, starting from the last one.
fn extrapolated(points: &[(f64, f64)]) -> f64 {
    let fitted = points.get(points.len().saturating_sub(FITTED_ROWS)..).unwrap_or_default();
    let count = fitted.len() as f64;
    let logs: Vec<(f64, f64)> = fitted.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mean_x, mean_y) =
        (logs.iter().map(|(x, _)| x).sum::<f64>() / count, logs.iter().map(|(_, y)| y).sum::<f64>() / count);
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = logs.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum();
    let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
    points.last().map_or(0.0, |(x, y)| y * (EXTRAPOLATED_TO.max(*x) / x).powf(slope))
}

fn short(value: f64) -> String {
    match value {
        value if value >= 1e5 => format!("{value:.0e}"),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: what is written is what is drawn, and a power law goes on as one. Method: a row has as many values as
    /// the columns have names; a cost that grows with the square root of size is continued exactly.
    #[test]
    fn rows_and_slopes() {
        let row = format!("{},{:.2}", Costs { subjects: 1, ..Costs::default() }, 0.5);
        assert_eq!(row.split(',').count(), COLUMNS.split(',').count());
        assert!(PANELS.iter().all(|(_, column)| *column < COLUMNS.split(',').count()));
        let points: Vec<(f64, f64)> = [1e5, 2e5, 5e5, 1e6, 2e6].map(|x: f64| (x, 3.0 * x.sqrt())).to_vec();
        assert!((extrapolated(&points) / (3.0 * 2e8f64.sqrt()) - 1.0).abs() < 1e-9);
    }
}
