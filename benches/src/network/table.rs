//! The table that a run prints: what was seen, beside PostgreSQL where it does the same, and which bars hold.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    /// At least this.
    Least(f64),
    /// At most this.
    Most(f64),
}

/// A row: figures of all rounds, and what they are held against.
struct Row {
    what: String,
    unit: &'static str,
    bar: Bar,
    aim: Option<f64>,
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

/// The rows in the order in which they were first told.
#[derive(Default)]
pub struct Rows(Vec<Row>);

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(value: f64) -> String {
    match value {
        value if value.is_nan() => "–".to_owned(),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

impl Rows {
    /// Adds a figure, which is held against the bar itself.
    pub fn add(&mut self, what: &str, unit: &'static str, bar: Bar, ours: f64) {
        self.row(what, unit, bar, None).ours.push(ours);
    }

    /// Adds a rate beside PostgreSQL's: the bar is of their ratio, and `aim` what is wished for.
    pub fn beside(&mut self, what: &str, unit: &'static str, (least, aim): (f64, f64), ours: f64, theirs: f64) {
        let row = self.row(what, unit, Bar::Least(least), Some(aim));
        row.ours.push(ours);
        row.theirs.push(theirs);
    }

    fn row(&mut self, what: &str, unit: &'static str, bar: Bar, aim: Option<f64>) -> &mut Row {
        let place = self.0.iter().position(|row| row.what == what).unwrap_or(self.0.len());
        if place == self.0.len() {
            self.0.push(Row { what: what.to_owned(), unit, bar, aim, ours: Vec::new(), theirs: Vec::new() });
        }
        &mut self.0[place]
    }

    /// Prints the table, and how many bars hold; whether all do.
    pub fn show(&self) -> bool {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["What", "Here", "PostgreSQL", "Ratio", "Bar", "Holds"]);
        for column in 1..4 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut held = 0;
        for row in &self.0 {
            let ratios: Vec<f64> = row.ours.iter().zip(&row.theirs).map(|(ours, theirs)| ours / theirs).collect();
            let judged = if row.theirs.is_empty() { middle(&row.ours) } else { middle(&ratios) };
            let (holds, bar) = match row.bar {
                Bar::Least(least) => (judged >= least, format!("≥ {}", shown(least))),
                Bar::Most(most) => (judged <= most, format!("≤ {}", shown(most))),
            };
            held += usize::from(holds);
            let (bar, word) = match row.aim {
                Some(aim) => (
                    format!("{bar} ×, aim {} ×", shown(aim)),
                    if holds && judged >= aim { "yes, the aim" } else { if holds { "yes" } else { "NO" } },
                ),
                None => (format!("{bar} {}", row.unit), if holds { "yes" } else { "NO" }),
            };
            let all = |values: &[f64]| match values {
                [] => String::new(),
                [one] => format!("{} {}", shown(*one), row.unit),
                many => {
                    let each: Vec<String> = many.iter().map(|value| shown(*value)).collect();
                    format!("{} {}", each.join(", "), row.unit)
                }
            };
            let ratio = if ratios.is_empty() { String::new() } else { shown(judged) };
            table.add_row([row.what.clone(), all(&row.ours), all(&row.theirs), ratio, bar, word.to_owned()]);
        }
        println!("{table}");
        println!("{held} of {} bars hold", self.0.len());
        held == self.0.len()
    }
}
