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

/// Bits per second: `10M`, `1Gbit`; 0 for no limit.
pub fn bandwidth(text: &str) -> Result<u64, String> {
    within(count(text.strip_suffix("bit").unwrap_or(text))?, 0..=1_000_000_000_000)
}

/// A part of a whole: `0.001` or `0.1%`.
pub fn part(text: &str) -> Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
    let part =
        number.trim().parse::<f64>().map_err(|_| "neither a part such as 0.01 nor a percentage such as 1%")? / whole;
    (0.0..=1.0).contains(&part).then_some(part).ok_or_else(|| format!("{text} is not between 0 and 1"))
}

/// Nanoseconds of simulated time, written as `5s`, `20ms` or `1m 30s`.
pub fn time(text: &str) -> Result<i64, String> {
    const LONGEST: u64 = 1_000_000;
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.as_secs() > LONGEST {
        return Err(format!("more than {LONGEST} seconds"));
    }
    Ok(time.as_nanos() as i64)
}

/// Simulated seconds per second.
pub fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number such as 0.5")?;
    (0.001..=1000.0).contains(&speed).then_some(speed).ok_or_else(|| format!("{speed} is not in 0.001..=1000"))
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
        assert_eq!((bandwidth("10Mbit"), bandwidth("1G")), (Ok(10_000_000), Ok(1_000_000_000)));
        assert_eq!((part("0.25"), part("25 %"), part("0")), (Ok(0.25), Ok(0.25), Ok(0.0)));
        assert!(part("1.5").is_err() && part("-1%").is_err() && part("nan").is_err());
        assert_eq!((time("5s"), time("20ms"), time("0s")), (Ok(5_000_000_000), Ok(20_000_000), Ok(0)));
        assert!(time("5").is_err() && time("-1s").is_err() && time("9999y").is_err());
        assert_eq!((tolerance("0.5"), tolerance("100")), (Ok(0.5), Ok(100.0)));
        for text in ["0", "-1", "101", "nan", "inf", "half"] {
            assert!(tolerance(text).is_err(), "{text}");
        }
        assert_eq!(machines("0").unwrap_err(), "0 is not in 1..=4000000");
    }
}
