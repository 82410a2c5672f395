//! Filters of numbers.
//!
//! **Invariant:** fractions are counted in decimals, as people write them: 0.1 and 0.2 are 0.3. What a
//! decimal of 28 digits cannot hold is counted in floats; a whole number that does not fit 64 bits is
//! an error.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::input::{is_space, items, property};
use crate::filter::{Arguments, FilterError, Filtered, Surroundings};
use crate::value::Value;

/// A number that filters count with.
#[derive(Clone, Copy, Debug)]
enum Number {
    Whole(i64),
    Decimal(Decimal),
    /// What is too large or too small for a decimal.
    Float(f64),
}

/// Digits after the point that a decimal may have.
const PLACES: u32 = Decimal::MAX_SCALE;

impl Number {
    /// The number that `value` is: of a text what it begins with, 0 of what is none.
    fn of(value: &Value<'_>) -> Result<Self, FilterError> {
        match value {
            Value::Int(number) => Ok(Self::Whole(*number)),
            Value::Float(number) => Ok(Self::of_float(*number)),
            Value::Str(text) => Self::of_text(text),
            Value::Text(text) => Self::of_text(text),
            _ => Ok(Self::Whole(0)),
        }
    }

    fn of_float(number: f64) -> Self {
        Decimal::from_str_exact(&number.to_string()).map_or(Self::Float(number), Self::Decimal)
    }

    /// A text that is a decimal, such as `-1.50`, is one; of any other what it begins with, as a whole
    /// number, counts: 3 of `3.5 pounds`.
    fn of_text(text: &str) -> Result<Self, FilterError> {
        let text = text.trim_matches(is_space);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if digits.split_once('.').is_some_and(|(a, b)| is_digits(a) && is_digits(b)) {
            let float = || text.parse().unwrap_or(f64::NAN);
            return Ok(
                Decimal::from_str_exact(text).map_or_else(|_| Self::Float(float()), Self::Decimal)
            );
        }
        leading_whole(text).map(Self::Whole)
    }

    fn float(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Decimal(number) => nearest(number),
            Self::Float(number) => number,
        }
    }

    fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Whole(number) => Some(number.into()),
            Self::Decimal(number) => Some(number),
            Self::Float(_) => None,
        }
    }

    fn is_zero(self) -> bool {
        match self {
            Self::Whole(number) => number == 0,
            Self::Decimal(number) => number.is_zero(),
            Self::Float(number) => number == 0.0,
        }
    }

    fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(&b),
            _ => match (self.decimal(), other.decimal()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => self.float().total_cmp(&other.float()),
            },
        }
    }

    /// The value as it comes out of a filter.
    fn value(self) -> Value<'static> {
        match self {
            Self::Whole(number) => Value::Int(number),
            other => Value::Float(other.float()),
        }
    }

    /// Two numbers counted together: whole ones by `whole`, others by `decimal` or, where that has no
    /// exact result, by `float`.
    fn combine(
        self,
        other: Self,
        whole: impl FnOnce(i64, i64) -> Option<i64>,
        decimal: impl FnOnce(Decimal, Decimal) -> Option<Decimal>,
        float: impl FnOnce(f64, f64) -> f64,
    ) -> Result<Self, FilterError> {
        if let (Self::Whole(a), Self::Whole(b)) = (self, other) {
            return whole(a, b).map_or_else(too_large, |number| Ok(Self::Whole(number)));
        }
        let exact = self.decimal().zip(other.decimal()).and_then(|(a, b)| decimal(a, b));
        Ok(exact.map_or_else(|| Self::Float(float(self.float(), other.float())), Self::Decimal))
    }

    fn plus(self, other: Self) -> Result<Self, FilterError> {
        self.combine(other, i64::checked_add, Decimal::checked_add, |a, b| a + b)
    }

    /// The whole number at or beside this one that `round` chooses.
    fn to_whole(
        self,
        round: impl FnOnce(Decimal) -> Decimal,
        round_float: impl FnOnce(f64) -> f64,
    ) -> Result<Value<'static>, FilterError> {
        let whole = match self {
            Self::Whole(number) => Some(number),
            Self::Decimal(number) => round(number).to_i64(),
            Self::Float(number) => round_float(number).to_i64(),
        };
        whole.map_or_else(too_large, |number| Ok(Value::Int(number)))
    }
}

fn too_large<T>() -> Result<T, FilterError> {
    FilterError::argument("the number is too large")
}

/// The float nearest to `number`.
fn nearest(number: Decimal) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

/// The whole number that `text` begins with, as Ruby's `to_i` reads it; 0 where there is none.
pub fn leading_whole(text: &str) -> Result<i64, FilterError> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let mut number: i64 = 0;
    let mut before = b'_';
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                let digit = sign * i64::from(byte - b'0');
                let next = number.checked_mul(10).and_then(|number| number.checked_add(digit));
                number = next.map_or_else(too_large, Ok)?;
            }
            b'_' if before != b'_' => {}
            _ => break,
        }
        before = byte;
    }
    Ok(number)
}

/// What a filter of two numbers does with them.
fn operation<'v>(
    input: &Value<'v>,
    arguments: &Arguments<'_, 'v>,
    run: impl FnOnce(Number, Number) -> Result<Number, FilterError>,
) -> Filtered<'v> {
    run(Number::of(input)?, Number::of(&arguments.value(0))?).map(Number::value)
}

pub fn plus<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, Number::plus)
}

pub fn minus<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| {
        a.combine(b, i64::checked_sub, Decimal::checked_sub, |a, b| a - b)
    })
}

pub fn times<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| a.combine(b, i64::checked_mul, exact_product, |a, b| a * b))
}

/// The product, where no digit of it is lost.
fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    if a.scale() + b.scale() > PLACES { None } else { a.checked_mul(b) }
}

pub fn divided_by<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| {
        nonzero(b)?;
        let floor = |a: i64, b| {
            let quotient = a.checked_div(b)?;
            let down = a % b != 0 && (a < 0) != (b < 0);
            Some(if down { quotient - 1 } else { quotient })
        };
        a.combine(b, floor, precise_quotient, |a, b| a / b)
    })
}

fn nonzero(divisor: Number) -> Result<(), FilterError> {
    if divisor.is_zero() { FilterError::argument("divided by 0") } else { Ok(()) }
}

/// The quotient, where it has more digits than a float.
fn precise_quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let least = Decimal::new(1, 10);
    a.checked_div(b).filter(|quotient| a.is_zero() || quotient.abs() >= least)
}

pub fn modulo<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| {
        nonzero(b)?;
        // The result has the sign of the divisor, as in Ruby.
        let floor = |a: i64, b: i64| {
            let rest = a.checked_rem(b).unwrap_or(0);
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        };
        let decimal = |a: Decimal, b: Decimal| {
            let rest = a.checked_rem(b)?;
            let other_sign = !rest.is_zero() && rest.is_sign_negative() != b.is_sign_negative();
            if other_sign { rest.checked_add(b) } else { Some(rest) }
        };
        let float = |a: f64, b: f64| {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        };
        a.combine(b, floor, decimal, float)
    })
}

pub fn abs<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Ok(match Number::of(&input)? {
        Number::Whole(number) => {
            number.checked_abs().map_or_else(too_large, |n| Ok(Value::Int(n)))?
        }
        Number::Decimal(number) => Number::Decimal(number.abs()).value(),
        Number::Float(number) => Value::Float(number.abs()),
    })
}

pub fn ceil<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Number::of(&input)?.to_whole(|number| number.ceil(), f64::ceil)
}

pub fn floor<'v>(input: Value<'v>, _: &Arguments<'_, 'v>, _: &Surroundings<'_>) -> Filtered<'v> {
    Number::of(&input)?.to_whole(|number| number.floor(), f64::floor)
}

/// Rounds half away from zero; to a whole number unless digits after the point are asked for.
pub fn round<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    let number = Number::of(&input)?;
    let digits =
        Number::of(&arguments.value(0))?.float().clamp(-400.0, 400.0).to_i32().unwrap_or(0);
    if digits < 0 {
        return round_left(number, digits.unsigned_abs());
    }
    let round = |number: Decimal, digits| {
        number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
    };
    match number {
        number if digits == 0 => number.to_whole(|number| round(number, 0), f64::round),
        Number::Decimal(number) => {
            Ok(Number::Decimal(round(number, digits.unsigned_abs())).value())
        }
        // A float that is no decimal has no digits that could be rounded, or none that count.
        Number::Float(number) if number.abs() < 1.0 => {
            Ok(Value::Float(if digits < 28 { 0.0 } else { number }))
        }
        number => Ok(number.value()),
    }
}

/// Rounds to tens, hundreds …: `places` digits left of the point.
fn round_left(number: Number, places: u32) -> Filtered<'static> {
    let Value::Int(whole) = number.to_whole(|number| number.trunc(), f64::trunc)? else {
        return too_large();
    };
    let Some(unit) = 10_i128.checked_pow(places).filter(|_| places < 20) else {
        return Ok(Value::Int(0));
    };
    let size = i128::from(whole).abs();
    let rounded = (size + unit / 2) / unit * unit * i128::from(whole.signum());
    i64::try_from(rounded).map_or_else(|_| too_large(), |number| Ok(Value::Int(number)))
}

pub fn at_least<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| Ok(if a.order(b).is_lt() { b } else { a }))
}

pub fn at_most<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    _: &Surroundings<'_>,
) -> Filtered<'v> {
    operation(&input, arguments, |a, b| Ok(if a.order(b).is_gt() { b } else { a }))
}

/// `sum`: of the items, or of a property of theirs; lists within count with what is in them.
pub fn sum<'v>(
    input: Value<'v>,
    arguments: &Arguments<'_, 'v>,
    around: &Surroundings<'_>,
) -> Filtered<'v> {
    let name = arguments.get(0).filter(|name| !name.is_nil());
    let mut sum = Number::Whole(0);
    for item in items(input, around) {
        let item = item?;
        let item = match name {
            Some(name) => property(&item, name, around)?.unwrap_or_default(),
            None => item,
        };
        match item {
            Value::List(_) | Value::Items(_) | Value::Range(..) => {
                for item in items(item, around) {
                    sum = sum.plus(Number::of(&item?)?)?;
                }
            }
            item => sum = sum.plus(Number::of(&item)?)?,
        }
    }
    Ok(sum.value())
}
