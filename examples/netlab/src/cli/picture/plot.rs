//! Plots of values, most of them over time.

use std::fmt::Write;

use crate::cli::picture::svg::escaped;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 36.0;

/// A line of a plot.
pub struct Line<'a> {
    pub name: &'a str,
    pub color: &'a str,
    pub values: Vec<(f64, f64)>,
}

/// Draws lines over time, with marks at the events.
pub fn plot(lines: &[Line<'_>], events: &[(f64, &str)]) -> String {
    plot_over(lines, events, |time| format!("{time:.2} s"))
}

/// Draws plots below each other.
pub fn stacked(plots: &[String]) -> String {
    let mut svg =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}">"#, HEIGHT * plots.len() as f64);
    for (index, plot) in plots.iter().enumerate() {
        let place = format!(r#"<svg y="{}" width="{WIDTH}" height="{HEIGHT}" "#, HEIGHT * index as f64);
        svg.push_str(&plot.replacen("<svg ", &place, 1));
    }
    svg.push_str("</svg>");
    svg
}

/// Draws lines, with marks at the events; `shown` says what a place on the horizontal axis is.
pub fn plot_over(lines: &[Line<'_>], events: &[(f64, &str)], shown: impl Fn(f64) -> String) -> String {
    let all = || lines.iter().flat_map(|line| &line.values);
    let last = all().fold(0.0, |last: f64, (time, _)| last.max(*time)).max(f64::MIN_POSITIVE);
    let most = round_up(all().fold(0.0, |most: f64, (_, value)| most.max(*value)));
    let x = |time: f64| LEFT + time / last * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
    );
    for step in 0..=4 {
        let (value, time) = (most * f64::from(step) / 4.0, last * f64::from(step) / 4.0);
        _ = write!(
            svg,
            r##"<line x1="{LEFT}" y1="{0:.1}" x2="{1:.1}" y2="{0:.1}" stroke="#8884"/><text x="{2:.1}" y="{3:.1}" text-anchor="end" fill="currentColor">{value}</text>"##,
            y(value),
            WIDTH - RIGHT,
            LEFT - 8.0,
            y(value) + 4.0
        );
        _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle" fill="currentColor">{}</text>"#,
            x(time),
            HEIGHT - BOTTOM + 18.0,
            shown(time)
        );
    }
    for (time, event) in events {
        _ = write!(
            svg,
            r##"<line x1="{0:.1}" y1="{TOP}" x2="{0:.1}" y2="{1:.1}" stroke="#888" stroke-dasharray="4 3"><title>{2}</title></line>"##,
            x(*time),
            HEIGHT - BOTTOM,
            escaped(event)
        );
    }
    for (index, line) in lines.iter().enumerate() {
        let points: Vec<String> =
            line.values.iter().map(|(time, value)| format!("{:.1},{:.1}", x(*time), y(*value))).collect();
        _ = write!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>"#,
            points.join(" "),
            line.color
        );
        _ = write!(
            svg,
            r#"<text x="{:.1}" y="14" fill="{}">{}</text>"#,
            LEFT + 140.0 * index as f64,
            line.color,
            escaped(line.name)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// The next number that is 1, 2, 4 or 8 times a power of ten, so that a quarter of it is easy to read.
fn round_up(most: f64) -> f64 {
    if most <= 4.0 {
        return 4.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 4.0, 8.0, 10.0].iter().map(|step| step * power).find(|step| *step >= most).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fill_the_plot() {
        let line = Line { name: "<a>", color: "#123456", values: vec![(0.0, 0.0), (5.0, 40.0), (10.0, 20.0)] };
        let svg = plot(&[line], &[(5.0, "down & out")]);
        assert!(svg.contains(r#"points="70.0,184.0 505.0,20.0 940.0,102.0""#), "{svg}");
        assert!(svg.contains("&lt;a&gt;") && svg.contains("down &amp; out") && svg.contains(">10.00 s<"));
    }

    #[test]
    fn scales_are_easy_to_read() {
        for (most, scale) in [(0.0, 4.0), (3.0, 4.0), (7.0, 8.0), (9.0, 10.0), (130.0, 200.0), (1_000.0, 1_000.0)] {
            assert_eq!(round_up(most), scale);
        }
    }
}
