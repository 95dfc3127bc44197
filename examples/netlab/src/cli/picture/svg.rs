//! The map: nodes at their positions, links whose width and colour show the load.

use std::fmt::Write;

use crate::cli::picture::layout::{Size, places};
use crate::lab::topology::Topology;

/// Larger networks have small nodes, and not all names.
const MOST_NAMED: usize = 40;

/// The colours from no load to full load, evenly spaced.
const COLORS: [(u8, u8, u8); 4] = [(66, 133, 190), (70, 165, 95), (235, 175, 40), (205, 50, 45)];

/// The sizes of a picture, by the number of nodes.
struct Look {
    size: Size,
    radius: f64,
    font: f64,
    /// The width of a link without load, and what the full load adds.
    line: (f64, f64),
    /// Names that would cover something are left out; they are shown when the pointer is on the node.
    hides_names: bool,
}

impl Look {
    fn of(nodes: usize) -> Self {
        if nodes <= MOST_NAMED {
            let size = Size { width: 960.0, height: 600.0, margin: 110.0 };
            Self { size, radius: 6.0, font: 14.0, line: (1.5, 10.5), hides_names: false }
        } else {
            let size = Size { width: 1440.0, height: 960.0, margin: 70.0 };
            Self { size, radius: 3.5, font: 10.0, line: (1.0, 6.0), hides_names: true }
        }
    }
}

/// Draws the topology with these loads: percent from source to target, and back.
pub fn map(topology: &Topology, loads: &[(f64, f64)], traffic: &str) -> String {
    let look = Look::of(topology.nodes.len());
    let Look { size: Size { width: canvas_width, height: canvas_height, .. }, radius, font, .. } = look;
    let places = places(topology, &look.size);
    let mut svg = String::new();
    _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {canvas_width} {canvas_height}" font-family="sans-serif" font-size="{font}">"#
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
                look.line.0 + load / 100.0 * look.line.1
            );
        }
        svg.push_str("</g>\n");
    }
    // The nodes come last, so that no name hides a node.
    for (node, label) in topology.nodes.iter().zip(labels(topology, &places, &look)) {
        let Some((x, y, anchor)) = label else { continue };
        _ = writeln!(
            svg,
            r##"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" stroke="#fcfcfa" stroke-width="{:.1}" paint-order="stroke">{}</text>"##,
            font * 0.28,
            escaped(&node.name)
        );
    }
    for (node, (x, y)) in topology.nodes.iter().zip(&places) {
        _ = writeln!(
            svg,
            r##"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="#fff" stroke="#333" stroke-width="{:.1}"><title>{}</title></circle>"##,
            radius / 3.0,
            escaped(&node.name)
        );
    }
    legend(&mut svg, &look);
    svg.push_str("</svg>\n");
    svg
}

/// The rectangle of a name.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Area {
    fn overlaps(self, other: Self) -> bool {
        let is_beside = self.x >= other.x + other.width || other.x >= self.x + self.width;
        !is_beside && (self.y - other.y).abs() < f64::midpoint(self.height, other.height)
    }
}

/// A position of a name beside its node.
struct Side {
    /// As a vector; y points down.
    direction: (f64, f64),
    /// In radii and heights of letters.
    offset: ((f64, f64), (f64, f64)),
    anchor: &'static str,
    /// The part of the name that is left of the anchor.
    before: f64,
}

const SIDES: [Side; 4] = [
    Side { direction: (0.0, -1.0), offset: ((0.0, 0.0), (-2.0, 0.0)), anchor: "middle", before: 0.5 },
    Side { direction: (0.0, 1.0), offset: ((0.0, 0.0), (2.0, 0.7)), anchor: "middle", before: 0.5 },
    Side { direction: (1.0, 0.0), offset: ((2.0, 0.0), (0.0, 0.35)), anchor: "start", before: 0.0 },
    Side { direction: (-1.0, 0.0), offset: ((-2.0, 0.0), (0.0, 0.35)), anchor: "end", before: 1.0 },
];

/// The position and the anchor of each name: on the side of the node that is farthest from its links, unless another
/// name or node is in the way.
fn labels(topology: &Topology, places: &[(f64, f64)], look: &Look) -> Vec<Option<(f64, f64, &'static str)>> {
    let directions = directions(topology, places);
    let Look { radius, font, .. } = *look;
    let node = |(x, y): &(f64, f64)| Area {
        x: x - radius - 2.0,
        y: y + 0.35 * font,
        width: 2.0 * radius + 4.0,
        height: 2.0 * radius,
    };
    let mut taken: Vec<Area> = places.iter().map(node).collect();
    let mut labels = vec![None; places.len()];
    // The nodes with the most links first: their names say the most.
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|node| std::cmp::Reverse(directions[*node].len()));
    for node in order {
        let (x, y) = places[node];
        // About the width of a letter in most fonts.
        let width = 0.57 * font * topology.nodes[node].name.chars().count() as f64;
        let candidate = |side: &Side| {
            let ((x_radii, x_letters), (y_radii, y_letters)) = side.offset;
            let at = (x + x_radii * radius + x_letters * font, y + y_radii * radius + y_letters * font);
            let area = Area { x: at.0 - side.before * width, y: at.1, width, height: 1.15 * font };
            let links = directions[node].iter();
            let cosines = links.map(|link| side.direction.0 * link.0 + side.direction.1 * link.1);
            let in_the_way = taken.iter().filter(|other| area.overlaps(**other)).count();
            (in_the_way, 2.0 * in_the_way as f64 + cosines.fold(-1.0, f64::max), area, (at.0, at.1, side.anchor))
        };
        let best = SIDES.iter().map(candidate).min_by(|a, b| a.1.total_cmp(&b.1));
        let (in_the_way, _, area, label) = best.expect("there are four sides");
        if in_the_way == 0 || !look.hides_names {
            taken.push(area);
            labels[node] = Some(label);
        }
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

fn legend(svg: &mut String, look: &Look) {
    let (x, y) = (24.0, look.size.height - 24.0);
    _ = writeln!(svg, r#"<text x="{x}" y="{:.1}">load, percent of the busiest direction</text>"#, y - 30.0);
    for (step, load) in [0.0, 25.0, 50.0, 75.0, 100.0].into_iter().enumerate() {
        let x = x + 60.0 * step as f64;
        _ = writeln!(
            svg,
            r#"<line x1="{x}" y1="{1:.1}" x2="{0}" y2="{1:.1}" stroke="{2}" stroke-width="{3:.1}"/>"#,
            x + 50.0,
            y - 16.0,
            color(load),
            look.line.0 + load / 100.0 * look.line.1
        );
        _ = writeln!(svg, r#"<text x="{}" y="{:.1}" text-anchor="middle">{load}</text>"#, x + 25.0, y + 6.0);
    }
}

pub fn color(load: f64) -> String {
    let place = (load / 100.0).clamp(0.0, 1.0) * (COLORS.len() - 1) as f64;
    let (low, high) = (COLORS[place.floor() as usize], COLORS[place.ceil() as usize]);
    let mix = |low: u8, high: u8| (f64::from(low) + (f64::from(high) - f64::from(low)) * place.fract()).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

pub fn escaped(text: &str) -> String {
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
        assert_eq!((svg.matches("<circle").count(), svg.matches("<text").count()), (11, 11 + 7));
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
