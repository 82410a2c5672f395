//! Budgets: how high a figure of a build may be, whatever it was before.
//!
//! **Invariant:** a figure that was not measured is neither within its budget nor over it.

use bengal_metrics::record::Record;

use super::super::table::{Cell, Column, Table, Tone, data, numbers, words};
use super::limit::LimitError;
use super::measure::{Measure, UnknownFigure};

/// How high a figure may be.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The figure.
    pub measure: Measure,
    /// The most that it may be, in its unit.
    pub most: f64,
    /// The same as it was written.
    pub written: String,
}

/// Why a budget cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// It has no value.
    #[error("`{0}` has no value: a budget is written as `peak:200MB`")]
    NoValue(String),
    /// It names no figure.
    #[error(transparent)]
    Figure(#[from] UnknownFigure),
    /// The value cannot be read.
    #[error("`{figure}`: {error}")]
    Value {
        /// The figure.
        figure: String,
        /// Why.
        error: LimitError,
    },
}

/// How a build stands to a budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// It is within it: the value.
    Within(f64),
    /// It is over it.
    Over(f64),
    /// It was not measured.
    Unmeasured,
}

impl std::str::FromStr for Budget {
    type Err = BudgetError;

    /// Reads `peak:200MB`.
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let (figure, most) =
            text.split_once(':').ok_or_else(|| BudgetError::NoValue(text.to_owned()))?;
        Self::new(figure, most)
    }
}

impl Budget {
    /// The budget of the figure called `figure`, `most` with its unit.
    ///
    /// # Errors
    /// When there is no such figure, or `most` is no value of it.
    pub fn new(figure: &str, most: &str) -> Result<Self, BudgetError> {
        let measure: Measure = figure.trim().parse()?;
        let value = measure.quantity.unit.parse(most);
        let failed = |error| BudgetError::Value { figure: measure.name.clone(), error };
        let value = value.map_err(failed)?;
        Ok(Self { measure, most: value, written: most.trim().to_owned() })
    }

    /// How a build stands to it.
    pub fn check(&self, build: &Record) -> Standing {
        match self.measure.of(build) {
            Some(value) if value > self.most => Standing::Over(value),
            Some(value) => Standing::Within(value),
            None => Standing::Unmeasured,
        }
    }

    /// How a build stands to it, in a sentence, unless it is within it.
    pub fn complaint(&self, build: &Record) -> Option<String> {
        let figure = &self.measure.name;
        match self.check(build) {
            Standing::Within(_) => None,
            Standing::Over(value) => {
                let show = |value| self.measure.quantity.unit.show(value);
                let (value, most, written) = (show(value), show(self.most), &self.written);
                Some(format!("`{figure}` is {value}, over its budget of {most} ({written})"))
            }
            Standing::Unmeasured => Some(format!(
                "the budget of `{figure}` cannot be checked: {}",
                if self.measure.is_in(build) {
                    "it was not measured"
                } else {
                    "there is no such stage"
                }
            )),
        }
    }
}

const COLUMNS: &[Column] = &[
    words("figure", "figure"),
    data("unit"),
    numbers("value", "value"),
    numbers("budget", "budget"),
    numbers("used_percent", "used"),
    words("verdict", "verdict"),
];

/// A row for each budget, the fullest first.
pub fn table(budgets: &[Budget], build: &Record) -> Table {
    let share = |budget: &Budget| match budget.check(build) {
        Standing::Within(value) | Standing::Over(value) => Some(100.0 * value / budget.most),
        Standing::Unmeasured => None,
    };
    let mut rows: Vec<(Option<f64>, Vec<Cell>)> =
        budgets.iter().map(|budget| (share(budget), row(budget, build, share(budget)))).collect();
    rows.sort_by(|(a, _), (b, _)| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0)));
    let mut table = Table::new(COLUMNS);
    table.rows = rows.into_iter().map(|(_, row)| row).collect();
    table
}

fn row(budget: &Budget, build: &Record, share: Option<f64>) -> Vec<Cell> {
    let unit = budget.measure.quantity.unit;
    let (value, verdict, tone) = match budget.check(build) {
        Standing::Within(value) => (Some(value), "within", Tone::Plain),
        Standing::Over(value) => (Some(value), "over", Tone::Bad),
        Standing::Unmeasured => (None, "not measured", Tone::Faint),
    };
    vec![
        Cell::words(&budget.measure.name),
        Cell::new("", unit.name()),
        Cell::number(value, |value| unit.show(value)),
        Cell::new(unit.show(budget.most), budget.most),
        Cell::number(share.filter(|share| share.is_finite()), |share| format!("{share:.0}%")),
        Cell::words(verdict).toned(tone),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Record {
        Record { peak_bytes: Some(150_000_000), total_pages: 10, ..Record::default() }
    }

    #[test]
    fn a_budget_is_a_figure_and_the_most_that_it_may_be() {
        let budget: Budget = " peak : 200 MB".parse().unwrap();
        assert_eq!(
            (&*budget.measure.name, budget.most, &*budget.written),
            ("peak", 200e6, "200 MB")
        );
        for (text, message) in [
            ("peak", "`peak` has no value"),
            ("pekk:1MB", "no figure is called `pekk`"),
            ("peak:1s", "`peak`: `1s` is no size"),
            ("time:200MB", "is no time"),
        ] {
            let error = text.parse::<Budget>().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_build_is_within_its_budget_or_over_it_or_neither() {
        let check = |text: &str| text.parse::<Budget>().unwrap().check(&build());
        assert_eq!(check("peak:150MB"), Standing::Within(150e6));
        assert_eq!(check("peak:149MB"), Standing::Over(150e6));
        assert_eq!(check("peak_per_page:14MB"), Standing::Over(15e6));
        assert_eq!(check("cpu:1s"), Standing::Unmeasured);
        assert_eq!(check("nowhere.peak:1MB"), Standing::Unmeasured);
        let complaint = |text: &str| text.parse::<Budget>().unwrap().complaint(&build());
        assert_eq!(complaint("peak:150MB"), None);
        assert_eq!(
            complaint("peak:100MB").unwrap(),
            "`peak` is 143.1 MiB, over its budget of 95.4 MiB (100MB)"
        );
        assert!(complaint("nowhere.peak:1MB").unwrap().ends_with("there is no such stage"));
    }

    #[test]
    fn the_fullest_budget_comes_first() {
        let budgets: Vec<Budget> =
            ["cpu:1s", "peak:1GB", "peak_per_page:1MB"].map(|text| text.parse().unwrap()).into();
        let rows = table(&budgets, &build()).rows;
        let names: Vec<_> =
            rows.iter().map(|row| (&*row[0].text, &*row[4].text, &*row[5].text)).collect();
        assert_eq!(
            names,
            [
                ("peak_per_page", "1500%", "over"),
                ("peak", "15%", "within"),
                ("cpu", "-", "not measured")
            ]
        );
    }
}
