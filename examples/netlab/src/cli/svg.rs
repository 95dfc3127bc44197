//! The map: nodes at their positions, links whose width and colour show the load.

use std::f64::consts::TAU;
use std::fmt::Write;

use crate::lab::topology::Topology;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 600.0;
const MARGIN: f64 = 110.0;
/// The colours from no load to full load, evenly spaced.
const COLORS: [(u8, u8, u8); 4] = [(66, 133, 190), (70, 165, 95), (235, 175, 40), (205, 50, 45)];

/// Draws the topology with these loads: percent from source to target, and back.
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
        // Each half shows the load of the direction that leaves its node.
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
    // The nodes come last, so that no name hides a node.
    for (node, (x, y, anchor)) in topology.nodes.iter().zip(labels(topology, &places)) {
        _ = writeln!(
            svg,
            r##"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" stroke="#fcfcfa" stroke-width="4" paint-order="stroke">{}</text>"##,
            escaped(&node.name)
        );
    }
    for (x, y) in &places {
        _ = writeln!(svg, r##"<circle cx="{x:.1}" cy="{y:.1}" r="6" fill="#fff" stroke="#333" stroke-width="2"/>"##);
    }
    legend(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

/// The rectangle of a name.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
}

impl Area {
    const HEIGHT: f64 = 16.0;

    fn overlaps(self, other: Self) -> bool {
        self.x < other.x + other.width && other.x < self.x + self.width && (self.y - other.y).abs() < Self::HEIGHT
    }
}

/// A position of a name beside its node.
struct Side {
    /// As a vector; y points down.
    direction: (f64, f64),
    offset: (f64, f64),
    anchor: &'static str,
    /// The part of the name that is left of the anchor.
    before: f64,
}

const SIDES: [Side; 4] = [
    Side { direction: (0.0, -1.0), offset: (0.0, -12.0), anchor: "middle", before: 0.5 },
    Side { direction: (0.0, 1.0), offset: (0.0, 22.0), anchor: "middle", before: 0.5 },
    Side { direction: (1.0, 0.0), offset: (12.0, 5.0), anchor: "start", before: 0.0 },
    Side { direction: (-1.0, 0.0), offset: (-12.0, 5.0), anchor: "end", before: 1.0 },
];

/// The position and the anchor of each name: on the side of the node that is farthest from its links, unless another
/// name or node is in the way.
fn labels(topology: &Topology, places: &[(f64, f64)]) -> Vec<(f64, f64, &'static str)> {
    let directions = directions(topology, places);
    let mut taken: Vec<Area> = places.iter().map(|(x, y)| Area { x: x - 8.0, y: y + 5.0, width: 16.0 }).collect();
    let mut labels = Vec::with_capacity(places.len());
    for (node, &(x, y)) in places.iter().enumerate() {
        // About the width of a letter in most fonts.
        let width = 8.0 * topology.nodes[node].name.chars().count() as f64;
        let candidate = |side: &Side| {
            let at = (x + side.offset.0, y + side.offset.1);
            let area = Area { x: at.0 - side.before * width, y: at.1, width };
            let links = directions[node].iter();
            let cosines = links.map(|link| side.direction.0 * link.0 + side.direction.1 * link.1);
            let in_the_way = taken.iter().filter(|other| area.overlaps(**other)).count();
            (2.0 * in_the_way as f64 + cosines.fold(-1.0, f64::max), area, (at.0, at.1, side.anchor))
        };
        let best = SIDES.iter().map(candidate).min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, area, label) = best.expect("there are four sides");
        taken.push(area);
        labels.push(label);
    }
    labels
}

/// The directions of the links of each node.
fn directions(topology: &Topology, places: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let mut directions = vec![Vec::new(); places.len()];
    for edge in &topology.edges {
        let (from, to) = (places[edge.source], places[edge.target]);
        let length = (to.0 - from.0).hypot(to.1 - from.1).max(f64::MIN_POSITIVE);
        let (x, y) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
        directions[edge.source].push((x, y));
        directions[edge.target].push((-x, -y));
    }
    directions
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

/// Positions in the picture: those of the file if it has all of them, otherwise on a circle; in true proportions.
fn places(topology: &Topology) -> Vec<(f64, f64)> {
    let given: Option<Vec<(f64, f64)>> = topology.nodes.iter().map(|node| node.position).collect();
    let count = topology.nodes.len() as f64;
    let on_circle = |node: usize| (TAU * node as f64 / count).sin_cos();
    let mut positions = given.unwrap_or_else(|| (0..topology.nodes.len()).map(on_circle).collect());
    let (bottom, top) = bounds(positions.iter().map(|position| position.1));
    if topology.nodes.iter().all(|node| node.position.is_some_and(|(x, y)| x.abs() <= 180.0 && y.abs() < 90.0)) {
        // Degrees of longitude get shorter towards the poles.
        let shrink = f64::midpoint(bottom, top).to_radians().cos();
        positions.iter_mut().for_each(|position| position.0 *= shrink);
    }
    let (left, right) = bounds(positions.iter().map(|position| position.0));
    // Halves, because the difference of two large numbers may overflow.
    let (half_width, half_height) = (right / 2.0 - left / 2.0, top / 2.0 - bottom / 2.0);
    let fit = |room: f64, half: f64| if half > 0.0 { (room / 2.0 - MARGIN) / half } else { f64::INFINITY };
    let scale = fit(WIDTH, half_width).min(fit(HEIGHT, half_height));
    // There is one node, or all are at the same place.
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let (x_middle, y_middle) = (f64::midpoint(left, right), f64::midpoint(bottom, top));
    let place = |(x, y): (f64, f64)| (WIDTH / 2.0 + (x - x_middle) * scale, HEIGHT / 2.0 - (y - y_middle) * scale);
    positions.into_iter().map(place).collect()
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
            // XML does not allow them.
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
