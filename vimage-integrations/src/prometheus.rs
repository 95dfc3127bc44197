//! The sysctls of all instances as metrics of [prometheus-client](https://docs.rs/prometheus-client), in the text format of
//! OpenMetrics.
//!
//! ```standalone_crate
//! use prometheus_client::{encoding::text::encode, registry::Registry};
//! use vimage::prelude::*;
//! use vimage_integrations::prometheus::SysctlCollector;
//!
//! #[vnet_module]
//! mod ether {
//!     use std::sync::atomic::AtomicU64;
//!     use vimage::prelude::*;
//!
//!     /// Packets received.
//!     #[virtualized(sysctl("net.ether.packets", ro))]
//!     static ETHER_PACKETS: AtomicU64 = AtomicU64::new(7);
//! }
//!
//! let mut registry = Registry::default();
//! registry.register_collector(Box::new(SysctlCollector::<Net>::new().counter("net.ether.packets")));
//!
//! vimage::boot()?;
//! let mut text = String::new();
//! encode(&mut text, &registry)?;
//! assert_eq!(text, "\
//! ## HELP net_ether_packets Packets received.
//! ## TYPE net_ether_packets counter
//! net_ether_packets_total{instance=\"\",id=\"0\"} 7
//! ## EOF
//! ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use vimage::sysctl::{self, Description, Value};
use vimage::{Class, Instance};

/// Reads the sysctls of each instance of a class when metrics are scraped; see the [module](self).
///
/// Integers, floats and `bool`s are metrics; texts are not. `net.ether.queue` becomes `net_ether_queue`, with the doc comment
/// as help and the unit at the end of the name. A metric is a gauge unless [`counter`](Self::counter) names it. Its
/// labels are the name of the instance, empty if it has none, and its id, because two instances may have the same name.
/// A sysctl that all instances share has no labels. One that cannot be read is left out.
///
/// A scrape reads each value in its instance and waits for its lock, as the program does, but no longer than
/// [`timeout`](Self::timeout) in all. It holds a handle to one instance at a time, and that for a moment:
/// [`destroy`](Instance::destroy) may find it, [`destroy_within`](Instance::destroy_within) waits for it.
///
/// In builds without instances there is one, the base instance.
///
/// ```
/// use std::time::Duration;
/// use vimage_integrations::prometheus::SysctlCollector;
///
/// // A customer is called `tenant` in Prometheus, and a scrape waits for no more than 50 ms.
/// let collector = SysctlCollector::<vimage::Program>::new()
///     .below("shop")
///     .below("http.requests")
///     .counter("http.requests.all")
///     .label("tenant")
///     .timeout(Duration::from_millis(50));
/// let mut registry = prometheus_client::registry::Registry::default();
/// registry.register_collector(Box::new(collector));
/// ```
pub struct SysctlCollector<C> {
    prefixes: Vec<String>,
    counters: Vec<String>,
    label: String,
    timeout: Duration,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> Default for SysctlCollector<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Class> SysctlCollector<C> {
    /// All sysctls of the class.
    pub fn new() -> Self {
        Self {
            prefixes: Vec::new(),
            counters: Vec::new(),
            label: "instance".to_owned(),
            timeout: Duration::from_secs(1),
            class: PhantomData,
        }
    }

    /// Only the sysctls below this prefix, as in [`sysctl::list`]; several prefixes add up.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// The sysctl of this name only grows: a counter, to whose name the format adds `_total`.
    #[must_use]
    pub fn counter(mut self, name: impl Into<String>) -> Self {
        self.counters.push(name.into());
        self
    }

    /// The label with the name of the instance; `instance` without this. A Prometheus server has a label `instance` of its
    /// own and renames this one to `exported_instance`, unless it has `honor_labels`.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// How long a scrape waits for locks in all; a second without this.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The samples of all instances by metric, because the format wants those of one metric together.
    fn families(&self) -> BTreeMap<String, Family> {
        let mut families = BTreeMap::new();
        let deadline = Instant::now() + self.timeout;
        for instance in Instance::<C>::list() {
            let view = sysctl::of(&instance).with_deadline(deadline);
            let labels = [(self.label.clone(), instance.name().unwrap_or_default().to_owned()), id(&instance)];
            let everything = [String::new()];
            let prefixes = if self.prefixes.is_empty() { &everything[..] } else { &self.prefixes };
            for listed in prefixes.iter().filter_map(|prefix| view.list(prefix).ok()).flatten() {
                let Some(number) = listed.value.ok().and_then(Number::of) else { continue };
                // It fails if the module was unregistered meanwhile.
                let Ok(description) = view.describe(&listed.qualified_name) else { continue };
                let family = families
                    .entry(listed.qualified_name)
                    .or_insert_with(|| Family { description, samples: BTreeMap::new() });
                let labels = if family.description.shared { None } else { Some(labels.clone()) };
                family.samples.insert(labels, number);
            }
        }
        families
    }
}

/// The label with the id of an instance.
pub(crate) fn id<C: Class>(instance: &Instance<C>) -> (String, String) {
    ("id".to_owned(), instance.id().to_string())
}

/// A metric with its samples.
struct Family {
    description: Description,
    /// By labels. A prefix may be in another one; each sample is there once.
    samples: BTreeMap<Option<[(String, String); 2]>, Number>,
}

#[derive(Clone, Copy)]
enum Number {
    Natural(u64),
    Integer(i64),
    Float(f64),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits the format has floats only")]
    fn of(value: Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Natural(value.into()),
            Value::Int(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => Self::Natural(value),
                (_, Ok(value)) => Self::Integer(value),
                _ => Self::Float(value as f64),
            },
            Value::Huge(value) => Self::Float(value as f64),
            Value::Float(value) => Self::Float(value),
            _ => return None,
        })
    }

    fn encode_gauge(self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Natural(value) => encoder.encode_gauge(&value),
            Self::Integer(value) => encoder.encode_gauge(&value),
            Self::Float(value) => encoder.encode_gauge(&value),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a counter is not negative")]
    fn encode_counter(self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Natural(value) => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
            Self::Integer(value) => encoder.encode_counter::<NoLabelSet, _, u64>(&(value as f64), None),
            Self::Float(value) => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
        }
    }
}

impl<C: Class> Collector for SysctlCollector<C> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (qualified_name, Family { description, samples }) in self.families() {
            let is_counter = self.counters.iter().any(|name| [description.name, &qualified_name].contains(&&**name));
            let kind = if is_counter { MetricType::Counter } else { MetricType::Gauge };
            let unit = description.unit.map(metric_name).map(Unit::Other);
            let help = description.text.replace('\n', " ");
            let name = metric_name(&qualified_name);
            let mut encoder = encoder.encode_descriptor(&name, &help, unit.as_ref(), kind)?;
            for (labels, number) in samples {
                let encode = if is_counter { Number::encode_counter } else { Number::encode_gauge };
                match labels {
                    Some(labels) => encode(number, encoder.encode_family(&labels)?)?,
                    None => encode(number, encoder.encode_family(&[(); 0].map(|()| ("", "")))?)?,
                }
            }
        }
        Ok(())
    }
}

/// The name with what the format allows in names.
pub(crate) fn metric_name(name: &str) -> String {
    let first = name.starts_with(|first: char| first.is_ascii_digit()).then_some('_');
    let rest = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' });
    first.into_iter().chain(rest).collect()
}

impl<C: Class> fmt::Debug for SysctlCollector<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SysctlCollector").field("prefixes", &self.prefixes).finish_non_exhaustive()
    }
}
