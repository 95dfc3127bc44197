//! The loads of links agree with what the files say.

mod common;

use std::fs;

use common::{bundled, has_instances, netlab};
use serde_json::Value;

const TOLERANCE: f64 = 0.5;

/// Compares all links of a topology under all demand models that it has loads for; says how many models that were.
fn check(name: &str) -> usize {
    if !has_instances() {
        return 0;
    }
    let path = bundled(name);
    let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let edges = file["edges"].as_array().unwrap();
    let models: Vec<&String> = edges[0]["ecmp_fwd"].as_object().unwrap().keys().collect();
    for model in &models {
        let report = netlab(&["run", &path, "--traffic", model, "--packets", "100000", "--json"]).json();
        assert_eq!(report["traffic"], model.as_str());
        assert_eq!(report["sent"], 100_000);
        assert_eq!(report["delivered"], 100_000, "{name} {model}: {}", report["dropped"]);
        assert_eq!(report["dropped"], Value::Object(serde_json::Map::new()));
        let links = report["links"].as_array().unwrap();
        assert_eq!(links.len(), edges.len());
        for (link, edge) in links.iter().zip(edges) {
            // Ids as in the file, in its order.
            assert_eq!((&link["source"], &link["target"]), (&edge["source"], &edge["target"]));
            for (ours, theirs) in [("fwd", "ecmp_fwd"), ("bwd", "ecmp_bwd")] {
                let (ours, theirs) = (link[ours].as_f64().unwrap(), edge[theirs][model].as_f64().unwrap());
                assert!((ours - theirs).abs() <= TOLERANCE, "{name} {model} {link}: {ours} for {theirs}");
            }
        }
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
