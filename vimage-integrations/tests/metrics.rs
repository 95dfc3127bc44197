//! What the facade `metrics` counts in instances, and what a scrape says of it.

use std::sync::{Arc, Barrier};

use metrics::{counter, describe_counter, gauge, histogram};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use vimage_integrations::metrics::InstanceRecorder;

vimage::class! {
    /// One customer. Code that is in none counts nowhere.
    pub struct Tenant;
}

#[vimage::module(class = crate::Tenant)]
mod shop {
    use vimage::prelude::*;
    use vimage_integrations::metrics::Metrics;

    #[virtualized]
    pub(crate) static METRICS: Metrics = Metrics::new();
}

/// As a library writes it, which knows nothing of instances.
fn serve(method: &'static str, seconds: f64) {
    counter!("shop.requests_total", "method" => method).increment(1);
    gauge!("last.seconds").set(seconds);
    histogram!("seconds").record(seconds);
}

fn scrape(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

/// One test: a process has one recorder.
#[test]
fn each_instance_has_its_metrics() {
    let base = vimage::Instance::<Tenant>::base().unwrap();
    let recorder = InstanceRecorder::<Tenant, _>::new(&shop::V_METRICS).buckets([1.0]);
    metrics::set_global_recorder(recorder.clone()).unwrap();
    let mut registry = Registry::default();
    registry.register_collector(Box::new(recorder));
    base.enter(|| describe_counter!("shop.requests_total", "Requests\nso far."));
    base.enter(|| {
        serve("GET", 0.5);
        serve("GET", 2.0);
        serve("PUT", 0.25);
    });
    let expected = "\
# HELP last_seconds 
# TYPE last_seconds gauge
last_seconds{instance=\"\",id=\"0\"} 0.25
# HELP seconds 
# TYPE seconds histogram
seconds_sum{instance=\"\",id=\"0\"} 2.75
seconds_count{instance=\"\",id=\"0\"} 3
seconds_bucket{le=\"1.0\",instance=\"\",id=\"0\"} 2
seconds_bucket{le=\"+Inf\",instance=\"\",id=\"0\"} 3
# HELP shop_requests Requests so far.
# TYPE shop_requests counter
shop_requests_total{instance=\"\",id=\"0\",method=\"GET\"} 2
shop_requests_total{instance=\"\",id=\"0\",method=\"PUT\"} 1
# EOF
";
    assert_eq!(scrape(&registry), expected);
    if cfg!(feature = "vimage") {
        serve("GET", 7.0);
        assert_eq!(scrape(&registry), expected, "a thread that is in no instance has counted in one");
        in_many_instances(&registry);
        assert_eq!(scrape(&registry), expected, "destroyed instances are not shown");
    }
}

/// Threads that count at the same time, each in an instance.
fn in_many_instances(registry: &Registry) {
    const THREADS: usize = 4;
    const REQUESTS: usize = 500;
    let tenants: Vec<_> =
        (0..THREADS).map(|n| vimage::Instance::<Tenant>::builder().name(format!("t{n}")).create().unwrap()).collect();
    let start = Arc::new(Barrier::new(THREADS));
    let threads = tenants.iter().enumerate().map(|(n, tenant)| {
        let start = start.clone();
        std::thread::spawn(tenant.bind(move || {
            start.wait();
            (0..REQUESTS + n).for_each(|_| serve("GET", 0.5));
        }))
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    let text = scrape(registry);
    for (n, tenant) in tenants.iter().enumerate() {
        let labels = format!("instance=\"t{n}\",id=\"{}\"", tenant.id());
        let count = REQUESTS + n;
        for sample in [
            format!("shop_requests_total{{{labels},method=\"GET\"}} {count}\n"),
            format!("seconds_count{{{labels}}} {count}\n"),
        ] {
            assert!(text.contains(&sample), "no {sample} in\n{text}");
        }
    }
    // A handle that is kept is that of the instance in which it was made.
    let kept = tenants[0].enter(|| counter!("kept"));
    tenants[1].enter(|| kept.increment(3));
    let sample = format!("kept_total{{instance=\"t0\",id=\"{}\"}} 3\n", tenants[0].id());
    assert!(scrape(registry).contains(&sample), "no {sample}");
    tenants.into_iter().for_each(|tenant| tenant.destroy().unwrap());
}
