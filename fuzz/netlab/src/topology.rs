//! Topology files: any bytes are a valid topology or an error that can be shown.

use crate::cli::picture::layout;
use crate::lab::routing::Neighbours;
use crate::lab::topology::Topology;

/// Panics if bytes become a topology that is wrong, or an error that says nothing.
pub fn check(data: &[u8]) {
    match Topology::parse("fuzzed", data) {
        Ok(topology) => check_topology(&topology),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_topology(topology: &Topology) {
    let nodes = topology.nodes.len();
    assert!(nodes > 0, "a network has nodes");
    assert!(topology.edges.iter().all(|edge| edge.source < nodes && edge.target < nodes && edge.source != edge.target));
    assert!(topology.demands.iter().all(|(from, to, much)| *from < nodes && *to < nodes && *much >= 0.0));
    assert_eq!(topology.lengths.len(), topology.edges.len());
    assert_eq!(topology.degrees().iter().sum::<usize>(), 2 * topology.edges.len());
    assert!((1..=nodes).contains(&topology.parts()));
    assert!(topology.shown().chars().all(|c| !c.is_control()));
    for edge in 0..topology.edges.len() {
        let length = topology.length(edge);
        assert!(length.is_none_or(|length| (0.0..1e6).contains(&length)), "{length:?} kilometres");
    }
    for (index, node) in topology.nodes.iter().enumerate() {
        assert!(node.shown().chars().all(|c| !c.is_control()));
        if let Some(id) = node.id.as_str() {
            assert_eq!(topology.node(id).expect("a node has its id"), index);
        }
    }
    let neighbours = Neighbours::new(nodes, &topology.edges);
    assert_eq!(neighbours.len(), nodes);
    check_places(topology);
}

/// A picture has each node somewhere inside.
fn check_places(topology: &Topology) {
    if topology.nodes.len() > 50 {
        return;
    }
    let size = layout::Size { width: 900.0, height: 600.0, margin: 50.0 };
    for (x, y) in layout::places(topology, &size) {
        assert!(x.is_finite() && y.is_finite(), "a node is at {x}, {y}");
    }
}
