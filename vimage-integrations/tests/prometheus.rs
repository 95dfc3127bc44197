//! What a scrape says of instances.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use vimage::Class;
use vimage_integrations::prometheus::SysctlCollector;

vimage::class! {
    /// One customer.
    pub struct Tenant;
}

#[vimage::module(class = crate::Tenant)]
mod shop {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
    use std::sync::{Mutex, RwLock};
    use vimage::prelude::*;

    /// Requests
    /// so far.
    #[virtualized(sysctl("shop.requests", ro))]
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    /// Temperature.
    #[virtualized(sysctl("shop.0.heat", rw, unit = "celsius"))]
    static HEAT: AtomicI64 = AtomicI64::new(-3);
    #[virtualized(sysctl("shop.rate", rw))]
    static RATE: Mutex<f64> = Mutex::new(0.5);
    #[virtualized(sysctl("shop.title", rw))]
    static TITLE: RwLock<String> = RwLock::new(String::new());
    #[shared(sysctl("shop.shared", rw))]
    static SHARED: AtomicU64 = AtomicU64::new(9);

    /// Serves a request.
    pub fn serve() {
        V_REQUESTS.fetch_add(1, Relaxed);
    }
}

fn scrape<C: Class>(collector: SysctlCollector<C>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(collector));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

/// One test: it looks at all instances of the class.
#[test]
fn each_instance_has_its_samples() {
    let base = vimage::Instance::<Tenant>::base().unwrap();
    base.enter(shop::serve);
    let text = scrape(SysctlCollector::<Tenant>::new().counter("shop.requests").below("shop.requests").below("shop"));
    let expected = "\
# HELP shop_0_heat_celsius Temperature.
# TYPE shop_0_heat_celsius gauge
# UNIT shop_0_heat_celsius celsius
shop_0_heat_celsius{instance=\"\",id=\"0\"} -3
# HELP shop_rate 
# TYPE shop_rate gauge
shop_rate{instance=\"\",id=\"0\"} 0.5
# HELP shop_requests Requests so far.
# TYPE shop_requests counter
shop_requests_total{instance=\"\",id=\"0\"} 1
# HELP shop_shared 
# TYPE shop_shared gauge
shop_shared 9
# EOF
";
    assert_eq!(text, expected);

    #[cfg(feature = "vimage")]
    {
        let red = vimage::Instance::<Tenant>::builder().name("red \"x\"").create().unwrap();
        (0..3).for_each(|_| red.enter(shop::serve));
        let all = || SysctlCollector::<Tenant>::new().below("shop.requests").label("tenant");
        let sample = format!("shop_requests{{tenant=\"red \\\"x\\\"\",id=\"{}\"}} 3\n", red.id());
        let text = scrape(all());
        assert!(text.contains(&sample) && text.contains("shop_requests{tenant=\"\",id=\"0\"} 1\n"), "{text}");
        // A scrape keeps no instance.
        red.destroy().unwrap();
        assert!(!scrape(all()).contains("red"));
    }
}
