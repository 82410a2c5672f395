//! The budgets of the configuration, which every build is held to.

use super::{BuildReport, Purpose};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Place, Severity};
use crate::perf::judge::budget::{Budget, BudgetError, Standing};

/// The budgets, or what is wrong with them, each with where it stands.
pub fn read(config: &Config) -> impl Iterator<Item = (Result<Budget, BudgetError>, &Place)> {
    let budgets = config.metrics.budgets.iter();
    budgets.map(|budget| (Budget::new(&budget.figure, &budget.limit), &budget.place))
}

/// What is wrong with the budgets of a configuration.
pub(super) fn faults(config: &Config) -> impl Iterator<Item = Diagnostic> {
    read(config).filter_map(|(budget, place)| {
        let error = budget.err()?;
        Some(Diagnostic::error(Code::ConfigValue, error.to_string()).at(place.clone()))
    })
}

/// Holds a build to the budgets: what it is over is among its diagnostics then. What is being served is
/// built for its next change, and held to none.
pub(super) fn check(report: &mut BuildReport, config: &Config, purpose: Purpose) {
    if report.failure.is_some() || purpose == Purpose::Serve {
        return;
    }
    for (budget, place) in read(config) {
        let Ok(budget) = budget else { continue };
        let Some(complaint) = budget.complaint(&report.record) else { continue };
        let diagnostic = match budget.check(&report.record) {
            Standing::Over(_) => Diagnostic::error(Code::OverBudget, complaint)
                .hint("`bengal perf --stages` shows which stage takes it"),
            _ if budget.measure.is_in(&report.record) => {
                // Windows has no such figures: no fault of the site's.
                report.notes.push(complaint);
                continue;
            }
            _ => {
                let stages = report.stages.iter().map(|stage| stage.name.as_str());
                let stages = stages.collect::<Vec<_>>().join(", ");
                let severity = if config.strict { Severity::Error } else { Severity::Warning };
                let named = Diagnostic::warning(Code::ConfigValue, complaint);
                Diagnostic { severity, ..named }.hint(format!("there are {stages}"))
            }
        };
        report.diagnostics.push(diagnostic.at(place.clone()));
    }
}
