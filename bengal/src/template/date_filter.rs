//! `date`, which also takes text: a date in any form that front matter takes.
//!
//! The crate's own reads text in fewer forms, none of them without a time, and makes its regular
//! expression anew for each.

use std::fmt;

use jiff::tz::TimeZone;
use liquid_core::parser::{FilterArguments, FilterReflection, ParseFilter};
use liquid_core::runtime::Runtime;
use liquid_core::{Filter, Result, Value as Liquid, ValueView};
use liquid_lib::stdlib;

use crate::content::date;

/// The filter for a site whose dates without a zone are in `zone`.
#[derive(Clone)]
pub(super) struct DateFilter {
    /// The site's zone.
    pub zone: TimeZone,
}

impl ParseFilter for DateFilter {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let format = stdlib::Date.parse(arguments)?;
        Ok(Box::new(Formatted { zone: self.zone.clone(), format }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        static OWN: stdlib::Date = stdlib::Date;
        OWN.reflection()
    }
}

#[derive(Debug)]
struct Formatted {
    zone: TimeZone,
    format: Box<dyn Filter>,
}

impl fmt::Display for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.format, f)
    }
}

impl Filter for Formatted {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Liquid> {
        let text = (input.type_name() == "string").then(|| input.to_kstr());
        match text.and_then(|text| date::parse(&text, &self.zone)) {
            Some(date) => self.format.evaluate(&date, runtime),
            None => self.format.evaluate(input, runtime),
        }
    }
}
