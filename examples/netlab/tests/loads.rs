//! The loads of links agree with those in the files, and with exact ones.

mod common;

use std::fs;

use common::{bundled, file, has_instances, netlab};
use serde_json::Value;

/// Percentage points of the most loaded direction, by default.
const TOLERANCE: f64 = 0.5;
/// Loads in the files have two decimals.
const ROUNDING: f64 = 0.0051;

/// Checks what the program says about the accuracy of its loads.
fn check_accuracy(report: &Value) {
    let error = |of: &str| report[of].as_f64().unwrap();
    assert!(error("error_bound") <= TOLERANCE, "{report}");
    assert!((error("error") - error("error_bound")).abs() < 1e-9, "{report}");
}

/// Compares all links of a topology under all demand models that it has loads for; returns the number of models.
fn check(name: &str) -> usize {
    if !has_instances() {
        return 0;
    }
    let path = bundled(name);
    let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let edges = file["edges"].as_array().unwrap();
    let models: Vec<&String> = edges[0]["ecmp_fwd"].as_object().unwrap().keys().collect();
    for model in &models {
        let report = netlab(&["run", &path, "--traffic", model, "--json"]).json();
        assert_eq!(report["traffic"], model.as_str());
        assert_eq!(report["delivered"], report["sent"], "{name} {model}: {}", report["dropped"]);
        assert_eq!(report["dropped"], Value::Object(serde_json::Map::new()));
        check_accuracy(&report);
        let links = report["links"].as_array().unwrap();
        assert_eq!(links.len(), edges.len());
        let mut most = 0.0_f64;
        for (link, edge) in links.iter().zip(edges) {
            // The ids and the order are those of the file.
            assert_eq!((&link["source"], &link["target"]), (&edge["source"], &edge["target"]));
            for (ours, theirs) in [("fwd", "ecmp_fwd"), ("bwd", "ecmp_bwd")] {
                let (ours, theirs) = (link[ours].as_f64().unwrap(), edge[theirs][model].as_f64().unwrap());
                most = most.max((ours - theirs).abs());
                assert!(most <= TOLERANCE + ROUNDING, "{name} {model} {link}: {ours} for {theirs}");
            }
        }
        assert!((report["error_from_file"].as_f64().unwrap() - most).abs() < 1e-9, "{report}");
    }
    models.len()
}

#[test]
fn topozoo_abilene() {
    assert!([0, 2].contains(&check("topozoo/Abilene")));
}

#[test]
fn sndlib_abilene() {
    assert!([0, 3].contains(&check("sndlib/abilene")));
}

#[test]
fn sndlib_newyork() {
    assert!([0, 3].contains(&check("sndlib/newyork")));
}

#[test]
fn sndlib_nobel_germany() {
    assert!([0, 3].contains(&check("sndlib/nobel-germany")));
}

#[test]
fn sndlib_polska() {
    assert!([0, 3].contains(&check("sndlib/polska")));
}

/// The loads of a generated network, from source to target and back.
fn loads(name: &str, nodes: usize, edges: &[(usize, usize)]) -> Vec<(f64, f64)> {
    let nodes: Vec<String> = (0..nodes).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
    let edges: Vec<String> = edges.iter().map(|(a, b)| format!(r#"{{"source": {a}, "target": {b}}}"#)).collect();
    let text = format!(r#"{{"nodes": [{}], "edges": [{}]}}"#, nodes.join(","), edges.join(","));
    let report = netlab(&["run", &file(name, &text), "--json"]).json();
    check_accuracy(&report);
    assert_eq!(report["error_from_file"], Value::Null);
    let percent = |link: &Value, way: &str| link[way].as_f64().unwrap();
    report["links"].as_array().unwrap().iter().map(|link| (percent(link, "fwd"), percent(link, "bwd"))).collect()
}

/// On a tree the load of a link is the number of pairs that it connects. The packets that remain when each pair has the
/// same number must not all go to a few sources.
#[test]
fn trees() {
    const NODES: usize = 121;
    if !has_instances() {
        return;
    }
    let edges: Vec<(usize, usize)> = (1..NODES).map(|node| ((node - 1) / 3, node)).collect();
    let mut below = [1; NODES];
    for (parent, node) in edges.iter().rev() {
        below[*parent] += below[*node];
    }
    let pairs: Vec<f64> = (1..NODES).map(|node| (below[node] * (NODES - below[node])) as f64).collect();
    let most = pairs.iter().copied().fold(0.0, f64::max);
    for ((there, back), pairs) in loads("tree", NODES, &edges).into_iter().zip(pairs) {
        let exact = 100.0 * pairs / most;
        assert!((there - exact).abs() <= TOLERANCE && (back - exact).abs() <= TOLERANCE, "{there}, {back} for {exact}");
    }
}

/// On a square torus all links have the same load. A router has several next hops to most destinations, and must not
/// start with the same one for all of them.
#[test]
fn tori() {
    const SIDE: usize = 8;
    if !has_instances() {
        return;
    }
    let node = |x: usize, y: usize| x % SIDE * SIDE + y % SIDE;
    let places = (0..SIDE).flat_map(|x| (0..SIDE).map(move |y| (x, y)));
    let edges: Vec<(usize, usize)> =
        places.flat_map(|(x, y)| [(node(x, y), node(x + 1, y)), (node(x, y), node(x, y + 1))]).collect();
    for (there, back) in loads("torus", SIDE * SIDE, &edges) {
        assert!(there.min(back) >= 100.0 - TOLERANCE, "{there}, {back}");
    }
}
