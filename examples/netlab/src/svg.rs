//! The map: nodes where they are, links as wide and as red as they are loaded.

use std::f64::consts::TAU;
use std::fmt::Write;

use crate::topology::Topology;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 600.0;
const MARGIN: f64 = 80.0;
/// From no load to all that there is, evenly spaced.
const COLORS: [(u8, u8, u8); 4] = [(66, 133, 190), (70, 165, 95), (235, 175, 40), (205, 50, 45)];

/// A drawing of the topology with these loads, which are in percent, from source to target and back.
pub fn map(topology: &Topology, loads: &[(f64, f64)], traffic: &str) -> String {
    let places = places(topology);
    let mut svg = String::new();
    _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="14">"#
    );
    _ = writeln!(svg, r##"<rect width="100%" height="100%" fill="#fcfcfa"/>"##);
    let title = format!("{}, {traffic} traffic", topology.name);
    _ = writeln!(svg, r#"<text x="24" y="36" font-size="20" font-weight="bold">{}</text>"#, escaped(&title));
    for (edge, &(forward, backward)) in topology.edges.iter().zip(loads) {
        let (from, to) = (places[edge.source], places[edge.target]);
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let name = |node: usize| escaped(&topology.nodes[node].name);
        let (source, target) = (name(edge.source), name(edge.target));
        _ = writeln!(svg, "<g><title>{source} to {target}: {forward:.2}%, back: {backward:.2}%</title>");
        // Each half shows what leaves the node it starts at.
        for (start, load) in [(from, forward), (to, backward)] {
            _ = writeln!(
                svg,
                r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{}" stroke-width="{:.1}"/>"#,
                start.0,
                start.1,
                middle.0,
                middle.1,
                color(load),
                width(load)
            );
        }
        svg.push_str("</g>\n");
    }
    for (node, (x, y)) in topology.nodes.iter().zip(&places) {
        _ = writeln!(svg, r##"<circle cx="{x:.1}" cy="{y:.1}" r="6" fill="#fff" stroke="#333" stroke-width="2"/>"##);
        _ = writeln!(
            svg,
            r##"<text x="{x:.1}" y="{:.1}" text-anchor="middle" stroke="#fcfcfa" stroke-width="4" paint-order="stroke">{}</text>"##,
            y - 12.0,
            escaped(&node.name)
        );
    }
    legend(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    let (x, y) = (24.0, HEIGHT - 24.0);
    _ = writeln!(svg, r#"<text x="{x}" y="{:.1}">load, percent of the busiest direction</text>"#, y - 30.0);
    for (step, load) in [0.0, 25.0, 50.0, 75.0, 100.0].into_iter().enumerate() {
        let x = x + 60.0 * step as f64;
        _ = writeln!(
            svg,
            r#"<line x1="{x}" y1="{1:.1}" x2="{0}" y2="{1:.1}" stroke="{2}" stroke-width="{3:.1}"/>"#,
            x + 50.0,
            y - 16.0,
            color(load),
            width(load)
        );
        _ = writeln!(svg, r#"<text x="{}" y="{:.1}" text-anchor="middle">{load}</text>"#, x + 25.0, y + 6.0);
    }
}

/// Positions in the picture: as in the file where it has them all, on a circle otherwise.
fn places(topology: &Topology) -> Vec<(f64, f64)> {
    let given: Option<Vec<(f64, f64)>> = topology.nodes.iter().map(|node| node.position).collect();
    let count = topology.nodes.len() as f64;
    let on_circle = |node: usize| (TAU * node as f64 / count).sin_cos();
    let positions = given.unwrap_or_else(|| (0..topology.nodes.len()).map(on_circle).collect());
    let (left, right) = bounds(positions.iter().map(|position| position.0));
    let (bottom, top) = bounds(positions.iter().map(|position| position.1));
    let to = |value: f64, low: f64, high: f64, size: f64| {
        // Halves, because the difference of two large numbers may be too large.
        let share = if high > low { (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.5 };
        MARGIN + share * (size - 2.0 * MARGIN)
    };
    positions.iter().map(|&(x, y)| (to(x, left, right, WIDTH), HEIGHT - to(y, bottom, top, HEIGHT))).collect()
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn width(load: f64) -> f64 {
    1.5 + load / 100.0 * 10.5
}

fn color(load: f64) -> String {
    let place = (load / 100.0).clamp(0.0, 1.0) * (COLORS.len() - 1) as f64;
    let (low, high) = (COLORS[place.floor() as usize], COLORS[place.ceil() as usize]);
    let mix = |low: u8, high: u8| (f64::from(low) + (f64::from(high) - f64::from(low)) * place.fract()).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Not allowed in XML at all.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_on_the_map() {
        let topology = Topology::load("abilene").unwrap();
        let svg = map(&topology, &[(100.0, 0.0); 14], "uni");
        assert_eq!(svg.matches("<circle").count(), 11);
        // Two halves for each link, five samples in the legend.
        assert_eq!(svg.matches("<line").count(), 2 * 14 + 5);
        assert!(svg.contains(">Kansas City</text>") && svg.contains("#cd322d") && svg.contains("#4285be"));
    }

    #[test]
    fn odd_topologies_can_be_drawn() {
        for nodes in [r#"{"id": 1, "name": "<&>"}"#, r#"{"id": 1, "pos": [1e308, 2]}, {"id": 2, "pos": [-1e308, 2]}"#] {
            let text = format!(r#"{{"nodes": [{nodes}], "edges": []}}"#);
            let svg = map(&Topology::parse("odd", text.as_bytes()).unwrap(), &[], "uni");
            assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<&>"), "{svg}");
        }
    }
}
