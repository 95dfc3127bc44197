//! Numbers as people write them: `200000`, `200_000`, `1e6`, `200k`, `100MB`, `64KiB`.

use std::ops::RangeInclusive;

const SUFFIXES: [(&str, u64); 8] = [
    ("ki", 1 << 10),
    ("mi", 1 << 20),
    ("gi", 1 << 30),
    ("ti", 1 << 40),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
];

/// A number of packets.
pub fn packets(text: &str) -> Result<u64, String> {
    within(count(text)?, 0..=1_000_000_000_000)
}

/// A number of machines.
pub fn machines(text: &str) -> Result<u32, String> {
    within(count(text)?, 1..=4_000_000).map(|machines| machines as u32)
}

/// A number of bytes, with or without the unit.
pub fn bytes(text: &str) -> Result<u64, String> {
    count(text.strip_suffix(['B', 'b']).unwrap_or(text))
}

/// A difference of loads in percentage points.
pub fn tolerance(text: &str) -> Result<f64, String> {
    let points: f64 = text.parse().map_err(|_| "not a number such as 0.5")?;
    (0.001..=100.0).contains(&points).then_some(points).ok_or_else(|| format!("{points} is not in 0.001..=100"))
}

fn within(number: u64, range: RangeInclusive<u64>) -> Result<u64, String> {
    let wrong = || format!("{number} is not in {}..={}", range.start(), range.end());
    range.contains(&number).then_some(number).ok_or_else(wrong)
}

fn count(text: &str) -> Result<u64, String> {
    let wrong = || "not a whole number such as 200000, 1e6 or 200k".to_owned();
    let plain = text.trim().replace('_', "").to_lowercase();
    let suffix = SUFFIXES.iter().find_map(|(suffix, factor)| Some((plain.strip_suffix(suffix)?, *factor)));
    let (digits, factor) = suffix.unwrap_or((&plain, 1));
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(|| "the number is too large".to_owned());
    }
    // `f64` would parse `infinity` and `nan`.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(wrong());
    }
    /// Up to here each whole number has a floating point number of its own.
    const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    let number = digits.parse::<f64>().map_err(|_| wrong())? * factor as f64;
    if number > EXACT {
        return Err("the number is too large".to_owned());
    }
    (number.fract() == 0.0).then_some(number as u64).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0", 0),
            ("200000", 200_000),
            ("200_000", 200_000),
            ("1e6", 1_000_000),
            ("2.5e3", 2_500),
            ("200k", 200_000),
            ("1.5M", 1_500_000),
            ("64Ki", 65_536),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
        assert_eq!((bytes("100MB"), bytes("64KiB"), bytes("12")), (Ok(100_000_000), Ok(65_536), Ok(12)));
        for text in
            ["", "k", "-1", "1.5", "1e-3", "1e99", "18446744073709551616", "99999999999999999k", "inf", "nan", "ten"]
        {
            assert!(count(text).is_err(), "{text}");
        }
        assert_eq!((tolerance("0.5"), tolerance("100")), (Ok(0.5), Ok(100.0)));
        for text in ["0", "-1", "101", "nan", "inf", "half"] {
            assert!(tolerance(text).is_err(), "{text}");
        }
        assert_eq!(machines("0").unwrap_err(), "0 is not in 1..=4000000");
    }
}
