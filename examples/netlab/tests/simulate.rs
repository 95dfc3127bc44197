//! Networks in simulated time: routers find their routes, links fail, and the result does not depend on chance.

mod common;

use common::{bundled, file, has_instances, netlab};
use serde_json::{Value, json};

/// The result of a simulation of Abilene.
#[track_caller]
fn simulate(args: &[&str]) -> Value {
    let ran = netlab(&[&["simulate", "abilene", "--duration", "2s", "--rate", "5k", "--json"], args].concat());
    ran.json()["story"].take()
}

fn number(value: &Value, field: &str) -> f64 {
    value[field].as_f64().unwrap_or_else(|| panic!("{field} in {value}"))
}

#[test]
fn routers_find_routes_around_a_failure() {
    if !has_instances() {
        return;
    }
    let down = ["--event", "t=1s down Denver-Kansas City", "--event", "t=1.5s up Denver:Kansas City"];
    let story = simulate(&down);
    assert!((0.0..2.0).contains(&number(&story, "start")), "{story}");
    let [before, failed, mended] = story["phases"].as_array().unwrap().as_slice() else { panic!("{story}") };
    assert_eq!((&before["event"], &failed["event"]), (&Value::Null, &json!("t=1s down Denver-Kansas City")));
    assert_eq!(number(before, "convergence"), 0.0);
    for phase in [failed, mended] {
        // The routers wait 5 ms before they tell and 50 ms before they compute; light needs the rest.
        assert!((0.055..0.2).contains(&number(phase, "convergence")), "{phase}");
        assert!(number(phase, "error") < 2.0, "{phase}");
    }
    assert!(number(before, "error") < 1.0, "{before}");
    // What was sent over the dead link is lost until the routers know, and nothing else.
    let lost = &failed["lost"];
    assert!(number(lost, "interface_down") > 0.0, "{failed}");
    assert!(number(failed, "sent") - number(failed, "delivered") < 200.0, "{failed}");
    assert_eq!(mended["sent"], mended["delivered"]);
    // Detours are longer.
    assert!(number(failed, "mean_delay") > number(before, "mean_delay"), "{story}");
    let loads = |phase: &Value, of: &str| phase[of].as_array().unwrap().iter().filter(|load| load[0] == 0.0).count();
    assert_eq!((loads(before, "exact"), loads(failed, "exact"), loads(failed, "loads")), (0, 1, 1));
    // The same on several threads.
    for threads in ["2", "3"] {
        assert_eq!(simulate(&[&down[..], &["--threads", threads]].concat()), story, "{threads} threads");
    }
}

/// Parts of different sizes, short and long links between them, loss, and in one of the two full queues.
#[test]
fn the_number_of_threads_does_not_matter() {
    if !has_instances() {
        return;
    }
    let busy = ["--rate", "40k", "--bandwidth", "1500k", "--queue", "40", "--loss", "0.5%", "--duration", "600ms"];
    for (file, losses) in [("sndlib/newyork", &["wire"][..]), ("sndlib/nobel-germany", &["queue_full", "wire"])] {
        let story = |threads| {
            let args = [&["simulate", file, "--event", "t=300ms cut 0-1", "--json", "--threads", threads][..], &busy];
            netlab(&args.concat()).json()["story"].take()
        };
        let alone = story("1");
        let lost = alone["phases"][1]["lost"].as_object().unwrap();
        assert!(lost.keys().eq(losses), "{alone}");
        for threads in ["2", "5"] {
            assert_eq!(story(threads), alone, "{file}, {threads} threads");
        }
    }
}

#[test]
fn a_cut_is_noticed_by_silence() {
    if !has_instances() {
        return;
    }
    let cut = ["--event", "t=200ms cut Denver-Kansas City", "--loss", "0.1%"];
    let quick = |node: &str| format!("{node}: net.linkstate.hold=300");
    let hello = |node: &str| format!("{node}: net.linkstate.hello=100");
    let settings = [quick("Denver"), hello("Denver"), quick("Kansas City"), hello("Kansas City")];
    let sysctls: Vec<&str> = settings.iter().flat_map(|setting| ["--sysctl", setting.as_str()]).collect();
    let story = simulate(&[&cut[..], &sysctls].concat());
    let phase = &story["phases"][1];
    // The last greeting was heard at most 0.1 s before.
    assert!((0.2..0.5).contains(&number(phase, "convergence")), "{phase}");
    assert!(number(&phase["lost"], "wire") > 0.0, "{phase}");
    // The losses are those of the seed.
    let seed = |seed| simulate(&[&cut[..], &sysctls, &["--seed", seed]].concat());
    assert_eq!(seed("1"), story);
    assert_ne!(seed("2"), story);
}

#[test]
fn links_that_are_too_slow_drop_packets() {
    if !has_instances() {
        return;
    }
    // Each packet has 60 bytes; the busiest link has 750 of the 5,000 packets per second.
    let slow = simulate(&["--bandwidth", "300k", "--queue", "10", "--delay", "3ms"]);
    let phase = &slow["phases"][0];
    assert!(number(&phase["lost"], "queue_full") > 0.0, "{phase}");
    // At most five hops of 3 ms, with eleven packets before each.
    assert!((3.0..5.0 * (3.0 + 12.0 * 1.6)).contains(&number(phase, "longest_delay")), "{phase}");
    let wide = simulate(&["--delay", "3ms", "--bandwidth", "0"]);
    let phase = &wide["phases"][0];
    assert_eq!((&phase["lost"], &phase["delivered"]), (&json!({}), &phase["sent"]));
    assert_eq!(number(phase, "longest_delay"), 15.0);
}

#[test]
fn a_network_in_two_parts_is_routed_as_far_as_it_goes() {
    if !has_instances() {
        return;
    }
    let nodes = r#""nodes": [{"id": "a"}, {"id": "b"}, {"id": "c"}]"#;
    let edges = r#""edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}]"#;
    let line = file("live_line", &format!("{{{nodes}, {edges}}}"));
    let args = ["simulate", &line, "--duration", "2s", "--rate", "600", "--event", "t=1s down b-c", "--json"];
    let story = netlab(&args).json();
    let phase = &story["story"]["phases"][1];
    assert!(number(phase, "convergence") < 0.2, "{phase}");
    // Four of the six pairs are apart.
    let [sent, delivered] = ["sent", "delivered"].map(|field| number(phase, field));
    assert!((delivered / sent - 2.0 / 6.0).abs() < 0.02, "{phase}");
    assert!(number(&phase["lost"], "no_route") > 0.5 * sent, "{phase}");
}

#[test]
fn routers_of_a_large_network_find_each_other_over_short_queues() {
    if !has_instances() {
        return;
    }
    let nodes: Vec<String> = (0..80).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
    let edges: Vec<String> = (0..80).map(|id| format!(r#"{{"source": {id}, "target": {}}}"#, (id + 1) % 80)).collect();
    let text = format!(r#"{{"nodes": [{}], "edges": [{}]}}"#, nodes.join(","), edges.join(","));
    let ring = file("live_ring", &text);
    // The messages of all 80 routers do not fit into a queue.
    let queue = ["--queue", "20", "--bandwidth", "10M"];
    let args = ["simulate", &ring, "--duration", "100ms", "--rate", "500", "--json"];
    let story = netlab(&[&args[..], &queue].concat()).json();
    assert!((0.0..20.0).contains(&number(&story["story"], "start")), "{story}");
}

#[test]
fn a_scenario_is_a_command_line_in_a_file() {
    if !has_instances() {
        return;
    }
    let event = "t=1s down Denver-Kansas City";
    let path = format!("{}/scenario.toml", env!("CARGO_TARGET_TMPDIR"));
    let text = format!("topology = 'abilene'\nrate = '5k'\nduration = '2s'\nevent = ['{event}']\n");
    std::fs::write(&path, text).unwrap();
    assert_eq!(netlab(&["scenario", &path, "--json"]).json()["story"], simulate(&["--event", event]));
    for (text, message) in [
        ("rate = ", "is not a scenario"),
        ("speed = 7", "unexpected argument '--speed'"),
        ("rate = 'fast'", "invalid value 'fast' for '--rate <N>'"),
    ] {
        std::fs::write(&path, text).unwrap();
        let ran = netlab(&["scenario", &path]);
        assert!(ran.code == 2 && ran.err.contains(message), "{ran:?}");
    }
}

#[test]
fn events_that_make_no_sense_are_refused() {
    for (event, message) in [
        ("5s down Denver-Seattle", "write `t=TIME down|up|cut NODE-NODE`"),
        ("t=5 down Denver-Seattle", "time unit needed"),
        ("t=5s explode Denver-Seattle", "`explode` is none of down, up and cut"),
        ("t=5s down Denver-Atlanta", "there is no link `Denver-Atlanta`"),
        ("t=5s down Denver-Atlantis", "there is no node `Atlantis`; did you mean `Atlanta`?"),
        ("t=10s down Denver-Seattle", "is after the end of the traffic"),
    ] {
        let ran = netlab(&["simulate", &bundled("topozoo/Abilene"), "--event", event]);
        assert!(ran.code == 2 && ran.err.contains(message), "{ran:?}");
    }
    for args in [&["--rate", "0"][..], &["--loss", "200%"], &["--queue", "0"], &["--duration", "1"]] {
        assert_eq!(netlab(&[&["simulate", "abilene"], args].concat()).code, 2, "{args:?}");
    }
}
