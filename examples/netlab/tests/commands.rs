//! Each command, as a user sees it.

mod common;

use std::fs;

use common::{bundled, has_instances, netlab};
use serde_json::{Value, json};

#[test]
fn run_without_arguments_shows_abilene() {
    if !has_instances() {
        return;
    }
    let ran = netlab(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("abilene: 11 vnets, 14 links, uni traffic\n"), "{}", ran.out);
    assert!(ran.out.contains("packet-hops per second"));
    // No colours and no progress bar where there is no terminal.
    assert!(!ran.out.contains('\x1b') && ran.err.is_empty(), "{ran:?}");
    let explicit = netlab(&["run", &bundled("topozoo/Abilene")]);
    assert_eq!(netlab(&["run", "topozoo/Abilene", "--json"]).json()["topology"], "abilene");
    let table = |text: &str| text.lines().take_while(|line| !line.starts_with("hops")).collect::<Vec<_>>().join("\n");
    assert_eq!(table(&explicit.out), table(&ran.out));
}

#[test]
fn run_prints_json_and_draws() {
    if !has_instances() {
        return;
    }
    let svg = format!("{}/map.svg", env!("CARGO_TARGET_TMPDIR"));
    let report = netlab(&["--packets", "1100", "--svg", &svg, "--json"]).json();
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "topology",
            "traffic",
            "sent",
            "delivered",
            "dropped",
            "hops",
            "seconds",
            "error",
            "error_bound",
            "error_from_file",
            "links"
        ]
    );
    assert_eq!((&report["topology"], &report["traffic"]), (&json!("abilene"), &json!("uni")));
    // 110 pairs, ten packets each, over the 266 hops that the pairs are apart in all.
    assert_eq!(report["hops"], 2660);
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains(">Sunnyvale</text>"));
}

#[test]
fn reports_are_pages_that_need_nothing_else() {
    if !has_instances() {
        return;
    }
    let path = format!("{}/report.html", env!("CARGO_TARGET_TMPDIR"));
    let event = ["--duration", "500ms", "--event", "t=100ms down Denver-Seattle"];
    for (command, svgs, rows) in
        [(&["run"][..], 1, 14 + 11), (&[&["simulate", "abilene"][..], &event].concat(), 5, 2 + 2 * 14 + 11)]
    {
        assert_eq!(netlab(&[command, &["--html", &path]].concat()).code, 0);
        let page = fs::read_to_string(&path).unwrap();
        // Each table has a heading, too.
        let tables = page.matches("<table>").count();
        assert_eq!((page.matches("<svg").count(), page.matches("<tr>").count() - tables), (svgs, rows), "{command:?}");
        assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count());
    }
}

#[test]
fn runs_are_compared() {
    if !has_instances() {
        return;
    }
    let report = |name: &str, args: &[&str]| {
        let path = format!("{}/{name}.json", env!("CARGO_TARGET_TMPDIR"));
        fs::write(&path, netlab(&[&["run", "--json"], args].concat()).out).unwrap();
        path
    };
    let (uni, deg) = (report("compare_uni", &[]), report("compare_deg", &["--traffic", "deg"]));
    let same = netlab(&["compare", &uni, &uni, "--tolerance", "0.001", "--json"]).json();
    assert_eq!(same, json!({"links": 14, "difference": 0.0}));
    let other = netlab(&["compare", &uni, &deg, "--tolerance", "1"]);
    assert!(other.code == 1 && other.out.contains("percentage points on 14 links"), "{other:?}");
    let polska = report("compare_polska", &["sndlib/polska"]);
    for (second, message) in
        [(polska.as_str(), "about different links"), (&bundled("sndlib/polska"), "is not a report")]
    {
        let ran = netlab(&["compare", &uni, second]);
        assert!(ran.code == 2 && ran.err.contains(message), "{ran:?}");
    }
}

#[test]
fn a_map_can_be_printed() {
    if !has_instances() {
        return;
    }
    let ran = netlab(&["--packets", "1100", "--svg", "-"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("<svg") && ran.out.ends_with("</svg>\n"), "{}", ran.out);
    assert!(!std::path::Path::new("-").exists());
}

#[test]
fn numbers_may_be_written_short() {
    if !has_instances() {
        return;
    }
    assert_eq!(netlab(&["--packets", "1.1e3", "--json"]).json()["sent"], 1100);
    let report = netlab(&["tcp", "abilene", "0", "1", "--bytes", "100kB", "--json"]).json();
    assert_eq!(report["transfers"][0]["bytes"], 100_000);
}

#[test]
fn filters_count_what_they_drop() {
    if !has_instances() {
        return;
    }
    let rule = "Denver: deny udp from any to 10.0.0.1";
    let report = netlab(&["run", "--packets", "1100", "--ipfw", rule, "--json"]).json();
    let dropped = report["dropped"]["filtered"].as_u64().unwrap();
    assert!(dropped >= 10, "{report}");
    assert_eq!(report["delivered"].as_u64().unwrap() + dropped, 1100);

    let show = netlab(&["ipfw", "abilene", "denver", "--packets", "1100", "--ipfw", rule, "--json"]).json();
    assert_eq!(show["rules"][0]["packets"], dropped);
    assert_eq!(show["rules"][0]["rule"], "deny udp from any to 10.0.0.1");
    assert_eq!(show["rules"][1]["number"], 65535);
    // The rule is Denver's alone.
    let other = netlab(&["ipfw", "abilene", "atlanta", "--packets", "1100", "--ipfw", rule, "--json"]).json();
    assert_eq!(other["rules"].as_array().unwrap().len(), 1);
}

#[test]
fn failures_lose_packets_and_say_why() {
    if !has_instances() {
        return;
    }
    for (failure, reason) in [
        (["--down", "Denver:Kansas City"], "interface_down"),
        (["--down", "kansas city : 6"], "interface_down"),
        (["--sysctl", "Denver: net.inet.ip.forwarding=0"], "not_forwarding"),
        (["--sysctl", "Seattle: net.inet.ip.ttl=1"], "ttl_exceeded"),
        (["--sysctl", "Denver: net.link.mtu=68"], ""),
    ] {
        let report = netlab(&["run", "abilene", "--packets", "1100", failure[0], failure[1], "--json"]).json();
        let dropped = report["dropped"].as_object().unwrap();
        assert!(dropped.keys().all(|key| key == reason) && dropped.is_empty() == reason.is_empty(), "{report}");
        let lost: u64 = dropped.values().filter_map(Value::as_u64).sum();
        assert_eq!(report["delivered"].as_u64().unwrap() + lost, 1100);
    }
}

#[test]
fn ping_comes_back_over_all_hops() {
    if !has_instances() {
        return;
    }
    let report = netlab(&["ping", "abilene", "seattle", "NEW YORK", "-c", "10", "--json"]).json();
    assert_eq!((&report["sent"], &report["received"]), (&json!(10), &json!(10)));
    assert_eq!(report["address"], "10.0.0.1");
    // Five hops: four routers on the way back.
    assert!(report["replies"].as_array().unwrap().iter().all(|reply| reply["ttl"] == 60), "{report}");

    let timed = netlab(&["ping", "abilene", "seattle", "0", "--delay", "3ms", "--bandwidth", "0", "--json"]).json();
    assert!(timed["replies"].as_array().unwrap().iter().all(|reply| reply["microseconds"] == 30_000.0), "{timed}");

    let silent = netlab(&["ping", "abilene", "seattle", "0", "--sysctl", "0: net.inet.icmp.echo=0", "--json"]);
    assert_eq!(silent.code, 1);
    let long = netlab(&["ping", "abilene", "seattle", "0", "-s", "1472", "--json"]).json();
    assert_eq!(long["received"], 4);
    let too_long = netlab(&["ping", "abilene", "seattle", "0", "-s", "1473", "--json"]);
    assert_eq!(too_long.code, 1);
    let expired = netlab(&["ping", "abilene", "seattle", "0", "--sysctl", "seattle: net.inet.ip.ttl=2"]);
    assert!(expired.code == 1 && expired.out.contains("time to live exceeded"), "{expired:?}");
}

#[test]
fn traceroute_finds_all_routers() {
    if !has_instances() {
        return;
    }
    let report = netlab(&["traceroute", "abilene", "seattle", "atlanta", "--json"]).json();
    assert_eq!(report["reached"], true);
    let names = |hop: &Value| -> Vec<String> {
        hop.as_array().unwrap().iter().map(|router| router["name"].as_str().unwrap().to_owned()).collect()
    };
    let hops: Vec<Vec<String>> = report["hops"].as_array().unwrap().iter().map(names).collect();
    assert_eq!(hops.len(), 4);
    assert_eq!(hops[0], ["Sunnyvale", "Denver"]);
    assert_eq!(hops[3], ["Atlanta"]);

    let timed = ["traceroute", "abilene", "seattle", "atlanta", "--delay", "3ms", "--bandwidth", "0", "--json"];
    let times = &netlab(&timed).json()["milliseconds"];
    assert_eq!((&times[0][5], &times[3]), (&json!(6.0), &json!(vec![24.0; 6])));

    let hidden = netlab(&["traceroute", "abilene", "0", "3", "--sysctl", "1: net.inet.icmp.errors=0"]);
    assert!(hidden.code == 1 && hidden.out.contains("* no answer"), "{hidden:?}");
}

#[test]
fn tcp_moves_bytes_for_two_pairs_at_once() {
    if !has_instances() {
        return;
    }
    // The full amount is for optimized builds.
    let bytes = if cfg!(debug_assertions) { 5_000_000 } else { 100_000_000 };
    let text = bytes.to_string();
    let also = ["--also", "los angeles", "washington dc"];
    let command = ["tcp", "abilene", "seattle", "new york", "--bytes", &text, "--json"];
    let report = netlab(&[&command[..], &also].concat()).json();
    let transfers = report["transfers"].as_array().unwrap();
    assert_eq!(transfers.len(), 2);
    for transfer in transfers {
        assert_eq!((&transfer["bytes"], &transfer["verified"]), (&json!(bytes), &json!(true)));
        assert_eq!(transfer["crc32_sent"], transfer["crc32_received"]);
    }
    assert_ne!(transfers[0]["crc32_sent"], transfers[1]["crc32_sent"]);

    let denied = ["--ipfw", "denver: deny tcp from any to any", "--ipfw", "sunnyvale: deny tcp from any to any"];
    let ran = netlab(&[&command[..5], &["1e9"], &denied].concat());
    assert!(ran.code == 1 && ran.out.contains("INCOMPLETE: no connection, nothing for 120 s"), "{ran:?}");
    assert_eq!(
        netlab(&["tcp", "abilene", "0", "0", "--bytes", "100000", "--json"]).json()["transfers"][0]["verified"],
        true
    );
    assert_eq!(
        netlab(&["tcp", "abilene", "0", "1", "--bytes", "0", "--json"]).json()["transfers"][0]["verified"],
        true
    );
}

#[test]
fn transfers_take_simulated_time() {
    if !has_instances() {
        return;
    }
    let transfer = |options: &[&str]| {
        let command = ["tcp", "abilene", "denver", "seattle", "--bytes", "200kB", "--delay", "10ms", "--json"];
        let report = netlab(&[&command[..], options].concat()).json();
        let transfer = &report["transfers"][0];
        assert_eq!(transfer["verified"], true, "{report}");
        transfer["bits_per_second"].as_f64().unwrap()
    };
    // At most a window in each round trip of 20 ms; setting up the connection takes another one.
    let window = 65_536.0 * 8.0 / 0.020;
    let unlimited = transfer(&["--bandwidth", "0"]);
    assert!((0.4 * window..window).contains(&unlimited), "{unlimited}");
    let spaces = ["--sysctl", "denver: net.inet.tcp.space=8192", "--sysctl", "seattle: net.inet.tcp.space=8192"];
    let narrow = transfer(&[&["--bandwidth", "0"], &spaces[..]].concat());
    assert!((0.4 * window / 8.0..window / 8.0).contains(&narrow), "{narrow}");
    let slow = transfer(&["--bandwidth", "1M"]);
    assert!((0.8e6..1e6).contains(&slow), "{slow}");
    // What is lost is sent again when a timer of the sender ends.
    let lossy = transfer(&["--bandwidth", "0", "--loss", "2%", "--seed", "2"]);
    assert!(lossy < 0.8 * unlimited, "{lossy}");
}

#[test]
fn netstat_shows_a_node() {
    if !has_instances() {
        return;
    }
    let show = |what| netlab(&["netstat", "abilene", "kansas city", what, "--packets", "1100", "--json"]).json();
    let routes = show("-r");
    let routes = routes["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 10);
    assert_eq!(routes[6]["destination"], "10.0.0.7");
    assert_eq!(routes[6]["next_hops"], json!([{"gateway": "10.0.0.7", "interface": "ge0"}]));

    let interfaces = show("-i");
    let names: Vec<&Value> = interfaces["interfaces"].as_array().unwrap().iter().map(|one| &one["to"]).collect();
    assert_eq!(names, ["loopback", "Denver", "Houston", "Indianapolis"]);
    let sum = |key: &str| -> u64 {
        interfaces["interfaces"].as_array().unwrap().iter().map(|one| one[key].as_u64().unwrap()).sum()
    };
    let statistics = show("-s");
    let ip = |key: &str| statistics["ip"][key].as_u64().unwrap();
    assert_eq!((sum("ipackets"), sum("opackets")), (ip("received"), ip("forwarded") + ip("sent")));
    assert_eq!((ip("sent"), ip("delivered")), (100, 100));
    assert_eq!(statistics["udp"], json!({"received": 100, "sent": 100}));
}

#[test]
fn sysctl_shows_and_sets() {
    if !has_instances() {
        return;
    }
    let all = netlab(&["sysctl", "abilene", "denver", "--json"]).json();
    assert_eq!(all.as_object().unwrap().len(), 9);
    assert_eq!((&all["net.inet.ip.forwarding"], &all["net.inet.ip.ttl"]), (&json!(1), &json!(64)));
    let set = netlab(&["sysctl", "abilene", "denver", "net.inet.ip.ttl=7", "--json"]).json();
    assert_eq!(set, json!({"net.inet.ip.ttl": 7}));
    let both = ["sysctl", "abilene", "denver", "net.inet.ip", "net.inet.ip.ttl=7", "net.link"];
    let lines: Vec<String> = netlab(&both).out.lines().map(str::to_owned).collect();
    let starts = [
        "net.inet.ip.forwarding: 1 ",
        "net.inet.ip.ttl:        64 ",
        "net.inet.ip.ttl:        64 -> 7  # The time to live",
    ];
    assert!(lines.len() == 4 && lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{lines:#?}");
    // Another node has a variable of its own.
    let args = ["sysctl", "abilene", "atlanta", "net.inet.ip.ttl", "--sysctl", "denver: net.inet.ip.ttl=7", "--json"];
    assert_eq!(netlab(&args).json(), json!({"net.inet.ip.ttl": 64}));
}

#[test]
fn scale_pings_all_around() {
    if !has_instances() {
        return;
    }
    for (shape, wanted, nodes) in [("fat-tree", "50", 36), ("random", "200", 200)] {
        let report = netlab(&["scale", "--nodes", wanted, "--shape", shape, "--json"]).json();
        assert_eq!((&report["nodes"], &report["answered"]), (&json!(nodes), &json!(nodes)), "{report}");
    }
    let nodes = if cfg!(debug_assertions) { 3_000 } else { 100_000 };
    for shape in ["ring", "tree"] {
        let report = netlab(&["scale", "--nodes", &nodes.to_string(), "--shape", shape, "--json"]).json();
        assert_eq!((&report["nodes"], &report["answered"]), (&json!(nodes), &json!(nodes)));
        let bytes = report["bytes_per_vnet_connected"].as_u64().unwrap();
        assert!((500..20_000).contains(&bytes), "{report}");
    }
    assert_eq!(netlab(&["scale", "--nodes", "1", "--json"]).json()["answered"], 1);
    assert_eq!(netlab(&["scale", "--nodes", "2", "--json"]).json()["answered"], 2);
}

#[test]
fn growth_is_measured_and_drawn() {
    if !has_instances() || cfg!(not(target_os = "linux")) {
        return;
    }
    let picture = format!("{}/growth.svg", env!("CARGO_TARGET_TMPDIR"));
    let report = netlab(&["scale", "--nodes", "80", "--shape", "random", "--growth", &picture, "--json"]).json();
    let nodes: Vec<_> = report["sizes"].as_array().unwrap().iter().map(|size| &size["nodes"]).collect();
    assert_eq!(nodes, [20, 40, 60, 80]);
    let drawn = std::fs::read_to_string(&picture).unwrap();
    // Each line begins at the origin and has a point for each size.
    let lines: Vec<_> = drawn.split("points=\"").skip(1).map(|line| line.split('"').next().unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.split(' ').count() == 5 && line.starts_with("70.0,184.0 ")), "{lines:?}");
    let refused = netlab(&["scale", "--nodes", "8", "--shape", "fat-tree", "--growth", &picture]);
    assert!(refused.code != 0 && refused.err.contains("the smallest fat tree has 7 vnets"), "{refused:?}");
}

#[test]
fn bench_compares_what_does_the_same() {
    if !has_instances() {
        return;
    }
    // The command fails by itself if a packet takes another path by hand.
    let report = netlab(&["bench", "sndlib/newyork", "--packets", "5000", "--repeat", "1", "--json"]).json();
    assert!(report["ratio"].as_f64().unwrap() > 0.0);
    assert_eq!(report["sent"], 5000);
    assert!(report["ns"]["more_per_hop"].is_f64() && report["ns"]["switching_per_hop"].is_f64());
    // No machine is entered without a packet to send, to take or to count, and most take several.
    let entries = report["entries_per_hop"].as_f64().unwrap();
    assert!(entries > 0.0 && entries < 2.0, "{report}");
}
