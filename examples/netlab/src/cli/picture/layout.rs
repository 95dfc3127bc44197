//! The places of nodes in a picture.

use std::f64::consts::TAU;

use crate::lab::topology::Topology;

/// Networks with more nodes are pulled apart.
const CROWDED: usize = 40;

/// The size of a picture.
pub struct Size {
    pub width: f64,
    pub height: f64,
    pub margin: f64,
}

/// Positions in the picture: those of the file if it has all of them, otherwise as springs would place the nodes.
pub fn places(topology: &Topology, size: &Size) -> Vec<(f64, f64)> {
    let given: Option<Vec<(f64, f64)>> = topology.nodes.iter().map(|node| node.position).collect();
    let is_given = given.is_some();
    let mut positions = given.unwrap_or_else(|| springs(topology));
    let (bottom, top) = bounds(positions.iter().map(|position| position.1));
    if is_given && positions.iter().all(|(x, y)| x.abs() <= 180.0 && y.abs() < 90.0) {
        // Degrees of longitude get shorter towards the poles.
        let shrink = f64::midpoint(bottom, top).to_radians().cos();
        positions.iter_mut().for_each(|position| position.0 *= shrink);
    }
    let (width, height) = (size.width - 2.0 * size.margin, size.height - 2.0 * size.margin);
    let scaled = if positions.len() > CROWDED { spread(&positions) } else { in_proportion(&positions, width / height) };
    scaled.into_iter().map(|(x, y)| (size.margin + x * width, size.height - size.margin - y * height)).collect()
}

/// Numbers from 0 to 1 in true proportions, for a picture that is `ratio` times as wide as it is high.
fn in_proportion(positions: &[(f64, f64)], ratio: f64) -> Vec<(f64, f64)> {
    let (left, right) = bounds(positions.iter().map(|position| position.0));
    let (bottom, top) = bounds(positions.iter().map(|position| position.1));
    // Halves, because the difference of two large numbers may overflow.
    let (half_width, half_height) = (right / 2.0 - left / 2.0, top / 2.0 - bottom / 2.0);
    let half = half_height.max(half_width / ratio);
    // There is one node, or all are at the same place.
    let scale = if half > 0.0 { 0.5 / half } else { 0.0 };
    let (x_middle, y_middle) = (f64::midpoint(left, right), f64::midpoint(bottom, top));
    positions.iter().map(|(x, y)| (0.5 + (x - x_middle) * scale / ratio, 0.5 + (y - y_middle) * scale)).collect()
}

/// Numbers from 0 to 1 that are halfway between true proportions and even distances, so that dense regions get room.
fn spread(positions: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let axis = |value: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..positions.len()).collect();
        order.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
        let (low, high) = (value(order[0]), value(order[positions.len() - 1]));
        let half = high / 2.0 - low / 2.0;
        let last = (positions.len() - 1) as f64;
        let mut spread = vec![0.0; positions.len()];
        for (rank, node) in order.into_iter().enumerate() {
            let even = rank as f64 / last;
            let is_true = if half > 0.0 { (value(node) / 2.0 - low / 2.0) / half } else { even };
            spread[node] = f64::midpoint(even, is_true);
        }
        spread
    };
    let (xs, ys) = (axis(&|node| positions[node].0), axis(&|node| positions[node].1));
    xs.into_iter().zip(ys).collect()
}

/// Places nodes as if links were springs and nodes pushed each other away (Fruchterman and Reingold).
fn springs(topology: &Topology) -> Vec<(f64, f64)> {
    const ROUNDS: usize = 300;
    /// Pairs of nodes in all rounds: a second or so.
    const MOST_PAIRS: usize = 100_000_000;
    let count = topology.nodes.len();
    let on_circle = |node: usize| {
        let (y, x) = (TAU * node as f64 / count as f64).sin_cos();
        (x, y)
    };
    let mut places: Vec<(f64, f64)> = (0..count).map(on_circle).collect();
    let rounds = ROUNDS.min(MOST_PAIRS / (count * count)).max(1);
    let distance = (4.0 / count as f64).sqrt();
    let apart = |a: (f64, f64), b: (f64, f64)| {
        let (x, y) = (a.0 - b.0, a.1 - b.1);
        (x, y, x.hypot(y).max(1e-6))
    };
    for round in 0..rounds {
        let mut moves = vec![(0.0, 0.0); count];
        for a in 0..count {
            for b in 0..a {
                let (x, y, length) = apart(places[a], places[b]);
                let push = (distance / length).powi(2);
                moves[a] = (moves[a].0 + x * push, moves[a].1 + y * push);
                moves[b] = (moves[b].0 - x * push, moves[b].1 - y * push);
            }
        }
        for edge in &topology.edges {
            let (x, y, length) = apart(places[edge.source], places[edge.target]);
            let pull = length / distance;
            moves[edge.source].0 -= x * pull;
            moves[edge.source].1 -= y * pull;
            moves[edge.target].0 += x * pull;
            moves[edge.target].1 += y * pull;
        }
        // The steps get shorter, so that the places come to rest.
        let longest = 0.2 * (1.0 - round as f64 / rounds as f64);
        for (place, (x, y)) in places.iter_mut().zip(moves) {
            let shorten = longest.min(x.hypot(y)) / x.hypot(y).max(1e-12);
            *place = (place.0 + x * shorten, place.1 + y * shorten);
        }
    }
    places
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 300.0, height: 200.0, margin: 50.0 };

    fn topology(nodes: usize, position: impl Fn(usize) -> String) -> Topology {
        let nodes: Vec<String> = (0..nodes).map(|id| format!(r#"{{"id": {id}{}}}"#, position(id))).collect();
        let text = format!(r#"{{"nodes": [{}], "edges": [{{"source": 0, "target": 1}}]}}"#, nodes.join(","));
        Topology::parse("places", text.as_bytes()).unwrap()
    }

    #[test]
    fn few_nodes_keep_their_proportions() {
        let square = topology(2, |id| format!(r#", "pos": [{}, {}]"#, 1_000 * id, 1_000 * id));
        assert_eq!(places(&square, &SIZE), [(100.0, 150.0), (200.0, 50.0)]);
    }

    #[test]
    fn crowds_are_pulled_apart() {
        // All but one node are at almost the same place.
        let crowd = topology(60, |id| format!(r#", "pos": [{}, {}]"#, if id == 0 { 5_000 } else { id }, id));
        let places = places(&crowd, &SIZE);
        assert!((1..59).all(|node| places[node + 1].0 - places[node].0 > 1.0), "{places:?}");
        assert_eq!((places[0].0, places[1].0), (250.0, 50.0));
    }

    #[test]
    fn springs_bring_neighbours_together() {
        let places = springs(&topology(20, |_| String::new()));
        let distance = |a: usize, b: usize| (places[a].0 - places[b].0).hypot(places[a].1 - places[b].1);
        let nearest = (2..20).map(|other| distance(0, other)).fold(f64::MAX, f64::min);
        assert!(distance(0, 1) < nearest, "{places:?}");
    }
}
